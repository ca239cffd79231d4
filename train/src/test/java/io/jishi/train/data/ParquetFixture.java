// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.xerial.snappy.Snappy;

/**
 * The least Parquet file: one required column of texts, one page, plain. The structures are written
 * in Thrift's compact protocol (parquet.thrift of the Parquet format).
 */
final class ParquetFixture {
  private static final int I32 = 5;
  private static final int I64 = 6;
  private static final int BINARY = 8;
  private static final int LIST = 9;
  private static final int STRUCT = 12;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** How a page is compressed, by the numbers of the format. */
  enum Codec {
    NONE(0),
    SNAPPY(1),
    GZIP(2),
    BROTLI(4),
    ZSTD(6);

    private final int number;

    Codec(int number) {
      this.number = number;
    }

    /** The page as the reference library of that codec packs it. */
    private byte[] packed(byte[] page) throws IOException {
      ByteArrayOutputStream packed = new ByteArrayOutputStream();
      switch (this) {
        case NONE -> packed.writeBytes(page);
        case GZIP -> {
          try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(page);
          }
        }
        case SNAPPY -> packed.writeBytes(Snappy.compress(page));
        case ZSTD -> packed.writeBytes(Zstd.compress(page));
        case BROTLI -> packed.writeBytes(page); // whatever it holds, it is refused
      }
      return packed.toByteArray();
    }
  }

  static byte[] texts(String column, List<String> texts) throws IOException {
    return texts(column, texts, Codec.NONE);
  }

  static byte[] texts(String column, List<String> texts, Codec codec) throws IOException {
    ParquetFixture values = new ParquetFixture();
    for (String text : texts) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      values.little(bytes.length);
      values.out.writeBytes(bytes);
    }
    byte[] packed = codec.packed(values.out.toByteArray());
    int size = packed.length;
    ParquetFixture page = new ParquetFixture();
    page.field(1, I32).zigzag(0).field(1, I32).zigzag(values.out.size()).field(1, I32).zigzag(size);
    page.field(2, STRUCT); // data page header, field 5
    page.field(1, I32).zigzag(texts.size()).field(1, I32).zigzag(0);
    page.field(1, I32).zigzag(3).field(1, I32).zigzag(3).stop().stop();
    ParquetFixture file = new ParquetFixture();
    file.out.writeBytes("PAR1".getBytes(StandardCharsets.US_ASCII));
    file.out.writeBytes(page.out.toByteArray());
    file.out.writeBytes(packed);
    int chunk = page.out.size() + size;
    byte[] footer = footer(column, texts.size(), chunk, codec);
    file.out.writeBytes(footer);
    file.little(footer.length);
    file.out.writeBytes("PAR1".getBytes(StandardCharsets.US_ASCII));
    return file.out.toByteArray();
  }

  private static byte[] footer(String column, int rows, int chunk, Codec codec) {
    ParquetFixture f = new ParquetFixture();
    f.field(1, I32).zigzag(1); // version
    f.field(1, LIST).list(2, STRUCT);
    f.field(4, BINARY).text("schema").field(1, I32).zigzag(1).stop(); // name, one child
    f.field(1, I32).zigzag(6).field(2, I32).zigzag(0).field(1, BINARY).text(column);
    f.field(2, I32).zigzag(0).stop(); // byte array, required, name, UTF8
    f.field(1, I64).zigzag(rows);
    f.field(1, LIST).list(1, STRUCT); // row groups
    f.field(1, LIST).list(1, STRUCT); // columns
    f.field(2, I64).zigzag(4).field(1, STRUCT); // file offset, metadata
    f.field(1, I32).zigzag(6).field(1, LIST).list(1, I32).zigzag(0);
    f.field(1, LIST).list(1, BINARY).text(column).field(1, I32).zigzag(codec.number);
    f.field(1, I64).zigzag(rows).field(1, I64).zigzag(chunk).field(1, I64).zigzag(chunk);
    f.field(2, I64).zigzag(4).stop().stop(); // data page offset
    f.field(1, I64).zigzag(chunk).field(1, I64).zigzag(rows).stop().stop();
    return f.out.toByteArray();
  }

  private ParquetFixture field(int step, int type) {
    out.write(step << 4 | type);
    return this;
  }

  private ParquetFixture list(int size, int type) {
    out.write(size << 4 | type);
    return this;
  }

  private ParquetFixture stop() {
    out.write(0);
    return this;
  }

  private ParquetFixture text(String text) {
    varint(text.length());
    out.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    return this;
  }

  private ParquetFixture zigzag(int value) {
    varint(value << 1);
    return this;
  }

  private void varint(int value) {
    int left = value;
    while (left > 0x7F) {
      out.write(left & 0x7F | 0x80);
      left >>>= 7;
    }
    out.write(left);
  }

  private void little(int value) {
    for (int shift = 0; shift < 32; shift += 8) {
      out.write(value >>> shift);
    }
  }
}
