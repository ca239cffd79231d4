// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data.parquet;

/**
 * Sequences of a frame of Zstandard (RFC 8878, 3.1.1.3.2): so many literals, then a match of so
 * many bytes from so far back. Tables and the last three offsets live from block to block.
 */
final class ZstdSequences {
  /** What a kind of number is made of: a code's first value, and how many bits are added. */
  private record Codes(int[] bases, int[] bits, int mostLog, Fse usual) {}

  private static final int[] LITERAL_COUNTS = {
    4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1,
    -1, -1, -1, -1
  };
  private static final int[] MATCH_COUNTS = {
    1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1
  };
  private static final int[] OFFSET_COUNTS = {
    1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1
  };
  private static final int[] LITERAL_BITS = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11,
    12, 13, 14, 15, 16
  };
  private static final int[] MATCH_BITS = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
  };

  /** Offsets of 2^31 and more are out of any array. */
  private static final int MOST_OFFSET_CODE = 30;

  private static final Codes LITERALS = codes(0, LITERAL_BITS, 9, LITERAL_COUNTS, 6);
  private static final Codes MATCHES = codes(3, MATCH_BITS, 9, MATCH_COUNTS, 6);
  private static final Codes OFFSETS = new Codes(null, null, 8, Fse.of(OFFSET_COUNTS, 5));

  private static Codes codes(int first, int[] bits, int mostLog, int[] counts, int log) {
    int[] bases = new int[bits.length];
    bases[0] = first;
    for (int c = 1; c < bits.length; c++) {
      bases[c] = bases[c - 1] + (1 << bits[c - 1]);
    }
    return new Codes(bases, bits, mostLog, Fse.of(counts, log));
  }

  private Fse literalTable;
  private Fse matchTable;
  private Fse offsetTable;
  private final int[] recent = {1, 4, 8};
  private int at;

  /** The sequences of one block. */
  final class Run {
    private final int count;
    private final Bits bits;
    private int literalState;
    private int matchState;
    private int offsetState;
    private int done;
    private int literals;
    private int match;
    private int offset;

    private Run(int count, Bits bits) {
      this.count = count;
      this.bits = bits;
      if (bits != null) {
        literalState = bits.back(literalTable.log());
        offsetState = bits.back(offsetTable.log());
        matchState = bits.back(matchTable.log());
      }
    }

    int count() {
      return count;
    }

    int literals() {
      return literals;
    }

    int match() {
      return match;
    }

    int offset() {
      return offset;
    }

    void next() {
      int code = offsetTable.symbol(offsetState);
      if (code > MOST_OFFSET_CODE) {
        throw new IllegalArgumentException("a match from more than 2 GiB before");
      }
      int value = (1 << code) + bits.back(code);
      match = value(MATCHES, matchTable.symbol(matchState));
      literals = value(LITERALS, literalTable.symbol(literalState));
      offset = resolved(value, literals);
      if (++done < count) {
        literalState = literalTable.next(literalState, bits);
        matchState = matchTable.next(matchState, bits);
        offsetState = offsetTable.next(offsetState, bits);
      }
      if (bits.left() < 0) {
        throw new IllegalArgumentException("sequences that go on before their bits");
      }
    }

    private int value(Codes codes, int code) {
      return codes.bases[code] + bits.back(codes.bits[code]);
    }

    void requireDone() {
      if (bits != null && bits.left() != 0) {
        throw new IllegalArgumentException("sequences that end before their bits");
      }
    }
  }

  /** Reads the head of a block's sequences. */
  Run begin(byte[] in, int from, int end) {
    at = from;
    int head = in[at++] & 0xFF;
    if (head == 0) {
      return new Run(0, null);
    }
    int count =
        head < 128
            ? head
            : head < 255
                ? (head - 128 << 8) + (in[at++] & 0xFF)
                : (in[at++] & 0xFF) + ((in[at++] & 0xFF) << 8) + 0x7F00;
    int modes = in[at++];
    literalTable = table(LITERALS, modes >> 6 & 3, literalTable, in, end);
    offsetTable = table(OFFSETS, modes >> 4 & 3, offsetTable, in, end);
    matchTable = table(MATCHES, modes >> 2 & 3, matchTable, in, end);
    return new Run(count, Bits.backwards(in, at, end));
  }

  private Fse table(Codes codes, int mode, Fse before, byte[] in, int end) {
    return switch (mode) {
      case 0 -> codes.usual;
      case 1 -> Fse.single(in[at++] & 0xFF);
      case 2 -> {
        Fse.Read read = Fse.read(in, at, end, codes.mostLog);
        at = read.end();
        yield read.table();
      }
      default -> {
        if (before == null) {
          throw new IllegalArgumentException("sequences by a table that is not there");
        }
        yield before;
      }
    };
  }

  /** Small values name one of the last three offsets, by another rule where no literal is. */
  private int resolved(int value, int literals) {
    int which = value - 1 + (literals == 0 ? 1 : 0);
    if (value > 3 || which == 3) {
      int offset = value > 3 ? value - 3 : recent[0] - 1;
      recent[2] = recent[1];
      recent[1] = recent[0];
      recent[0] = offset;
      return offset;
    }
    int offset = recent[which];
    if (which > 1) {
      recent[2] = recent[1];
    }
    if (which > 0) {
      recent[1] = recent[0];
    }
    recent[0] = offset;
    return offset;
  }
}
