// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.eval;

import io.jishi.base.Json;
import io.jishi.engine.Answer;
import io.jishi.engine.Engine;
import io.jishi.engine.Message;
import io.jishi.engine.Part;
import io.jishi.engine.Prompt;
import io.jishi.engine.Request;
import io.jishi.engine.Sampling;
import io.jishi.engine.Tool;
import io.jishi.nano.data.Exercise;
import io.jishi.nano.data.ToolSheet;
import io.jishi.nano.data.Turn;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A model that runs in an engine.
 *
 * @param engine asked
 * @param sampling how tokens are drawn
 */
public record EngineSolver(Engine engine, Sampling sampling) implements Solver {
  /** Right answers take far fewer tokens, their thoughts included. */
  private static final int MOST_TOKENS = 200;

  @Override
  public Reply reply(Exercise exercise) {
    Prompt prompt =
        new Prompt.Chat(
            messages(exercise.question()),
            Map.of(),
            exercise.tools().stream().map(EngineSolver::tool).toList());
    Request request =
        new Request(prompt, sampling, MOST_TOKENS, List.of())
            .with(new Request.Output(-1, -1, true));
    Answer answer = engine.generate(request);
    StringBuilder text = new StringBuilder();
    StringBuilder thoughts = new StringBuilder();
    List<Turn.Call> calls = new ArrayList<>();
    for (Part part : answer.parts()) {
      switch (part) {
        case Part.Text t -> text.append(t.text());
        case Part.Reasoning r -> thoughts.append(r.text());
        case Part.ToolCall c -> calls.add(new Turn.Call(c.name(), arguments(c)));
      }
    }
    return new Reply(text.toString(), thoughts.toString(), calls);
  }

  @SuppressWarnings("unchecked") // arguments are a JSON object, the parser of calls has seen to it
  private static Map<String, Object> arguments(Part.ToolCall call) {
    return (Map<String, Object>) Json.parse("arguments", call.arguments());
  }

  private static Tool tool(ToolSheet sheet) {
    return new Tool(sheet.name(), sheet.description(), sheet.schema());
  }

  private static List<Message> messages(List<Turn> turns) {
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i < turns.size(); i++) {
      Turn turn = turns.get(i);
      List<Part.ToolCall> calls = new ArrayList<>();
      if (turn.call() != null) {
        calls.add(
            new Part.ToolCall(
                "call" + i, turn.call().name(), Json.write(turn.call().arguments()), true));
      }
      String id = turn.role().equals("tool") ? "call" + (i - 1) : null;
      messages.add(new Message(turn.role(), turn.content(), calls, id, turn.reasoning()));
    }
    return messages;
  }
}
