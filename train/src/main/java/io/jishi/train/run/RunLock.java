// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.base.JishiException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The right to write into a run's folder; the system ends it with the process. */
final class RunLock implements AutoCloseable {
  private final FileChannel channel;

  private RunLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes it.
   *
   * @throws JishiException.Busy where another run has it
   */
  static RunLock take(Path folder) {
    Path file = folder.resolve("run.lock");
    FileChannel channel = null;
    try {
      Files.createDirectories(folder);
      channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      FileLock lock = channel.tryLock();
      if (lock == null) {
        throw busy(folder, channel);
      }
      channel.truncate(0);
      String owner = Long.toString(ProcessHandle.current().pid());
      channel.write(ByteBuffer.wrap(owner.getBytes(StandardCharsets.US_ASCII)), 0);
      return new RunLock(channel);
    } catch (OverlappingFileLockException e) {
      throw busy(folder, channel);
    } catch (IOException e) {
      close(channel);
      throw new JishiException.BadFile(file + ": cannot be locked: " + e.getMessage(), e);
    }
  }

  private static JishiException busy(Path folder, FileChannel channel) {
    String owner = "";
    try {
      ByteBuffer pid = ByteBuffer.allocate(20);
      channel.read(pid, 0);
      owner = new String(pid.array(), 0, pid.position(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      // Then without the number.
    }
    close(channel);
    return new JishiException.Busy(
        folder
            + ": another run is writing into this folder (process "
            + owner
            + "): wait for it, or give another folder with --out");
  }

  private static void close(FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      // Nothing was written that could be lost.
    }
  }

  @Override
  public void close() {
    close(channel);
  }
}
