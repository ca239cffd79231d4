// SPDX-License-Identifier: Apache-2.0
package io.jishi.base;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * JSON (RFC 8259) to plain values and back: {@code Map<String, Object>} in file order, {@code
 * List<Object>}, {@code String}, {@code Long}, {@code BigInteger}, {@code Double}, {@code Boolean}
 * and null. Depth and lengths are bounded, a repeated key is an error.
 */
public final class Json {
  /** Nesting beyond this is an attack or a mistake, in configurations and requests alike. */
  public static final int MAX_DEPTH = 128;

  /**
   * Longest string in UTF-16 units: the merges or the template of a real tokenizer fit many times.
   */
  private static final int MAX_STRING = 64 << 20;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxStringLength(MAX_STRING)
                  .maxNumberLength(400)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private Json() {}

  /**
   * Parses one JSON text.
   *
   * @param source what is parsed, for the error message: a file name or "request"
   * @throws JishiException.BadFile where the text is not JSON, with line and column
   */
  public static Object parse(String source, String text) {
    try (JsonParser parser = FACTORY.createParser(text)) {
      return document(parser);
    } catch (IOException e) {
      throw bad(source, e);
    }
  }

  /** Parses one JSON text of UTF-8 bytes; see {@link #parse(String, String)}. */
  public static Object parse(String source, byte[] utf8) {
    try (JsonParser parser = FACTORY.createParser(utf8)) {
      return document(parser);
    } catch (IOException e) {
      throw bad(source, e);
    }
  }

  /** Parses a file of JSON; see {@link #parse(String, String)}. */
  public static Object parse(Path file) {
    try (InputStream in = Files.newInputStream(file);
        JsonParser parser = FACTORY.createParser(in)) {
      return document(parser);
    } catch (IOException e) {
      throw bad(file.toString(), e);
    }
  }

  /** Parses a file whose top level is an object. */
  public static JsonObject parseObject(Path file) {
    return JsonObject.of(file.toString(), parse(file));
  }

  /** Writes plain values (maps, lists, arrays of primitives, strings, numbers, booleans, null). */
  public static String write(Object value) {
    StringWriter out = new StringWriter();
    try (JsonGenerator generator = FACTORY.createGenerator(out)) {
      generator.configure(JsonWriteFeature.WRITE_NAN_AS_STRINGS.mappedFeature(), true);
      write(generator, value);
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot be written as JSON: " + e.getMessage(), e);
    }
    return out.toString();
  }

  private static JishiException bad(String source, IOException e) {
    String what =
        e instanceof com.fasterxml.jackson.core.JacksonException j
            ? "not valid JSON: " + j.getOriginalMessage() + place(j)
            : "cannot be read: " + e;
    return new JishiException.BadFile(source + ": " + what, e);
  }

  private static String place(com.fasterxml.jackson.core.JacksonException e) {
    var at = e.getLocation();
    return at == null ? "" : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")";
  }

  private static Object document(JsonParser parser) throws IOException {
    if (parser.nextToken() == null) {
      throw new com.fasterxml.jackson.core.JsonParseException(parser, "the text is empty");
    }
    Object value = value(parser);
    if (parser.nextToken() != null) {
      throw new com.fasterxml.jackson.core.JsonParseException(parser, "text after the end");
    }
    return value;
  }

  private static Object value(JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> {
        Map<String, Object> map = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String key = parser.currentName();
          parser.nextToken();
          map.put(key, value(parser));
        }
        yield map;
      }
      case START_ARRAY -> {
        List<Object> list = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          list.add(value(parser));
        }
        yield list;
      }
      case VALUE_STRING -> parser.getText();
      case VALUE_NUMBER_INT ->
          parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
              ? (Object) parser.getBigIntegerValue()
              : (Object) parser.getLongValue();
      case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
      case VALUE_TRUE -> Boolean.TRUE;
      case VALUE_FALSE -> Boolean.FALSE;
      case VALUE_NULL -> null;
      default ->
          throw new com.fasterxml.jackson.core.JsonParseException(
              parser, "unexpected " + parser.currentToken());
    };
  }

  private static void write(JsonGenerator out, Object value) throws IOException {
    switch (value) {
      case null -> out.writeNull();
      case String s -> out.writeString(s);
      case Boolean b -> out.writeBoolean(b);
      case Integer i -> out.writeNumber(i);
      case Long l -> out.writeNumber(l);
      case Float f -> out.writeNumber(f);
      case Double d -> out.writeNumber(d);
      case BigInteger b -> out.writeNumber(b);
      case int[] a -> out.writeArray(a, 0, a.length);
      case float[] a -> {
        out.writeStartArray();
        for (float f : a) {
          out.writeNumber(f);
        }
        out.writeEndArray();
      }
      case Iterable<?> list -> {
        out.writeStartArray();
        for (Object item : list) {
          write(out, item);
        }
        out.writeEndArray();
      }
      case Map<?, ?> map -> {
        out.writeStartObject();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          out.writeFieldName(entry.getKey().toString());
          write(out, entry.getValue());
        }
        out.writeEndObject();
      }
      default -> throw new IllegalArgumentException("no JSON form: " + value.getClass());
    }
  }
}
