// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.mapped;

import io.jishi.base.JishiException.BadFile;
import io.jishi.base.JishiException.OutOfResources;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.BiFunction;

/** A whole file, mapped for reading until {@link #close()}; any thread may read it. */
public final class MappedFile implements AutoCloseable {
  private final Path path;
  private final Arena arena;
  private final MemorySegment bytes;

  private MappedFile(Path path, Arena arena, MemorySegment bytes) {
    this.path = path;
    this.arena = arena;
    this.bytes = bytes;
  }

  /**
   * Maps the file.
   *
   * @throws BadFile where there is no such file, it is no regular file, it is empty, or it may not
   *     be read
   * @throws OutOfResources where the address space is too small
   */
  public static MappedFile open(Path path) {
    // A pipe would block and a device never ends: only a regular file is opened at all.
    if (!Files.isRegularFile(path)) {
      throw new BadFile(path + ": " + notAFile(path));
    }
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size == 0) {
        throw new BadFile(path + ": the file is empty; fetch it again");
      }
      return map(path, channel, size);
    } catch (AccessDeniedException e) {
      throw new BadFile(path + ": permission denied; make the file readable", e);
    } catch (IOException e) {
      throw new BadFile(path + ": cannot be read: " + e, e);
    }
  }

  /**
   * Maps the file and parses its header; unmaps it again where parsing fails.
   *
   * @param <T> what is made of the file
   * @param parser takes the mapped file and its name for messages; keeps nothing where it fails
   * @throws OutOfResources also where the heap is too small for what the header says
   */
  public static <T> T open(Path path, BiFunction<MappedFile, String, T> parser) {
    MappedFile file = open(path);
    try {
      return parser.apply(file, path.toString());
    } catch (OutOfMemoryError e) {
      file.close();
      throw new OutOfResources(path + ": the header takes more memory than the Java heap has", e);
    } catch (Throwable e) {
      file.close();
      throw e;
    }
  }

  /** The file. */
  public Path path() {
    return path;
  }

  /** All bytes of the file, read-only. */
  public MemorySegment bytes() {
    return bytes;
  }

  /** Unmaps the file; a second call does nothing. */
  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  private static MappedFile map(Path path, FileChannel channel, long size) throws IOException {
    Arena arena = Arena.ofShared();
    try {
      return new MappedFile(
          path, arena, channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena));
    } catch (Throwable e) {
      arena.close();
      if (e instanceof OutOfMemoryError || e.getCause() instanceof OutOfMemoryError) {
        throw new OutOfResources(path + ": no address space to map " + size + " bytes", e);
      }
      throw e;
    }
  }

  private static String notAFile(Path path) {
    if (Files.isDirectory(path)) {
      return "is a folder, not a file";
    }
    return Files.exists(path) ? "is not a regular file" : "no such file, or its folder is closed";
  }
}
