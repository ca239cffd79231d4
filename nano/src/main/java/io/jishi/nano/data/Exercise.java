// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A conversation that ends with a right answer.
 *
 * @param kind what is exercised, see {@link Kinds}
 * @param language of the question
 * @param turns the conversation; the last one is the answer
 * @param tools what may be called
 * @param check decides whether another answer would be right too
 * @param wording how the question is put, values left open: what is held out goes by it
 * @param value what the question is about, likewise
 */
public record Exercise(
    String kind,
    Language language,
    List<Turn> turns,
    List<ToolSheet> tools,
    Check check,
    String wording,
    String value) {

  /** Copies the lists. */
  public Exercise {
    turns = List.copyOf(turns);
    tools = List.copyOf(tools);
    if (turns.isEmpty() || !turns.getLast().isAnswer()) {
      throw new IllegalArgumentException(kind + ": an exercise ends with its answer");
    }
  }

  /** The right answer. */
  public Turn answer() {
    return turns.getLast();
  }

  /** The conversation up to the answer. */
  public List<Turn> question() {
    return turns.subList(0, turns.size() - 1);
  }

  /** The same conversation behind other turns. */
  Exercise behind(List<Turn> before) {
    List<Turn> all = new ArrayList<>(before);
    all.addAll(turns);
    return new Exercise(kind, language, all, tools, check, wording, value);
  }

  /** One line of training data: {@code {"messages": […], "tools": […]}}. */
  public Map<String, Object> line() {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("messages", turns.stream().map(Turn::message).toList());
    if (!tools.isEmpty()) {
      line.put("tools", tools.stream().map(ToolSheet::function).toList());
    }
    return line;
  }
}
