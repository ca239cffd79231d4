// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Where files are made; tests stand in for it to fill a disk. */
@FunctionalInterface
public interface Disk {
  /** The file system; a stream that is closed has its bytes on the disk, not in a cache. */
  Disk LOCAL = Disk::synced;

  /**
   * A new file.
   *
   * @throws IOException where it is there already, or cannot be made
   */
  OutputStream create(Path file) throws IOException;

  private static OutputStream synced(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    return new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 20) {
      private boolean closed;

      @Override
      public void close() throws IOException {
        if (closed) {
          return;
        }
        closed = true;
        try (channel) {
          flush();
          channel.force(true);
        }
      }
    };
  }
}
