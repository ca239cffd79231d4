// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Writes a folder of shards. All is written to {@code <folder>.partial}, synced, and renamed at
 * {@link #commit}: whatever happens before, the folder itself is not there. Not thread-safe.
 */
public final class ShardWriter implements AutoCloseable {
  static final String MANIFEST = "dataset.json";
  static final String FORMAT = "jishi-tokens";

  /** Tokens after which a shard is full: 128 MiB where they take two bytes. */
  static final long SHARD_TOKENS = 1L << 26;

  private final Path folder;
  private final Path partial;
  private final FileChannel lockFile;
  private final int vocabulary;
  private final byte[] digest;
  private final boolean masked;
  private final long shardTokens;
  private final List<Map<String, Object>> shards = new ArrayList<>();
  private ShardFile current;
  private long tokens;
  private long documents;
  private long textBytes;
  private boolean committed;

  private ShardWriter(
      Path folder,
      Path partial,
      FileChannel lock,
      int vocabulary,
      byte[] digest,
      boolean masked,
      long shardTokens) {
    this.folder = folder;
    this.partial = partial;
    this.lockFile = lock;
    this.vocabulary = vocabulary;
    this.digest = digest.clone();
    this.masked = masked;
    this.shardTokens = shardTokens;
  }

  /**
   * Begins a folder.
   *
   * @param vocabulary ids are {@code 0 … vocabulary - 1}
   * @param digest of the tokenizer, see {@link TokenizerDigest}
   * @param masked whether only some tokens are learned
   * @throws JishiException.BadRequest where the folder is there already
   * @throws JishiException.Busy where another process writes the same folder
   */
  public static ShardWriter create(Path folder, int vocabulary, byte[] digest, boolean masked) {
    return create(folder, vocabulary, digest, masked, SHARD_TOKENS);
  }

  static ShardWriter create(
      Path folder, int vocabulary, byte[] digest, boolean masked, long shardTokens) {
    Path target = folder.toAbsolutePath().normalize();
    if (target.getFileName() == null || Files.exists(target)) {
      throw new JishiException.BadRequest(
          "out", folder + ": is there already; give another name, or remove it first");
    }
    Path partial = target.resolveSibling(target.getFileName() + ".partial");
    try {
      Files.createDirectories(partial);
      FileChannel channel =
          FileChannel.open(
              partial.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        lock(channel, folder);
        removeShards(partial);
        return new ShardWriter(target, partial, channel, vocabulary, digest, masked, shardTokens);
      } catch (JishiException | IOException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw failed(partial, e);
    }
  }

  private static void lock(FileChannel channel, Path folder) throws IOException {
    FileLock lock;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null;
    }
    if (lock == null) {
      throw new JishiException.Busy(folder + ": another run is writing it; wait for it to end");
    }
  }

  /** Whatever a killed run has left. */
  private static void removeShards(Path partial) throws IOException {
    try (Stream<Path> files = Files.list(partial)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (name.startsWith("shard-") || name.equals(MANIFEST)) {
          Files.delete(file);
        }
      }
    }
  }

  static JishiException failed(Path file, IOException e) {
    String why = e.getMessage() == null ? e.toString() : e.getMessage();
    return new JishiException.OutOfResources(
        file + ": cannot be written: " + why + "; nothing of this run is kept", e);
  }

  /**
   * Adds tokens to the document that is open.
   *
   * @param more token ids
   * @param learned for each whether it is learned as a label; null for all
   */
  public void add(int[] more, boolean[] learned) {
    try {
      if (current == null) {
        Path file = partial.resolve("shard-%05d.tokens".formatted(shards.size()));
        current = new ShardFile(file, vocabulary, digest, masked);
      }
      current.add(more, learned);
    } catch (IOException e) {
      throw failed(partial, e);
    }
  }

  /**
   * Ends the document that is open; one without tokens is none.
   *
   * @param bytes of its text in UTF-8, for bits per byte
   */
  public void endDocument(long bytes) {
    if (current == null || !current.endDocument(bytes)) {
      return;
    }
    documents++;
    textBytes += bytes;
    if (current.tokens() >= shardTokens) {
      endShard();
    }
  }

  private void endShard() {
    try (ShardFile shard = current) {
      current = null;
      tokens += shard.tokens();
      shards.add(shard.finish());
    } catch (IOException e) {
      throw failed(partial, e);
    }
  }

  /** Documents so far. */
  public long documents() {
    return documents;
  }

  /** Tokens so far. */
  public long tokens() {
    return tokens + (current == null ? 0 : current.tokens());
  }

  /**
   * Makes the folder appear, whole.
   *
   * @param made how it was made, kept in the manifest; plain values
   * @throws JishiException.BadRequest where it holds no document
   */
  public void commit(Map<String, Object> made) {
    if (documents == 0) {
      throw new JishiException.BadRequest("data", folder + ": no document has any text");
    }
    if (current != null) {
      endShard();
    }
    Map<String, Object> manifest = new LinkedHashMap<>();
    manifest.put("format", FORMAT);
    manifest.put("version", ShardFormat.VERSION);
    manifest.put("vocabulary", vocabulary);
    manifest.put("tokenizer", TokenizerDigest.hex(digest));
    manifest.put("masked", masked);
    manifest.put("tokens", tokens);
    manifest.put("documents", documents);
    manifest.put("bytes", textBytes);
    manifest.put("shards", shards);
    manifest.put("made", made);
    try {
      Path file = partial.resolve(MANIFEST);
      byte[] json = (Json.write(manifest) + "\n").getBytes(StandardCharsets.UTF_8);
      try (FileChannel out =
          FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        ShardFile.writeFully(out, java.nio.ByteBuffer.wrap(json));
        out.force(true);
      }
      lockFile.close();
      Files.delete(partial.resolve("lock"));
      sync(partial);
      Files.move(partial, folder, StandardCopyOption.ATOMIC_MOVE);
      sync(folder.getParent());
      committed = true;
    } catch (IOException e) {
      throw failed(folder, e);
    }
  }

  /** Makes new names in a folder last; not every system can. */
  private static void sync(Path folder) throws IOException {
    if (java.io.File.separatorChar == '/') {
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  /** Without {@link #commit}: removes what was written. */
  @Override
  public void close() {
    if (committed) {
      return;
    }
    committed = true;
    try {
      if (current != null) {
        current.close();
      }
      removeShards(partial);
      lockFile.close();
      Files.deleteIfExists(partial.resolve("lock"));
      Files.deleteIfExists(partial);
    } catch (IOException e) {
      // What is left is named .partial and is removed by the next run.
    }
  }
}
