// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.cache;

import io.jishi.base.JishiException;
import io.jishi.model.export.AtomicFiles;
import io.jishi.model.export.Disk;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StatePool;
import io.jishi.tensor.StateSpec;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;

/**
 * A sequence as it was computed, in a file. Big-endian but for what blocks hold:
 *
 * <pre>
 * 8 bytes  "JISHISES"
 * int      version: 1, or 2 where there are images
 * 32 bytes what the content depends on besides the tokens, a digest of the caller's
 * int      tokens
 * long     bytes of a block, long bytes of recurrent layers (0 where there are none)
 * int      images, and the SHA-256 of each (version 2 alone)
 * ints     the tokens; -1 - i for those of image i
 * bytes    the blocks of 64 tokens, the last one whole too, then the recurrent layers
 * int      CRC-32C of all before
 * </pre>
 */
public final class SessionFile {
  private static final long MAGIC = 0x4a495348_49534553L; // "JISHISES"
  private static final int VERSION = 1;
  private static final int WITH_IMAGES = 2;

  /** Bytes of the digest. */
  public static final int DIGEST = 32;

  private static final int SHA256 = 32;
  private static final int HEADER = 8 + 4 + DIGEST + 4 + 8 + 8;
  private static final int CHUNK = 1 << 16;

  private SessionFile() {}

  /**
   * Writes what a cache knows of a sequence. The file appears whole or not at all; one of that name
   * is replaced.
   *
   * @param tokens as the cache knows them
   * @param images the SHA-256 of each image by what the cache knows its tokens by, in hexadecimal
   * @return how many of the tokens were known and written
   * @throws JishiException.BadRequest where none is known
   */
  public static int write(
      PrefixCache cache,
      long root,
      int[] tokens,
      Map<Integer, String> images,
      byte[] digest,
      Path file) {
    try (SequenceState state = cache.pool().newState()) {
      cache.adopt(state, root, tokens, tokens.length);
      if (state.length() == 0) {
        throw new JishiException.BadRequest(
            "prompt", "nothing of this prompt is in the cache: generate with it first");
      }
      AtomicFiles.replace(file, Disk.LOCAL, out -> write(state, tokens, images, digest, out));
      return state.length();
    }
  }

  private static void write(
      SequenceState state,
      int[] tokens,
      Map<Integer, String> images,
      byte[] digest,
      OutputStream file)
      throws IOException {
    CheckedOutputStream checked = new CheckedOutputStream(file, new CRC32C());
    DataOutputStream out = new DataOutputStream(checked);
    StateSpec spec = state.spec();
    out.writeLong(MAGIC);
    out.writeInt(images.isEmpty() ? VERSION : WITH_IMAGES);
    out.write(digest);
    out.writeInt(state.length());
    out.writeLong(spec.blockBytes());
    out.writeLong(spec.recurrentBytes());
    List<Integer> keys = List.copyOf(images.keySet());
    if (!keys.isEmpty()) {
      out.writeInt(keys.size());
      for (int key : keys) {
        out.write(HexFormat.of().parseHex(images.get(key)));
      }
    }
    for (int i = 0; i < state.length(); i++) {
      out.writeInt(tokens[i] >= 0 ? tokens[i] : -1 - keys.indexOf(tokens[i]));
    }
    byte[] buffer = new byte[CHUNK];
    for (int b = 0; b < blocks(state.length()); b++) {
      write(out, state.block(b), spec.blockBytes(), buffer);
    }
    if (spec.hasRecurrent()) {
      write(out, state.snapshot().recurrent(), spec.recurrentBytes(), buffer);
    }
    out.writeInt((int) checked.getChecksum().getValue());
    out.flush();
  }

  private static void write(OutputStream out, MemorySegment from, long bytes, byte[] buffer)
      throws IOException {
    for (long at = 0; at < bytes; at += buffer.length) {
      int count = (int) Math.min(buffer.length, bytes - at);
      MemorySegment.copy(from, ValueLayout.JAVA_BYTE, at, buffer, 0, count);
      out.write(buffer, 0, count);
    }
  }

