// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano;

import io.jishi.base.JishiException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Supplier;

/**
 * A resource as a file whose name holds its checksum. Several processes may unpack at once: each
 * writes under a name of its own, and the last rename wins with the same bytes. A file that is
 * there but damaged is replaced; where that cannot be, as of a file that another process has open
 * on Windows, the next folder is tried.
 */
final class Unpacker {
  private static final System.Logger LOG = System.getLogger(Unpacker.class.getName());
  private static final int NAME_DIGITS = 16;

  private final String fileName;
  private final String sha256;
  private final Supplier<InputStream> resource;

  /**
   * Of one resource.
   *
   * @param name for people, such as {@code nano.gguf}
   * @param sha256 of its bytes, in lower-case hex digits
   */
  Unpacker(String name, String sha256, Supplier<InputStream> resource) {
    if (!sha256.matches("[0-9a-f]{64}")) {
      throw new JishiException.BadFile(name + ": '" + sha256 + "' is no SHA-256");
    }
    int dot = name.lastIndexOf('.');
    this.fileName =
        name.substring(0, dot) + "-" + sha256.substring(0, NAME_DIGITS) + name.substring(dot);
    this.sha256 = sha256;
    this.resource = resource;
  }

  /** The file in the first of the folders that can hold it, else in a temporary folder. */
  Path unpack(List<Path> folders) {
    IOException last = null;
    for (Path folder : folders) {
      try {
        Files.createDirectories(folder);
        return inFolder(folder);
      } catch (IOException e) {
        last = e;
      }
    }
    try {
      Path folder = Files.createTempDirectory("jishi-"); // for this user's eyes alone
      Path file = inFolder(folder);
      folder.toFile().deleteOnExit();
      file.toFile().deleteOnExit();
      LOG.log(
          System.Logger.Level.WARNING,
          "the cache folder {0} cannot be written to ({1}): the built-in model is unpacked anew for"
              + " this process, to {2}",
          folders.isEmpty() ? "of this user" : folders.getFirst(),
          last == null ? "there is none" : last.toString(),
          file);
      return file;
    } catch (IOException e) {
      throw new JishiException.OutOfResources(
          "the built-in model can be unpacked nowhere: "
              + e
              + "; set XDG_CACHE_HOME to a folder that can be written to, or name a model with -m",
          e);
    }
  }

  private Path inFolder(Path folder) throws IOException {
    Path file = folder.resolve(fileName);
    if (intact(file)) {
      return file;
    }
    Path partial = Files.createTempFile(folder, fileName + ".", ".partial");
    try {
      write(partial);
      try {
        Files.move(
            partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } catch (IOException e) {
        if (!intact(file)) { // else another process was first, and has it open
          throw e;
        }
      }
      return file;
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  private void write(Path partial) throws IOException {
    MessageDigest digest = digest();
    try (InputStream in = new DigestInputStream(resource.get(), digest);
        FileChannel channel = FileChannel.open(partial, StandardOpenOption.WRITE)) {
      OutputStream out = Channels.newOutputStream(channel);
      in.transferTo(out);
      channel.force(true);
    }
    if (!HexFormat.of().formatHex(digest.digest()).equals(sha256)) {
      throw new JishiException.BadFile(
          "the built-in model is damaged: its bytes do not have the checksum that the jar gives;"
              + " take the jar anew");
    }
  }

  private boolean intact(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return false;
    }
    MessageDigest digest = digest();
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(digest.digest()).equals(sha256);
  }

  private static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
