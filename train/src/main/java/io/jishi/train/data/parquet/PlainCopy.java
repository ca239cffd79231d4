// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data.parquet;

import io.jishi.base.JishiException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * One column of a Parquet file, written again without compression, with a footer that says so. The
 * other columns are not there any more, whatever the footer says of them: only that one may be
 * read. Numbers of fields are those of parquet.thrift of the Parquet format.
 */
public final class PlainCopy {
  private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);
  private static final int TAIL = 8; // the footer's length, the magic

  private static final long SNAPPY = 1;
  private static final long ZSTD = 6;

  /** A page is a megabyte as a rule; one of more than this is damage, or an attack. */
  private static final int MOST_PAGE = 1 << 30;

  // Of the footer, of a group of rows, of a chunk of a column, of its description.
  private static final int GROUPS = 4;
  private static final int CHUNKS = 1;
  private static final int CHUNK_OFFSET = 2;
  private static final int CHUNK_META = 3;
  private static final List<Integer> INDEXES = List.of(4, 5, 6, 7);
  private static final int PATH = 3;
  private static final int CODEC = 4;
  private static final int PLAIN_BYTES = 6;
  private static final int PACKED_BYTES = 7;
  private static final int DATA_PAGE = 9;
  private static final int INDEX_PAGE = 10;
  private static final int DICTIONARY_PAGE = 11;
  private static final List<Integer> BLOOM = List.of(14, 15);

  // Of a page's head.
  private static final int PAGE_PLAIN = 2;
  private static final int PAGE_PACKED = 3;
  private static final int PAGE_CRC = 4;
  private static final int PAGE_V2 = 8;
  private static final int V2_DEFINITIONS = 5;
  private static final int V2_REPETITIONS = 6;
  private static final int V2_PACKED = 7;

  private final MemorySegment in;
  private final OutputStream out;
  private long written;

  private PlainCopy(MemorySegment in, OutputStream out) {
    this.in = in;
    this.out = out;
  }

  /**
   * Writes the copy into a temporary file, which is the caller's to delete.
   *
   * @param column a name of the outermost level
   * @return the copy; empty where the column's pages are of neither Snappy nor Zstandard
   * @throws JishiException.BadFile where the file is damaged, or the copy cannot be written
   */
  public static Optional<Path> of(Path file, String column) {
    Path copy = null;
    boolean done = false;
    try (FileChannel channel = FileChannel.open(file);
        Arena arena = Arena.ofConfined()) {
      MemorySegment in = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      Thrift.Struct footer = footer(in);
      if (!packed(footer, column)) {
        return Optional.empty();
      }
      copy = Files.createTempFile("jishi-", ".parquet");
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(copy))) {
        new PlainCopy(in, out).write(footer, column);
      }
      done = true;
      return Optional.of(copy);
    } catch (IOException e) {
      throw new JishiException.BadFile(
          file + ": its column '" + column + "' cannot be unpacked: " + e.getMessage(), e);
    } catch (IllegalArgumentException | IndexOutOfBoundsException | ArithmeticException e) {
      throw new JishiException.BadFile(
          file
              + ": cannot be read as Parquet: it is damaged: "
              + Objects.toString(e.getMessage(), "a size"),
          e);
    } finally {
      if (!done) {
        delete(copy);
      }
    }
  }

  /** Deletes a copy; one that cannot be deleted is left to the system. */
  public static void delete(Path copy) {
    try {
      if (copy != null) {
        Files.deleteIfExists(copy);
      }
    } catch (IOException e) {
      copy.toFile().deleteOnExit();
    }
  }

  private static Thrift.Struct footer(MemorySegment in) {
    long end = in.byteSize() - TAIL;
    long length =
        Integer.toUnsignedLong(
            in.get(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), end));
    return new Thrift(in.asSlice(0, end), Math.subtractExact(end, length)).struct();
  }

  private static boolean packed(Thrift.Struct footer, String column) {
    for (Thrift.Struct group : footer.structs(GROUPS)) {
      for (Thrift.Struct chunk : group.structs(CHUNKS)) {
        if (of(chunk, column) && packed(chunk)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean of(Thrift.Struct chunk, String column) {
    List<byte[]> path = chunk.struct(CHUNK_META).texts(PATH);
    return !path.isEmpty() && new String(path.getFirst(), StandardCharsets.UTF_8).equals(column);
  }

  private static boolean packed(Thrift.Struct chunk) {
    long codec = chunk.struct(CHUNK_META).number(CODEC);
    return codec == SNAPPY || codec == ZSTD;
  }

  private void write(Thrift.Struct footer, String column) throws IOException {
    put(MAGIC, 0, MAGIC.length);
    for (Thrift.Struct group : footer.structs(GROUPS)) {
      for (Thrift.Struct chunk : group.structs(CHUNKS)) {
        if (of(chunk, column)) {
          chunk(chunk);
        }
      }
    }
    byte[] bytes = footer.bytes();
    put(bytes, 0, bytes.length);
    int n = bytes.length;
    put(new byte[] {(byte) n, (byte) (n >> 8), (byte) (n >> 16), (byte) (n >> 24)}, 0, 4);
    put(MAGIC, 0, MAGIC.length);
  }

  private void put(byte[] bytes, int from, int count) throws IOException {
    out.write(bytes, from, count);
    written += count;
  }

  /** Writes a chunk's pages, and into its description where they now are. */
  private void chunk(Thrift.Struct chunk) throws IOException {
    Thrift.Struct meta = chunk.struct(CHUNK_META);
    boolean packed = packed(chunk);
    long codec = meta.number(CODEC);
    long data = meta.number(DATA_PAGE);
    long dictionary = meta.number(DICTIONARY_PAGE, 0);
    long at = dictionary > 0 ? Math.min(dictionary, data) : data;
    long end = Math.addExact(at, meta.number(PACKED_BYTES));
    if (at < 0 || end > in.byteSize()) {
      throw new IllegalArgumentException("a column up to byte " + end + " of " + in.byteSize());
    }
    MemorySegment pages = in.asSlice(0, end);
    long start = written;
    long dataAt = -1;
    while (at < end) {
      if (at >= data && dataAt < 0) {
        dataAt = written;
      }
      Thrift reader = new Thrift(pages, at);
      Thrift.Struct head = reader.struct();
      long size = head.number(PAGE_PACKED);
      if (size < 0 || size > MOST_PAGE || size > end - reader.at()) {
        throw new IllegalArgumentException("a page of " + size + " bytes");
      }
      byte[] page = pages.asSlice(reader.at(), size).toArray(ValueLayout.JAVA_BYTE);
      at = reader.at() + size;
      page(head, page, packed ? codec : 0);
    }
    meta.set(CODEC, packed ? 0 : codec);
    meta.set(DATA_PAGE, dataAt < 0 ? start : dataAt);
    if (dictionary > 0) {
      meta.set(DICTIONARY_PAGE, start);
    }
    meta.set(PACKED_BYTES, written - start);
    meta.set(PLAIN_BYTES, written - start);
    meta.remove(INDEX_PAGE);
    BLOOM.forEach(meta::remove);
    INDEXES.forEach(chunk::remove);
    chunk.set(CHUNK_OFFSET, start);
  }

  private void page(Thrift.Struct head, byte[] page, long codec) throws IOException {
    byte[] plain = page;
    int levels = 0;
    if (codec != 0) {
      long size = head.number(PAGE_PLAIN);
      if (size < 0 || size > MOST_PAGE) {
        throw new IllegalArgumentException("a page of " + size + " bytes");
      }
      boolean packed = true;
      if (head.has(PAGE_V2)) { // whose levels are never packed
        Thrift.Struct v2 = head.struct(PAGE_V2);
        levels =
            Math.toIntExact(Math.addExact(v2.number(V2_DEFINITIONS), v2.number(V2_REPETITIONS)));
        packed = v2.flag(V2_PACKED, true);
        v2.set(V2_PACKED, false);
      }
      if (packed) {
        plain = unpack(page, levels, Math.toIntExact(size), codec);
      }
      head.set(PAGE_PLAIN, plain.length);
      head.set(PAGE_PACKED, plain.length);
      head.remove(PAGE_CRC);
    }
    byte[] bytes = head.bytes();
    put(bytes, 0, bytes.length);
    put(plain, 0, plain.length);
  }

  /** The levels as they are, the values behind them unpacked. */
  private static byte[] unpack(byte[] page, int levels, int size, long codec) {
    byte[] values = java.util.Arrays.copyOfRange(page, levels, page.length);
    int left = Math.subtractExact(size, levels);
    if (levels < 0 || levels > page.length || left < 0) {
      throw new IllegalArgumentException("levels of " + levels + " bytes in a page of " + size);
    }
    byte[] plain =
        values.length == 0 && left == 0
            ? values
            : codec == SNAPPY ? Snappy.unpack(values, left) : Zstd.unpack(values, left);
    if (levels == 0) {
      return plain;
    }
    byte[] all = java.util.Arrays.copyOf(page, size);
    System.arraycopy(plain, 0, all, levels, left);
    return all;
  }
}
