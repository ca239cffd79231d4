// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.text.Tokenizer;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * Tokenised documents, one after another, in mapped files; safe for use by several threads. Tokens
 * and documents are numbered from 0 over all shards.
 */
public final class TokenShards implements AutoCloseable {
  private static final int MAX_SHARDS = 1 << 20;

  private final Path folder;
  private final JsonObject manifest;
  private final Arena arena = Arena.ofShared();
  private final List<Shard> shards = new ArrayList<>();
  private final int vocabulary;
  private final byte[] digest;
  private final boolean masked;
  private long[] firstToken = {0};
  private long[] firstDocument = {0};
  private long textBytes;

  /**
   * Opens what {@link ShardWriter} has written.
   *
   * @throws JishiException.BadFile where it is something else, of another version, or damaged
   */
  public static TokenShards open(Path folder) {
    Path file = folder.resolve(ShardWriter.MANIFEST);
    if (!Files.isRegularFile(file)) {
      String partial = folder.toString().endsWith(".partial") ? " (it was not finished)" : "";
      throw new JishiException.BadFile(
          folder
              + ": holds no "
              + ShardWriter.MANIFEST
              + partial
              + "; make such a folder with 'jishi data prepare'");
    }
    TokenShards data = new TokenShards(folder, Json.parseObject(file));
    try {
      data.map();
      return data;
    } catch (RuntimeException e) {
      data.close();
      throw e;
    }
  }

  private TokenShards(Path folder, JsonObject manifest) {
    this.folder = folder;
    this.manifest = manifest;
    if (!manifest.text("format").orElse("").equals(ShardWriter.FORMAT)) {
      throw manifest.wrong("format", "'" + ShardWriter.FORMAT + "'");
    }
    if (manifest.requireInt("version") != ShardFormat.VERSION) {
      throw manifest.wrong("version", String.valueOf(ShardFormat.VERSION));
    }
    vocabulary = manifest.requireInt("vocabulary");
    masked = manifest.bool("masked").orElseThrow(() -> manifest.missing("masked"));
    String hex = manifest.text("tokenizer").orElseThrow(() -> manifest.missing("tokenizer"));
    if (vocabulary < 1 || !hex.matches("[0-9a-f]{64}")) {
      throw manifest.wrong("tokenizer", "a digest, and 'vocabulary' above 0");
    }
    digest = HexFormat.of().parseHex(hex);
  }

  private void map() {
    List<Object> list = manifest.array("shards").orElseThrow(() -> manifest.missing("shards"));
    if (list.isEmpty() || list.size() > MAX_SHARDS) {
      throw manifest.wrong("shards", "a list of 1 to " + MAX_SHARDS);
    }
    firstToken = new long[list.size() + 1];
    firstDocument = new long[list.size() + 1];
    for (int i = 0; i < list.size(); i++) {
      JsonObject entry = JsonObject.of(manifest.source() + ": shards[" + i + "]", list.get(i));
      String name = entry.text("file").orElseThrow(() -> entry.missing("file"));
      if (!name.matches("shard-[0-9]{5,}\\.tokens")) {
        throw entry.wrong("file", "the name of a shard");
      }
      Shard shard = new Shard(folder.resolve(name), vocabulary, digest, masked, arena);
      if (entry.longInteger("crc32c").orElse(-1L) != Integer.toUnsignedLong(shard.headerSum())) {
        throw entry.wrong("crc32c", "that of the shard's header: the files do not belong together");
      }
      shards.add(shard);
      firstToken[i + 1] = firstToken[i] + shard.tokens();
      firstDocument[i + 1] = firstDocument[i] + shard.documents();
      textBytes += shard.textBytes();
    }
  }

  /** The folder. */
  public Path folder() {
    return folder;
  }

  /** Size of the vocabulary: ids are below it. */
  public int vocabulary() {
    return vocabulary;
  }

  /** Digest of the tokenizer that made them, in hexadecimal. */
  public String tokenizer() {
    return TokenizerDigest.hex(digest);
  }

  /** Whether only some tokens are learned. */
  public boolean masked() {
    return masked;
  }

  /** Number of tokens. */
  public long tokens() {
    return firstToken[shards.size()];
  }

  /** Number of documents. */
  public long documents() {
    return firstDocument[shards.size()];
  }

  /** Bytes of text in UTF-8 that the tokens stand for: the divisor of bits per byte. */
  public long bytes() {
    return textBytes;
  }

  /** The manifest, for display. */
  public JsonObject manifest() {
    return manifest;
  }

  /** What tells these data from others: 32 hexadecimal digits. */
  public String identity() {
    MessageDigest sha = TokenizerDigest.sha256();
    for (Shard shard : shards) {
      for (int shift = 0; shift < 32; shift += 8) {
        sha.update((byte) (shard.headerSum() >>> shift)); // sums over the sums of the blocks
      }
    }
    return TokenizerDigest.hex(sha.digest()).substring(0, 32);
  }

  /**
   * Refuses any other tokenizer than the one that made these data.
   *
   * @throws JishiException.BadRequest where ids would mean something else
   */
  public void requireTokenizer(Tokenizer given) {
    if (!Arrays.equals(TokenizerDigest.of(given), digest)) {
      throw new JishiException.BadRequest(
          "data",
          "%s: was tokenised with another tokenizer (%d tokens, this one has %d); prepare the data again with this model's"
              .formatted(folder, vocabulary, given.vocabSize()));
    }
  }

  /** Checks every byte against its sum. */
  public void verify() {
    shards.forEach(Shard::checkAll);
  }

  /** The document that a token is in. */
  public long documentAt(long token) {
    int s = shard(firstToken, token);
    Shard shard = shards.get(s);
    long inside = token - firstToken[s];
    long low = 0;
    long high = shard.documents() - 1;
    while (low < high) {
      long middle = (low + high) >>> 1;
      if (shard.documentEnd(middle) > inside) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return firstDocument[s] + low;
  }

  /** The first token of a document. */
  public long start(long document) {
    int s = shard(firstDocument, document);
    long inside = document - firstDocument[s];
    return firstToken[s] + (inside == 0 ? 0 : shards.get(s).documentEnd(inside - 1));
  }

  /** One behind the last token of a document. */
  public long end(long document) {
    int s = shard(firstDocument, document);
    return firstToken[s] + shards.get(s).documentEnd(document - firstDocument[s]);
  }

  /** Bytes of a document's text. */
  public long bytes(long document) {
    int s = shard(firstDocument, document);
    long inside = document - firstDocument[s];
    Shard shard = shards.get(s);
    return shard.textEnd(inside) - (inside == 0 ? 0 : shard.textEnd(inside - 1));
  }

  /** Copies {@code count} tokens from {@code from} on. */
  public void read(long from, int count, int[] out, int at) {
    long next = from;
    int done = 0;
    while (done < count) {
      int s = shard(firstToken, next);
      int here = (int) Math.min(count - done, firstToken[s + 1] - next);
      shards.get(s).read(next - firstToken[s], here, out, at + done);
      done += here;
      next += here;
    }
  }

  /** Whether a token is learned as a label. */
  public boolean learned(long token) {
    if (!masked) {
      return true;
    }
    int s = shard(firstToken, token);
    return shards.get(s).learned(token - firstToken[s]);
  }

  private int shard(long[] firsts, long at) {
    if (at < 0 || at >= firsts[shards.size()]) {
      throw new IndexOutOfBoundsException(folder + ": " + at);
    }
    int found = Arrays.binarySearch(firsts, 0, shards.size() + 1, at);
    return found >= 0 ? found : -found - 2;
  }

  /** Unmaps the files; nothing may be read afterwards. */
  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
