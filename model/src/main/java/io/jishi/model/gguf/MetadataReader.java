// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.gguf;

import io.jishi.model.mapped.Quote;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads the key-value pairs of a GGUF file as the values that {@link GgufMetadata} describes. */
final class MetadataReader {
  /** The specification sets no limit to arrays of arrays; no known file has any. */
  private static final int DEEPEST = 4;

  /** What a pair takes at least: the key's length, the type, one byte. */
  static final int LEAST_PAIR_BYTES = 8 + 4 + 1;

  private final Cursor in;

  MetadataReader(Cursor in) {
    this.in = in;
  }

  /**
   * Reads {@code count} pairs, in file order.
   *
   * @param places takes where each value stands with its type before it: from, to
   */
  Map<String, Object> read(int count, Map<String, int[]> places) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      in.reading("metadata pair " + i);
      String key = in.string();
      in.reading("metadata " + Quote.of(key));
      int from = in.position();
      Object value = value(type(), 0);
      places.put(key, new int[] {from, in.position()});
      if (values.putIfAbsent(key, value) != null) {
        throw in.bad("occurs twice; the file is damaged");
      }
    }
    return values;
  }

  private ValueType type() {
    int id = in.u32();
    ValueType type = ValueType.ofId(id);
    if (type == null) {
      throw in.bad("has the unknown type " + Integer.toUnsignedString(id));
    }
    return type;
  }

  private Object value(ValueType type, int depth) {
    return switch (type) {
      case U8, I8, U16, I16, U32, I32, I64 -> integer(type);
      case U64 -> unsigned();
      case F32 -> (double) Float.intBitsToFloat(in.u32());
      case F64 -> Double.longBitsToDouble(in.u64());
      case BOOL -> bool();
      case STRING -> in.string();
      case ARRAY -> array(depth + 1);
    };
  }

  private Object array(int depth) {
    if (depth > DEEPEST) {
      throw in.bad("nests arrays deeper than " + DEEPEST);
    }
    ValueType type = type();
    int count = in.count("values", type.leastBytes());
    return switch (type) {
      case U8, I8, U16, I16, U32, I32, U64, I64 -> integers(type, count);
      case F32 -> floats(count);
      case F64 -> doubles(count);
      case BOOL -> booleans(count);
      case STRING -> strings(count);
      case ARRAY -> arrays(count, depth);
    };
  }

  private long integer(ValueType type) {
    return switch (type) {
      case U8 -> Byte.toUnsignedLong(in.u8());
      case I8 -> in.u8();
      case U16 -> Short.toUnsignedLong(in.u16());
      case I16 -> in.u16();
      case U32 -> Integer.toUnsignedLong(in.u32());
      case I32 -> in.u32();
      case U64 -> belowSign(in.u64());
      default -> in.u64();
    };
  }

  private long belowSign(long bits) {
    if (bits < 0) {
      throw in.bad("holds " + Long.toUnsignedString(bits) + " in an array, which is beyond 2^63");
    }
    return bits;
  }

  private Object unsigned() {
    long bits = in.u64();
    return bits >= 0 ? (Object) bits : (Object) new BigInteger(Long.toUnsignedString(bits));
  }

  private boolean bool() {
    byte value = in.u8();
    if (value != 0 && value != 1) {
      throw in.bad("must be true (1) or false (0), found " + value);
    }
    return value == 1;
  }

  /** As int[] while all values fit, as long[] from the first that does not. */
  private Object integers(ValueType type, int count) {
    int[] ints = new int[count];
    for (int i = 0; i < count; i++) {
      long value = integer(type);
      if (value != (int) value) {
        return longs(type, ints, i, value);
      }
      ints[i] = (int) value;
    }
    return ints;
  }

  private long[] longs(ValueType type, int[] ints, int filled, long next) {
    long[] longs = new long[ints.length];
    for (int i = 0; i < longs.length; i++) {
      longs[i] = i < filled ? ints[i] : i == filled ? next : integer(type);
    }
    return longs;
  }

  private float[] floats(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = Float.intBitsToFloat(in.u32());
    }
    return values;
  }

  private double[] doubles(int count) {
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = Double.longBitsToDouble(in.u64());
    }
    return values;
  }

  private boolean[] booleans(int count) {
    boolean[] values = new boolean[count];
    for (int i = 0; i < count; i++) {
      values[i] = bool();
    }
    return values;
  }

  private String[] strings(int count) {
    String[] values = new String[count];
    for (int i = 0; i < count; i++) {
      values[i] = in.string();
    }
    return values;
  }

  private Object[] arrays(int count, int depth) {
    Object[] values = new Object[count];
    for (int i = 0; i < count; i++) {
      values[i] = array(depth + 1);
    }
    return values;
  }
}
