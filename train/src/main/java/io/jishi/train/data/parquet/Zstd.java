// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data.parquet;

import java.util.Arrays;

/**
 * Unpacks frames of Zstandard (RFC 8878), without dictionaries. Checksums are passed over. What is
 * damaged throws {@link IllegalArgumentException} or {@link IndexOutOfBoundsException}.
 */
final class Zstd {
  private static final int MAGIC = 0xFD2FB528;
  private static final int SKIPPABLE = 0x184D2A50;
  private static final int MOST_BLOCK = 128 << 10;

  private final byte[] in;
  private final int size;
  private byte[] out;
  private int at;
  private int to;
  private int frame;
  private ZstdSequences sequences;
  private Huffman huffman;

  private Zstd(byte[] in, int size) {
    this.in = in;
    this.size = size;
    out = new byte[(int) Math.min(size, 16L * in.length + MOST_BLOCK)];
  }

  /**
   * Unpacks.
   *
   * @param size bytes that must come out
   */
  static byte[] unpack(byte[] in, int size) {
    Zstd zstd = new Zstd(in, size);
    while (zstd.at < in.length) {
      zstd.frame();
    }
    if (zstd.to != size) {
      throw new IllegalArgumentException(zstd.to + " bytes came out where " + size + " are");
    }
    return zstd.out.length == size ? zstd.out : Arrays.copyOf(zstd.out, size);
  }

  private int little(int bytes) {
    int value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (in[at++] & 0xFF) << 8 * i;
    }
    return value;
  }

  /** Makes room for {@code n} more bytes: as they come, whatever size was promised. */
  private void room(int n) {
    if (n > size - to) {
      throw new IllegalArgumentException("more than " + size + " bytes");
    }
    if (to + n > out.length) {
      out = Arrays.copyOf(out, (int) Math.min(size, Math.max(to + n, 2L * out.length)));
    }
  }

  private void frame() {
    int magic = little(4);
    if ((magic & ~15) == SKIPPABLE) {
      int length = little(4);
      if (length < 0) {
        throw new IllegalArgumentException("a frame of more than 2 GiB to pass over");
      }
      at = Math.addExact(at, length);
      return;
    }
    if (magic != MAGIC) {
      throw new IllegalArgumentException("no frame of Zstandard");
    }
    int head = in[at++] & 0xFF;
    boolean single = (head & 32) != 0;
    if ((head & 8) != 0 || (head & 3) != 0) {
      throw new IllegalArgumentException("a frame with a dictionary, or of a newer version");
    }
    int[] sizes = {single ? 1 : 0, 2, 4, 8};
    at += (single ? 0 : 1) + sizes[head >> 6];
    frame = to;
    huffman = null;
    sequences = new ZstdSequences();
    while (block()) {
      // One after another.
    }
    at += (head & 4) != 0 ? 4 : 0;
  }

  /** Whether another one follows. */
  private boolean block() {
    int head = little(3);
    int n = head >> 3;
    switch (head >> 1 & 3) {
      case 0 -> {
        room(n);
        System.arraycopy(in, at, out, to, n);
        at += n;
        to += n;
      }
      case 1 -> {
        room(n);
        Arrays.fill(out, to, to + n, in[at++]);
        to += n;
      }
      case 2 -> {
        if (n > MOST_BLOCK || n > in.length - at) {
          throw new IllegalArgumentException("a block of " + n + " bytes");
        }
        compressed(at + n);
        at += n;
      }
      default -> throw new IllegalArgumentException("a block of an unknown kind");
    }
    return (head & 1) == 0;
  }

  /** A block up to byte {@code end}; leaves {@link #at} where it is. */
  private void compressed(int end) {
    int start = at;
    byte[] literals = literals(end);
    ZstdSequences.Run run = sequences.begin(in, at, end);
    int used = 0;
    for (int s = 0; s < run.count(); s++) {
      run.next();
      int length = run.literals();
      room(Math.addExact(length, run.match()));
      System.arraycopy(literals, used, out, to, length);
      used += length;
      to += length;
      if (run.offset() > to - frame) {
        throw new IllegalArgumentException("a match from before the frame");
      }
      Snappy.copy(out, to, run.offset(), run.match());
      to += run.match();
    }
    run.requireDone();
    room(literals.length - used);
    System.arraycopy(literals, used, out, to, literals.length - used);
    to += literals.length - used;
    at = start;
  }

  private byte[] literals(int end) {
    int head = in[at] & 0xFF;
    int kind = head & 3;
    int form = head >> 2 & 3;
    if (kind < 2) {
      int bytes = form == 1 ? 2 : form == 3 ? 3 : 1;
      int n = little(bytes) >> (bytes == 1 ? 3 : 4);
      byte[] literals = new byte[checked(n)];
      if (kind == 0) {
        System.arraycopy(in, at, literals, 0, n);
        at += n;
      } else {
        Arrays.fill(literals, in[at++]);
      }
      return literals;
    }
    int width = form < 2 ? 10 : form == 2 ? 14 : 18;
    int bytes = form < 2 ? 3 : form + 2;
    Bits sizes = Bits.forwards(in, at, at + bytes);
    sizes.next(4);
    byte[] literals = new byte[checked(sizes.next(width))];
    int packed = sizes.next(width);
    at += bytes;
    int last = at + packed;
    if (last > end) {
      throw new IllegalArgumentException("literals that go on behind their block");
    }
    if (kind == 2) {
      Huffman.Read read = Huffman.read(in, at, last);
      huffman = read.table();
      at = read.end();
    }
    if (huffman == null) {
      throw new IllegalArgumentException("literals by a table that is not there");
    }
    huffman.unpack(in, at, last, form != 0, literals, literals.length);
    at = last;
    return literals;
  }

  private static int checked(int n) {
    if (n > MOST_BLOCK) {
      throw new IllegalArgumentException(n + " literals in a block");
    }
    return n;
  }
}
