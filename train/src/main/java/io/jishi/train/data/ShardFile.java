// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/** One shard that is being written; see {@link ShardFormat}. Tokens go out at once. */
final class ShardFile implements AutoCloseable {
  private final Path file;
  private final FileChannel channel;
  private final int vocabulary;
  private final byte[] digest;
  private final boolean masked;
  private final ByteBuffer block =
      ByteBuffer.allocateDirect(ShardFormat.BLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private int[] sums = new int[16];
  private int blocks;
  private byte[] mask = new byte[1024];
  private long[] ends = new long[64];
  private int documents;
  private long tokens;
  private long textBytes;

  ShardFile(Path file, int vocabulary, byte[] digest, boolean masked) throws IOException {
    this.file = file;
    this.channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    this.channel.position(ShardFormat.HEADER_BYTES);
    this.vocabulary = vocabulary;
    this.digest = digest;
    this.masked = masked;
  }

  long tokens() {
    return tokens;
  }

  void add(int[] more, boolean[] learned) throws IOException {
    int width = ShardFormat.tokenBytes(vocabulary);
    for (int i = 0; i < more.length; i++) {
      if (more[i] < 0 || more[i] >= vocabulary) {
        throw new IllegalArgumentException("token " + more[i] + " of " + vocabulary);
      }
      if (masked && (learned == null || learned[i])) {
        learn(tokens);
      }
      tokens++;
      room(width);
      if (width == 2) {
        block.putShort((short) more[i]);
      } else {
        block.putInt(more[i]);
      }
    }
  }

  private void learn(long token) {
    int at = Math.toIntExact(token >>> 3);
    if (at >= mask.length) {
      mask = Arrays.copyOf(mask, Math.max(at + 1, mask.length * 2));
    }
    mask[at] |= (byte) (1 << (token & 7));
  }

  /** Ends a document; false where it has no tokens. */
  boolean endDocument(long bytes) {
    if (tokens == (documents == 0 ? 0 : ends[2 * documents - 2])) {
      return false;
    }
    if (2 * documents == ends.length) {
      ends = Arrays.copyOf(ends, ends.length * 2);
    }
    textBytes += bytes;
    ends[2 * documents] = tokens;
    ends[2 * documents + 1] = textBytes;
    documents++;
    return true;
  }

  /** Writes what stands behind the tokens, then the header; synced. What it gives is listed. */
  Map<String, Object> finish() throws IOException {
    pad(tokens * ShardFormat.tokenBytes(vocabulary));
    if (masked) {
      long bytes = (tokens + 7) / 8;
      for (long i = 0; i < bytes; i++) {
        room(1);
        block.put(i < mask.length ? mask[(int) i] : 0);
      }
      pad(bytes);
    }
    for (int i = 0; i < 2 * documents; i++) {
      room(8);
      block.putLong(ends[i]);
    }
    flush();
    ByteBuffer table = ByteBuffer.allocate(4 * blocks).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < blocks; i++) {
      table.putInt(sums[i]);
    }
    table.flip();
    int tableSum = sum(table.duplicate());
    writeFully(channel, table);
    ByteBuffer header = header(tableSum);
    int headerSum = header.getInt(ShardFormat.AT_HEADER_CRC);
    channel.position(0);
    writeFully(channel, header);
    channel.force(true);
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("file", file.getFileName().toString());
    entry.put("bytes", channel.size());
    entry.put("tokens", tokens);
    entry.put("documents", documents);
    entry.put("crc32c", Integer.toUnsignedLong(headerSum));
    return entry;
  }

  private ByteBuffer header(int tableSum) {
    ByteBuffer header =
        ByteBuffer.allocate(ShardFormat.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(ShardFormat.AT_MAGIC, ShardFormat.MAGIC);
    header.putInt(ShardFormat.AT_VERSION, ShardFormat.VERSION);
    header.putInt(ShardFormat.AT_FLAGS, masked ? ShardFormat.MASKED : 0);
    header.putInt(ShardFormat.AT_VOCABULARY, vocabulary);
    header.putInt(ShardFormat.AT_TABLE_CRC, tableSum);
    header.putLong(ShardFormat.AT_TOKENS, tokens);
    header.putLong(ShardFormat.AT_DOCUMENTS, documents);
    header.putLong(ShardFormat.AT_TEXT_BYTES, textBytes);
    header.put(ShardFormat.AT_DIGEST, digest, 0, ShardFormat.DIGEST_BYTES);
    int sum = sum(header.duplicate().limit(ShardFormat.AT_HEADER_CRC));
    header.putInt(ShardFormat.AT_HEADER_CRC, sum);
    return header;
  }

  private static int sum(ByteBuffer bytes) {
    CRC32C sum = new CRC32C();
    sum.update(bytes);
    return (int) sum.getValue();
  }

  private void pad(long written) throws IOException {
    for (long i = written; i < ShardFormat.padded(written); i++) {
      room(1);
      block.put((byte) 0);
    }
  }

  /** Values never cross a block: all sizes divide it. */
  private void room(int bytes) throws IOException {
    if (block.remaining() < bytes) {
      flush();
    }
  }

  private void flush() throws IOException {
    if (block.position() == 0) {
      return;
    }
    block.flip();
    if (blocks == sums.length) {
      sums = Arrays.copyOf(sums, blocks * 2);
    }
    sums[blocks++] = sum(block.duplicate());
    writeFully(channel, block);
    block.clear();
  }

  static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
