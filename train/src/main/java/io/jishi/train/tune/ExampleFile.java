// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tune;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.engine.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads examples, one JSON object a line: {@code {"input": …, "output": …}}, where the output is a
 * text, or an object that is learned as JSON; or {@code {"messages": […]}}, which ends with the
 * assistant's answer.
 */
public final class ExampleFile {
  /** A file larger than this is no narrow task; a recipe of {@code jishi train} takes any size. */
  static final int MAX_BYTES = 64 << 20;

  /** The same for the number of examples. */
  static final int MAX_EXAMPLES = 100_000;

  private static final Set<String> ROLES = Set.of("system", "user", "assistant");

  private ExampleFile() {}

  /**
   * Reads a file.
   *
   * @throws JishiException.BadFile where it is missing, empty, too large or has a line that is no
   *     example; the message names the line and what is wrong there
   */
  public static List<Example> read(Path file) {
    byte[] bytes = bytes(file);
    List<Example> examples = new ArrayList<>();
    int line = 0;
    for (int from = 0; from < bytes.length; line++) {
      int end = from;
      while (end < bytes.length && bytes[end] != '\n') {
        end++;
      }
      byte[] text = Arrays.copyOfRange(bytes, from, end);
      if (!blank(text)) {
        if (examples.size() == MAX_EXAMPLES) {
          throw new JishiException.BadFile(
              file
                  + ": holds more than "
                  + MAX_EXAMPLES
                  + " examples; train on so many with a recipe (jishi train)");
        }
        String where = file + " line " + (line + 1);
        examples.add(example(JsonObject.of(where, Json.parse(where, text)), where));
      }
      from = end + 1;
    }
    if (examples.isEmpty()) {
      throw new JishiException.BadFile(
          file + ": holds no example; write one a line: {\"input\": \"…\", \"output\": \"…\"}");
    }
    return examples;
  }

  private static byte[] bytes(Path file) {
    try {
      if (Files.isDirectory(file)) {
        throw new JishiException.BadFile(file + ": is a folder; give a file of JSON lines");
      }
      if (Files.size(file) > MAX_BYTES) {
        throw new JishiException.BadFile(
            file
                + ": is larger than "
                + (MAX_BYTES >> 20)
                + " MiB; train on so much with a recipe (jishi train)");
      }
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new JishiException.BadFile(file + ": there is no such file", e);
    } catch (IOException e) {
      throw new JishiException.BadFile(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static boolean blank(byte[] text) {
    for (byte b : text) {
      if (b != ' ' && b != '\t' && b != '\r') {
        return false;
      }
    }
    return true;
  }

  private static Example example(JsonObject json, String where) {
    boolean pair = json.has("input") || json.has("output");
    if (pair == json.has("messages")) {
      throw new JishiException.BadFile(
          where
              + ": needs either 'input' and 'output', or 'messages'; it has "
              + json.fields().keySet());
    }
    return pair ? pair(json, where) : chat(json, where);
  }

  private static Example pair(JsonObject json, String where) {
    String input = json.text("input").orElseThrow(() -> json.missing("input"));
    Object output = json.fields().get("output");
    String answer =
        switch (output) {
          case null -> throw json.missing("output");
          case String text -> text;
          case Map<?, ?> object -> Json.write(object);
          default ->
              throw new JishiException.BadFile(
                  where + ": 'output' must be a text or a JSON object, not " + output);
        };
    return Example.of(said(input, "input", where), said(answer, "output", where), where);
  }

  private static Example chat(JsonObject json, String where) {
    List<Object> turns = json.array("messages").orElseThrow(() -> json.missing("messages"));
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i < turns.size(); i++) {
      String at = where + ": messages[" + i + "]";
      JsonObject turn = JsonObject.of(at, turns.get(i));
      String role = turn.text("role").orElseThrow(() -> turn.missing("role"));
      if (!ROLES.contains(role)) {
        throw new JishiException.BadFile(
            at + ": the role must be system, user or assistant, not '" + role + "'");
      }
      String content = turn.text("content").orElseThrow(() -> turn.missing("content"));
      messages.add(new Message(role, said(content, "content", at)));
    }
    if (messages.size() < 2 || !messages.getLast().role().equals("assistant")) {
      throw new JishiException.BadFile(
          where + ": 'messages' must end with the assistant's answer to what stands before");
    }
    return new Example(
        messages.subList(0, messages.size() - 1), messages.getLast().content(), where);
  }

  private static String said(String text, String field, String where) {
    if (text.isBlank()) {
      throw new JishiException.BadFile(where + ": '" + field + "' is empty");
    }
    return text.strip();
  }
}
