// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One JSON object a line: a text under the given field, or a conversation under {@code messages}
 * (or {@code conversations}, with {@code role} and {@code content}, or {@code from} and {@code
 * value}), with {@code tools} beside it.
 */
final class JsonLines implements Documents {
  /** Longest line: a book fits many times, and more is a file of another kind. */
  static final int MAX_LINE = 64 << 20;

  private static final Map<String, String> ROLES =
      Map.of("human", "user", "gpt", "assistant", "bot", "assistant");

  private final String name;
  private final InputStream in;
  private final String field;
  private final int maxLine;
  private final byte[] buffer = new byte[1 << 16];
  private int at;
  private int limit;
  private long line;

  JsonLines(String name, InputStream in, String field) {
    this(name, in, field, MAX_LINE);
  }

  JsonLines(String name, InputStream in, String field, int maxLine) {
    this.name = name;
    this.in = in;
    this.field = field;
    this.maxLine = maxLine;
  }

  @Override
  public Document next() {
    JsonObject json = object();
    return json == null ? null : document(json, field);
  }

  /** The object of the next line that is not blank, or null at the end. */
  JsonObject object() {
    while (true) {
      byte[] bytes = line();
      if (bytes == null) {
        return null;
      }
      if (!blank(bytes)) {
        String where = name + " line " + line;
        return JsonObject.of(where, Json.parse(where, bytes));
      }
    }
  }

  private static boolean blank(byte[] bytes) {
    for (byte b : bytes) {
      if (b != ' ' && b != '\t' && b != '\r') {
        return false;
      }
    }
    return true;
  }

  /** The document of an object, from JSONL or Parquet. */
  static Document document(JsonObject json, String field) {
    String chat = json.has("messages") ? "messages" : "conversations";
    if (!json.has(field) && json.has(chat)) {
      List<Map<String, Object>> messages = messages(json, chat);
      return new Document(
          contents(messages), messages, json.fields().get("tools"), false, json.source());
    }
    String text =
        json.text(field)
            .orElseThrow(
                () ->
                    new JishiException.BadFile(
                        "%s: has neither '%s' nor 'messages', only %s; name the field of the text with --field"
                            .formatted(json.source(), field, json.fields().keySet())));
    return Document.text(text, false, json.source());
  }

  /** The messages in a field. */
  static List<Map<String, Object>> messages(JsonObject json, String field) {
    List<Object> list = json.array(field).orElseThrow(() -> json.missing(field));
    List<Map<String, Object>> messages = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      messages.add(
          message(JsonObject.of(json.source() + ": " + field + "[" + i + "]", list.get(i))));
    }
    return messages;
  }

  /** What messages say, one a line. */
  static String contents(List<Map<String, Object>> messages) {
    StringBuilder text = new StringBuilder();
    for (Map<String, Object> fields : messages) {
      text.append(fields.get("content") instanceof String s ? s : Json.write(fields)).append('\n');
    }
    return text.toString();
  }

  private static Map<String, Object> message(JsonObject json) {
    if (json.has("role")) {
      json.text("role");
      return json.fields();
    }
    String from = json.text("from").orElseThrow(() -> json.missing("role"));
    String value = json.text("value").orElseThrow(() -> json.missing("value"));
    return Map.of("role", ROLES.getOrDefault(from, from), "content", value);
  }

  /** The next line without its end, or null. */
  private byte[] line() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    boolean any = false;
    try {
      while (true) {
        if (at == limit) {
          limit = in.read(buffer);
          at = 0;
          if (limit <= 0) {
            limit = 0;
            line += any ? 1 : 0;
            return any ? out.toByteArray() : null;
          }
        }
        any = true;
        int end = at;
        while (end < limit && buffer[end] != '\n') {
          end++;
        }
        if (out.size() + end - at > maxLine) {
          throw new JishiException.BadFile(
              "%s line %d: is longer than %d bytes; is it JSON with one object a line?"
                  .formatted(name, line + 1, maxLine));
        }
        out.write(buffer, at, end - at);
        boolean whole = end < limit;
        at = whole ? end + 1 : end;
        if (whole) {
          line++;
          return out.toByteArray();
        }
      }
    } catch (IOException e) {
      throw new JishiException.BadFile(name + ": cannot be read: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      // Nothing was written; all that was asked for has been read.
    }
  }
}
