// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.gguf;

import io.jishi.base.JishiException.BadFile;
import io.jishi.base.JishiException.Unsupported;
import io.jishi.model.StoredTensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** What one file holds, whether it is a whole model or a part of one. */
record GgufPart(GgufMetadata metadata, Map<String, StoredTensor> tensors) {
  private static final int MAGIC = 0x46554747; // "GGUF", little-endian
  private static final int LFS_POINTER = 0x73726576; // "vers", where git has left a note instead
  private static final long DEFAULT_ALIGNMENT = 32;
  private static final long LEAST_ALIGNMENT = 8; // by the specification
  private static final long MOST_ALIGNMENT = 1 << 20; // far above a page; keeps sums small

  /**
   * Reads the header of a mapped file.
   *
   * @param source the file's name for messages
   */
  static GgufPart parse(String source, MemorySegment file) {
    Cursor in = new Cursor(source, file);
    checkMagic(source, in);
    checkVersion(source, in.u32());
    int tensors = in.count("tensors", TensorReader.LEAST_ENTRY_BYTES);
    int pairs = in.count("metadata pairs", MetadataReader.LEAST_PAIR_BYTES);
    Map<String, int[]> places = new HashMap<>();
    Map<String, Object> values = new MetadataReader(in).read(pairs, places);
    return new GgufPart(
        new GgufMetadata(source, values, key -> stored(file, places.get(key))),
        new TensorReader(source, file, in).read(tensors, alignment(source, values)));
  }

  private static byte[] stored(MemorySegment file, int[] place) {
    return file.asSlice(place[0], place[1] - place[0]).toArray(ValueLayout.JAVA_BYTE);
  }

  private static void checkMagic(String source, Cursor in) {
    int magic = in.u32();
    if (magic == LFS_POINTER) {
      throw new BadFile(source + ": is a Git LFS pointer, not the model; run 'git lfs pull'");
    }
    if (magic != MAGIC) {
      throw new BadFile(
          source
              + ": is no GGUF file: it starts with "
              + String.format(Locale.ROOT, "%08x", Integer.reverseBytes(magic))
              + " (hexadecimal), not with \"GGUF\"");
    }
  }

  private static void checkVersion(String source, int version) {
    if (version == 2 || version == 3) {
      return;
    }
    int swapped = Integer.reverseBytes(version);
    if (swapped >= 1 && swapped <= 3) {
      throw new Unsupported(
          source + ": is a big-endian GGUF file; fetch or convert a little-endian one");
    }
    String asked = source + ": has GGUF version " + Integer.toUnsignedString(version);
    throw new Unsupported(
        version == 1
            ? asked + ", which was given up in 2023; convert the model again"
            : asked + "; this version of Jishi reads 2 and 3");
  }

  private static long alignment(String source, Map<String, Object> values) {
    Object value = values.getOrDefault("general.alignment", DEFAULT_ALIGNMENT);
    if (value instanceof Long n
        && n >= LEAST_ALIGNMENT
        && n <= MOST_ALIGNMENT
        && Long.bitCount(n) == 1) {
      return n;
    }
    throw new BadFile(
        source
            + ": metadata 'general.alignment' must be a power of two from "
            + LEAST_ALIGNMENT
            + " to "
            + MOST_ALIGNMENT
            + ", found "
            + (value instanceof Number ? value : "no whole number"));
  }
}
