// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.model.export.Disk;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/** A disk that keeps size and checksum of every file that was written through it. */
final class ChecksumDisk implements Disk {
  private final Disk disk;
  private final Path root;
  private final Map<String, Object> files = new LinkedHashMap<>();

  ChecksumDisk(Disk disk, Path root) {
    this.disk = disk;
    this.root = root;
  }

  /** For each file by its path below the root: {@code bytes} and {@code crc32c}. */
  Map<String, Object> files() {
    return files;
  }

  @Override
  public OutputStream create(Path file) throws IOException {
    CRC32C sum = new CRC32C();
    return new FilterOutputStream(disk.create(file)) {
      private long bytes;

      @Override
      public void write(int b) throws IOException {
        out.write(b);
        sum.update(b);
        bytes++;
      }

      @Override
      public void write(byte[] data, int offset, int count) throws IOException {
        out.write(data, offset, count);
        sum.update(data, offset, count);
        bytes += count;
      }

      @Override
      public void close() throws IOException {
        out.close(); // unlike the parent's: what fails here must be heard, and is not flushed twice
        files.put(
            root.relativize(file).toString().replace('\\', '/'),
            Map.of("bytes", bytes, "crc32c", sum.getValue()));
      }
    };
  }

  /** The checksum of a file. */
  static long sum(Path file) throws IOException {
    CRC32C sum = new CRC32C();
    byte[] buffer = new byte[1 << 20];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        sum.update(buffer, 0, n);
      }
    }
    return sum.getValue();
  }
}
