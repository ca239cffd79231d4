// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import io.jishi.base.JishiException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.zip.CRC32C;

/**
 * One mapped shard. Each MiB is checked against its sum when it is first read, so that opening
 * costs nothing and damage is never trained on.
 */
final class Shard {
  private final Path file;
  private final MemorySegment data;
  private final int vocabulary;
  private final long tokens;
  private final long documents;
  private final long maskAt;
  private final long indexAt;
  private final long tableAt;
  private final AtomicIntegerArray checked;

  /** Maps the file and checks its header and sizes. */
  Shard(Path file, int vocabulary, byte[] digest, boolean masked, Arena arena) {
    this.file = file;
    this.vocabulary = vocabulary;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      data = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
    } catch (IOException e) {
      throw new JishiException.BadFile(file + ": cannot be read: " + e.getMessage(), e);
    }
    if (data.byteSize() < ShardFormat.HEADER_BYTES
        || data.get(ShardFormat.I64, ShardFormat.AT_MAGIC) != ShardFormat.MAGIC) {
      throw bad("is no shard of tokens");
    }
    int version = data.get(ShardFormat.I32, ShardFormat.AT_VERSION);
    if (version != ShardFormat.VERSION) {
      throw bad("has version " + version + ", this program reads " + ShardFormat.VERSION);
    }
    int headerSum = data.get(ShardFormat.I32, ShardFormat.AT_HEADER_CRC);
    if (sum(data.asSlice(0, ShardFormat.AT_HEADER_CRC)) != headerSum) {
      throw bad("its header is damaged");
    }
    boolean hasMask = data.get(ShardFormat.I32, ShardFormat.AT_FLAGS) == ShardFormat.MASKED;
    byte[] own = new byte[ShardFormat.DIGEST_BYTES];
    MemorySegment.copy(data, ShardFormat.AT_DIGEST, MemorySegment.ofArray(own), 0, own.length);
    if (data.get(ShardFormat.I32, ShardFormat.AT_VOCABULARY) != vocabulary
        || hasMask != masked
        || !java.util.Arrays.equals(own, digest)) {
      throw bad("belongs to another data set: its tokenizer or form is not that of dataset.json");
    }
    tokens = data.get(ShardFormat.I64, ShardFormat.AT_TOKENS);
    documents = data.get(ShardFormat.I64, ShardFormat.AT_DOCUMENTS);
    long size = data.byteSize();
    if (tokens < 1 || tokens > size || documents < 1 || documents > tokens) {
      throw bad("its header does not fit its size");
    }
    maskAt =
        ShardFormat.HEADER_BYTES + ShardFormat.padded(tokens * ShardFormat.tokenBytes(vocabulary));
    indexAt = maskAt + (masked ? ShardFormat.padded((tokens + 7) / 8) : 0);
    tableAt = indexAt + 16 * documents;
    long blocks =
        (tableAt - ShardFormat.HEADER_BYTES + ShardFormat.BLOCK_BYTES - 1)
            / ShardFormat.BLOCK_BYTES;
    if (tableAt + 4 * blocks != size || blocks > Integer.MAX_VALUE) {
      throw bad("ends too early or too late: it should have " + (tableAt + 4 * blocks) + " bytes");
    }
    if (sum(data.asSlice(tableAt)) != data.get(ShardFormat.I32, ShardFormat.AT_TABLE_CRC)) {
      throw bad("its table of sums is damaged");
    }
    checked = new AtomicIntegerArray((int) blocks);
    if (documentEnd(documents - 1) != tokens) {
      throw bad("its last document does not end where the tokens end");
    }
  }

  private JishiException bad(String what) {
    return new JishiException.BadFile(
        file + ": " + what + "; make the data again with 'jishi data prepare'");
  }

  private static int sum(MemorySegment bytes) {
    CRC32C sum = new CRC32C();
    sum.update(bytes.asByteBuffer());
    return (int) sum.getValue();
  }

  /** Makes sure that bytes are what was written. */
  private void check(long from, long to) {
    int last = (int) ((to - 1 - ShardFormat.HEADER_BYTES) / ShardFormat.BLOCK_BYTES);
    int block = (int) ((from - ShardFormat.HEADER_BYTES) / ShardFormat.BLOCK_BYTES);
    for (; block <= last; block++) {
      if (checked.get(block) == 0) {
        checkBlock(block);
      }
    }
  }

  private void checkBlock(int block) {
    long start = ShardFormat.HEADER_BYTES + (long) block * ShardFormat.BLOCK_BYTES;
    long end = Math.min(tableAt, start + ShardFormat.BLOCK_BYTES);
    if (sum(data.asSlice(start, end - start)) != data.get(ShardFormat.I32, tableAt + 4L * block)) {
      throw bad("is damaged between bytes " + start + " and " + end);
    }
    checked.set(block, 1);
  }

  /** Checks every byte. */
  void checkAll() {
    check(ShardFormat.HEADER_BYTES, tableAt);
    long before = 0;
    for (long d = 0; d < documents; d++) {
      long end = documentEnd(d);
      if (end <= before) {
        throw bad("document " + d + " ends before it begins");
      }
      before = end;
    }
  }

  int headerSum() {
    return data.get(ShardFormat.I32, ShardFormat.AT_HEADER_CRC);
  }

  long tokens() {
    return tokens;
  }

  long documents() {
    return documents;
  }

  long textBytes() {
    return data.get(ShardFormat.I64, ShardFormat.AT_TEXT_BYTES);
  }

  /** One behind the last token of a document. */
  long documentEnd(long document) {
    return index(document, 0);
  }

  /** The bytes of text of all documents up to that one, itself included. */
  long textEnd(long document) {
    return index(document, 8);
  }

  private long index(long document, int field) {
    long at = indexAt + 16 * document + field;
    check(at, at + 8);
    return data.get(ShardFormat.I64, at);
  }

  void read(long from, int count, int[] out, int at) {
    int width = ShardFormat.tokenBytes(vocabulary);
    long start = ShardFormat.HEADER_BYTES + from * width;
    check(start, start + (long) count * width);
    for (int i = 0; i < count; i++) {
      long place = start + (long) i * width;
      int token =
          width == 2 ? data.get(ShardFormat.U16, place) & 0xFFFF : data.get(ShardFormat.I32, place);
      if (token < 0 || token >= vocabulary) {
        throw bad("token " + (from + i) + " is " + token + ", beyond the vocabulary");
      }
      out[at + i] = token;
    }
  }

  boolean learned(long token) {
    long at = maskAt + (token >>> 3);
    check(at, at + 1);
    return (data.get(java.lang.foreign.ValueLayout.JAVA_BYTE, at) >>> (token & 7) & 1) != 0;
  }
}