  /**
   * Reads a sequence into a cache. Nothing of it is known before all of it has been checked.
   *
   * @param vocabulary token ids are below this
   * @param context a sequence is no longer than this
   * @param images says by what the cache is to know the tokens of an image, from its SHA-256 in
   *     hexadecimal; asked once all has been checked. Null where the model sees none
   * @return its tokens, as the cache knows them
   * @throws JishiException.BadFile where the file is damaged, or was written under another digest
   * @throws JishiException.OutOfResources where the cache has no place for it now
   */
  public static int[] read(
      PrefixCache cache,
      long root,
      byte[] digest,
      int vocabulary,
      int context,
      ToIntFunction<String> images,
      Path file) {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 20)) {
      return new Reader(cache, file, in, images).read(root, digest, vocabulary, context);
    } catch (IOException e) {
      throw new JishiException.BadFile(file + ": cannot be read: " + e, e);
    }
  }

  private static int blocks(int tokens) {
    return (tokens + StateSpec.BLOCK - 1) / StateSpec.BLOCK;
  }

  /** Reads one file. */
  private static final class Reader {
    private final PrefixCache cache;
    private final StatePool pool;
    private final Path file;
    private final CheckedInputStream checked;
    private final DataInputStream in;
    private final ToIntFunction<String> keys;
    private final List<String> images = new ArrayList<>();
    private final byte[] buffer = new byte[CHUNK];

    Reader(PrefixCache cache, Path file, InputStream stream, ToIntFunction<String> keys) {
      this.keys = keys;
      this.cache = cache;
      this.pool = cache.pool();
      this.file = file;
      this.checked = new CheckedInputStream(stream, new CRC32C());
      this.in = new DataInputStream(checked);
    }

    int[] read(long root, byte[] digest, int vocabulary, int context) throws IOException {
      StateSpec spec = pool.spec();
      int count = header(digest, context);
      int[] tokens = new int[count];
      for (int i = 0; i < count; i++) {
        tokens[i] = in.readInt();
        if (tokens[i] < -images.size() || tokens[i] >= vocabulary) {
          throw damaged("token " + i + " is outside of the vocabulary");
        }
      }
      if (!cache.makeRoom(blocks(count))) {
        throw new JishiException.OutOfResources(
            file + ": " + blocks(count) + " blocks are needed, and callers use the others", null);
      }
      int[] blocks = new int[blocks(count)];
      int held = 0;
      try (Arena arena = Arena.ofConfined()) {
        for (; held < blocks.length; held++) {
          blocks[held] = pool.acquire();
          fill(pool.memory(blocks[held]), spec.blockBytes());
        }
        MemorySegment recurrent = arena.allocate(Math.max(1, spec.recurrentBytes()), 64);
        fill(recurrent, spec.recurrentBytes());
        checkSum();
        nameImages(tokens);
        insert(root, tokens, blocks, spec.hasRecurrent() ? recurrent : null);
        return tokens;
      } catch (java.io.EOFException e) {
        throw damaged("it ends too early");
      } finally {
        for (int b = 0; b < held; b++) {
          pool.release(blocks[b]);
        }
      }
    }

    /** Checks all that the header says; the number of tokens. */
    private int header(byte[] digest, int context) throws IOException {
      long size = Files.size(file);
      if (size < HEADER || in.readLong() != MAGIC) {
        throw new JishiException.BadFile(file + ": this is no session of Jishi");
      }
      int version = in.readInt();
      if (version != VERSION && version != WITH_IMAGES) {
        throw new JishiException.BadFile(
            file + ": a session of version " + version + "; this Jishi reads versions 1 and 2");
      }
      if (!Arrays.equals(in.readNBytes(DIGEST), digest)) {
        throw new JishiException.BadFile(
            file
                + ": this session was written by another model, adapter, context, precision or kind"
                + " of processor, and would not continue the same way here");
      }
      int count = in.readInt();
      if (count < 1 || count > context) {
        throw damaged(count + " tokens, where 1 to " + context + " are possible");
      }
      StateSpec spec = pool.spec();
      if (in.readLong() != spec.blockBytes() || in.readLong() != spec.recurrentBytes()) {
        throw damaged("its blocks have another size than this model's");
      }
      long named = version == WITH_IMAGES ? 4 + (long) SHA256 * images(count) : 0;
      long whole =
          HEADER + named + 4L * count + blocks(count) * spec.blockBytes() + spec.recurrentBytes();
      if (size != whole + 4) {
        throw damaged("it has " + size + " bytes, but should have " + (whole + 4));
      }
      return count;
    }

    /** Reads which images there are; how many. */
    private int images(int tokens) throws IOException {
      int count = in.readInt();
      if (count < 1 || count > tokens || keys == null) {
        throw damaged(count + " images in " + tokens + " tokens");
      }
      for (int i = 0; i < count; i++) {
        images.add(HexFormat.of().formatHex(in.readNBytes(SHA256)));
      }
      return count;
    }

    private void nameImages(int[] tokens) {
      if (images.isEmpty()) {
        return;
      }
      int[] names = images.stream().mapToInt(keys).toArray();
      for (int i = 0; i < tokens.length; i++) {
        tokens[i] = tokens[i] < 0 ? names[-1 - tokens[i]] : tokens[i];
      }
    }

    private void fill(MemorySegment target, long bytes) throws IOException {
      for (long at = 0; at < bytes; at += buffer.length) {
        int count = (int) Math.min(buffer.length, bytes - at);
        in.readFully(buffer, 0, count);
        MemorySegment.copy(buffer, 0, target, ValueLayout.JAVA_BYTE, at, count);
      }
    }

    private void checkSum() throws IOException {
      int sum = (int) checked.getChecksum().getValue();
      if (in.readInt() != sum) {
        throw damaged("its checksum is wrong");
      }
    }

    private void insert(long root, int[] tokens, int[] blocks, MemorySegment recurrent) {
      try (SequenceState state = pool.newState()) {
        PrefixCache.Cursor cursor = cache.adopt(state, root, tokens, 0);
        for (int b = 0; b < blocks.length; b++) {
          state.adopt(blocks[b], Math.min(StateSpec.BLOCK, tokens.length - b * StateSpec.BLOCK));
        }
        if (recurrent != null) {
          state.restore(state.snapshot(tokens.length, recurrent));
        }
        cache.finish(state, cursor, tokens);
      }
    }

    private JishiException.BadFile damaged(String what) {
      return new JishiException.BadFile(
          file + ": the session is damaged: " + what + "; delete it and compute it anew");
    }
  }
}
