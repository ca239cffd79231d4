// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The layout of one shard, little-endian: a header of 256 bytes, the tokens (2 bytes each where the
 * vocabulary allows, else 4), one bit for each token that is learned (only in masked shards), for
 * each document the end of its tokens and of its text (8 bytes each), each section filled up to 8
 * bytes; then a CRC-32C for each MiB of all that stands between the header and this table.
 */
final class ShardFormat {
  static final long MAGIC = 0x4B4F544948534A49L; // "IJSHITOK" as bytes
  static final int VERSION = 1;
  static final int HEADER_BYTES = 256;
  static final int BLOCK_BYTES = 1 << 20;
  static final int DIGEST_BYTES = 32;
  static final int MASKED = 1;

  // Places in the header.
  static final int AT_MAGIC = 0;
  static final int AT_VERSION = 8;
  static final int AT_FLAGS = 12;
  static final int AT_VOCABULARY = 16;
  static final int AT_TABLE_CRC = 20;
  static final int AT_TOKENS = 24;
  static final int AT_DOCUMENTS = 32;
  static final int AT_TEXT_BYTES = 40;
  static final int AT_DIGEST = 48;
  static final int AT_HEADER_CRC = 252;

  static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfInt I32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong I64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private ShardFormat() {}

  static int tokenBytes(int vocabulary) {
    return vocabulary <= 1 << 16 ? 2 : 4;
  }

  static long padded(long bytes) {
    return (bytes + 7) & ~7L;
  }
}
