// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Files and folders that appear whole or not at all: they are written under a temporary name,
 * synced and renamed. A kill at any moment leaves at most a {@code .partial} beside the target.
 */
public final class AtomicFiles {
  /** How names of what is not finished end. */
  public static final String PARTIAL = ".partial";

  private AtomicFiles() {}

  /** What a file holds. */
  @FunctionalInterface
  public interface Body {
    /** Writes it all. */
    void writeTo(OutputStream out) throws IOException;
  }

  /** What a folder holds. */
  @FunctionalInterface
  public interface Content {
    /** Writes all files into the folder, through the disk. */
    void writeTo(Path folder) throws IOException;
  }

  /**
   * Writes a new file.
   *
   * @throws JishiException.BadFile where it exists, or the folder cannot be written to
   * @throws JishiException.OutOfResources where the disk is full
   */
  public static void create(Path file, Disk disk, Body body) {
    refuseExisting(file);
    write(file, disk, body, false);
  }

  /** Writes a file in the place of the one of that name, if any; see {@link #create}. */
  public static void replace(Path file, Disk disk, Body body) {
    write(file, disk, body, true);
  }

  private static void write(Path file, Disk disk, Body body, boolean replace) {
    Path partial = partial(file);
    try {
      Files.deleteIfExists(partial);
      try (OutputStream out = disk.create(partial)) {
        body.writeTo(out);
      }
      if (!replace) {
        refuseExisting(file);
      }
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
      sync(file.toAbsolutePath().getParent());
    } catch (IOException e) {
      delete(partial);
      throw failed(file, e);
    } catch (RuntimeException | Error e) {
      delete(partial);
      throw e;
    }
  }

  /**
   * Writes a new folder; see {@link #create}.
   *
   * @param content writes files that are synced when it returns, as those of {@link Disk} are
   */
  public static void createFolder(Path folder, Content content) {
    refuseExisting(folder);
    Path partial = partial(folder);
    try {
      delete(partial);
      Files.createDirectories(partial);
      content.writeTo(partial);
      syncFolders(partial);
      Files.move(partial, folder, StandardCopyOption.ATOMIC_MOVE);
      sync(folder.toAbsolutePath().getParent());
    } catch (IOException e) {
      delete(partial);
      throw failed(folder, e);
    } catch (RuntimeException | Error e) {
      delete(partial);
      throw e;
    }
  }

  /** Refuses to write where something is. */
  public static void refuseExisting(Path path) {
    if (Files.exists(path)) {
      throw new JishiException.BadFile(
          path + ": exists already, and nothing is overwritten: give another name, or remove it");
    }
  }

  /** Deletes a file or a folder with all that is in it; what is not there is no error. */
  public static void delete(Path path) {
    if (!Files.exists(path)) {
      return;
    }
    try (Stream<Path> all = Files.walk(path)) {
      List<Path> deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
      for (Path each : deepestFirst) {
        Files.deleteIfExists(each);
      }
    } catch (IOException e) {
      throw new JishiException.BadFile(path + ": cannot be removed: " + e.getMessage(), e);
    }
  }

  /** Makes a rename or a new name in this folder last. */
  public static void sync(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (java.nio.file.AccessDeniedException e) {
      // Windows opens no folders; there a rename is in the journal of the file system.
      if (!System.getProperty("os.name").startsWith("Windows")) {
        throw e;
      }
    }
  }

  private static void syncFolders(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      for (Path folder : all.filter(Files::isDirectory).toList()) {
        sync(folder);
      }
    }
  }

  private static Path partial(Path path) {
    return path.resolveSibling("." + path.getFileName() + PARTIAL);
  }

  /** What went wrong with a path, as the user should see it. */
  public static JishiException failed(Path path, IOException e) {
    String why = String.valueOf(e.getMessage());
    if (why.contains("No space left")
        || why.contains("quota")
        || why.contains("not enough space")) {
      return new JishiException.OutOfResources(
          path
              + ": the disk is full; nothing that was written before is lost: free some space and"
              + " run the same command again",
          e);
    }
    if (e instanceof FileAlreadyExistsException) {
      return new JishiException.BadFile(path + ": exists already, and nothing is overwritten", e);
    }
    return new JishiException.BadFile(path + ": cannot be written: " + e, e);
  }
}
