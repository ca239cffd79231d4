// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data.parquet;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Structures in Thrift's compact protocol, read as they are and written again: fields by their
 * numbers, whatever they mean. What is damaged throws {@link IllegalArgumentException} or {@link
 * IndexOutOfBoundsException}; nothing is allocated that the bytes that are there do not fill.
 */
final class Thrift {
  private static final int TRUE = 1;
  private static final int FALSE = 2;
  private static final int BYTE = 3;
  static final int I32 = 5;
  private static final int I64 = 6;
  private static final int DOUBLE = 7;
  private static final int BINARY = 8;
  private static final int LIST = 9;
  private static final int SET = 10;
  private static final int MAP = 11;
  private static final int STRUCT = 12;
  private static final int MOST_DEPTH = 24;

  /** A field's type, and a Long, Boolean, byte[], Struct or Items. */
  private record Field(int type, Object value) {}

  /** Elements of a list or set; of a map keys and values in turn. */
  private record Items(int type, int valueType, List<Object> items) {}

  /** Fields by number. */
  static final class Struct {
    private final Map<Integer, Field> fields = new TreeMap<>();

    /** A number, or what stands for one that is not there. */
    long number(int field, long otherwise) {
      Field found = fields.get(field);
      return found == null ? otherwise : as(Long.class, found.value);
    }

    long number(int field) {
      return as(Long.class, value(field));
    }

    boolean flag(int field, boolean otherwise) {
      Field found = fields.get(field);
      return found == null ? otherwise : as(Boolean.class, found.value);
    }

    Struct struct(int field) {
      return as(Struct.class, value(field));
    }

    List<Struct> structs(int field) {
      return as(Items.class, value(field)).items.stream().map(i -> as(Struct.class, i)).toList();
    }

    List<byte[]> texts(int field) {
      return as(Items.class, value(field)).items.stream().map(i -> as(byte[].class, i)).toList();
    }

    private Object value(int field) {
      Field found = fields.get(field);
      if (found == null) {
        throw new IllegalArgumentException("field " + field + " is missing");
      }
      return found.value;
    }

    boolean has(int field) {
      return fields.containsKey(field);
    }

    /** Sets a number that is there, or a new one of 32 bits. */
    void set(int field, long value) {
      Field before = fields.get(field);
      fields.put(field, new Field(before == null ? I32 : before.type, value));
    }

    void set(int field, boolean value) {
      fields.put(field, new Field(value ? TRUE : FALSE, value));
    }

    void remove(int field) {
      fields.remove(field);
    }

    byte[] bytes() {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      write(out);
      return out.toByteArray();
    }

    private void write(ByteArrayOutputStream out) {
      int before = 0;
      for (Map.Entry<Integer, Field> entry : fields.entrySet()) {
        int type = entry.getValue().type;
        int step = entry.getKey() - before;
        if (step > 0 && step < 16) {
          out.write(step << 4 | type);
        } else {
          out.write(type);
          varint(out, zigzag(entry.getKey()));
        }
        before = entry.getKey();
        if (type != TRUE && type != FALSE) {
          put(out, type, entry.getValue().value);
        }
      }
      out.write(0);
    }
  }

  private final MemorySegment in;
  private long at;

  /** A reader from byte {@code at} on. */
  Thrift(MemorySegment in, long at) {
    this.in = in;
    this.at = at;
  }

  /** Where what follows begins. */
  long at() {
    return at;
  }

  Struct struct() {
    return struct(0);
  }

  private Struct struct(int depth) {
    if (depth > MOST_DEPTH) {
      throw new IllegalArgumentException("structures within structures without end");
    }
    Struct struct = new Struct();
    int number = 0;
    for (int head = next(); head != 0; head = next()) {
      int type = head & 15;
      int step = head >> 4 & 15;
      number = step == 0 ? (short) unzigzag(varint()) : number + step;
      Object value = type == TRUE || type == FALSE ? (Object) (type == TRUE) : value(type, depth);
      struct.fields.put(number, new Field(type, value));
    }
    return struct;
  }

  private Object value(int type, int depth) {
    return switch (type) {
      case TRUE, FALSE -> next() == TRUE; // an element of a list
      case BYTE -> (long) (byte) next();
      case 4, I32, I64 -> unzigzag(varint());
      case DOUBLE -> bytes(8);
      case BINARY -> bytes(varint());
      case LIST, SET -> list(depth);
      case MAP -> map(depth);
      case STRUCT -> struct(depth + 1);
      default -> throw new IllegalArgumentException("a value of type " + type);
    };
  }

  private Items list(int depth) {
    int head = next();
    long count = head >> 4 & 15;
    if (count == 15) {
      count = varint();
    }
    return items(head & 15, head & 15, count, depth);
  }

  private Items map(int depth) {
    long count = varint();
    int types = count == 0 ? 0 : next();
    return items(types >> 4 & 15, types & 15, 2 * count, depth);
  }

  private Items items(int type, int valueType, long count, int depth) {
    if (count < 0 || count > in.byteSize() - at) { // a byte each at least
      throw new IllegalArgumentException("a list of " + count);
    }
    List<Object> items = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      items.add(value(i % 2 == 0 ? type : valueType, depth + 1));
    }
    return new Items(type, valueType, items);
  }

  private int next() {
    return in.get(ValueLayout.JAVA_BYTE, at++);
  }

  private byte[] bytes(long n) {
    if (n < 0 || n > in.byteSize() - at) {
      throw new IllegalArgumentException("a text of " + n + " bytes");
    }
    byte[] bytes = in.asSlice(at, n).toArray(ValueLayout.JAVA_BYTE);
    at += n;
    return bytes;
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      int b = next();
      value |= (long) (b & 0x7F) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new IllegalArgumentException("a number without end");
  }

  private static long unzigzag(long n) {
    return n >>> 1 ^ -(n & 1);
  }

  private static long zigzag(long n) {
    return n << 1 ^ n >> 63;
  }

  private static void varint(ByteArrayOutputStream out, long value) {
    long left = value;
    while ((left & ~0x7FL) != 0) {
      out.write((int) (left & 0x7F | 0x80));
      left >>>= 7;
    }
    out.write((int) left);
  }

  private static void put(ByteArrayOutputStream out, int type, Object value) {
    switch (value) {
      case Boolean flag -> out.write(flag ? TRUE : FALSE);
      case Long number when type == BYTE -> out.write(number.intValue());
      case Long number -> varint(out, zigzag(number));
      case byte[] bytes -> {
        if (type == BINARY) {
          varint(out, bytes.length);
        }
        out.writeBytes(bytes);
      }
      case Struct struct -> struct.write(out);
      case Items items when type == MAP -> {
        varint(out, items.items.size() / 2);
        if (!items.items.isEmpty()) {
          out.write(items.type << 4 | items.valueType);
        }
        elements(out, items);
      }
      case Items items -> {
        int count = items.items.size();
        out.write(Math.min(count, 15) << 4 | items.type);
        if (count >= 15) {
          varint(out, count);
        }
        elements(out, items);
      }
      default -> throw new IllegalStateException(value.toString());
    }
  }

  private static void elements(ByteArrayOutputStream out, Items items) {
    for (int i = 0; i < items.items.size(); i++) {
      put(out, i % 2 == 0 ? items.type : items.valueType, items.items.get(i));
    }
  }

  private static <T> T as(Class<T> type, Object value) {
    if (!type.isInstance(value)) {
      throw new IllegalArgumentException("a field of another type than " + type.getSimpleName());
    }
    return type.cast(value);
  }
}
