// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.parts;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.engine.Part;
import io.jishi.engine.Tool;
import io.jishi.engine.grammar.GrammarCompiler;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/**
 * Tells the parts of one answer apart as it comes. Text is held back only while it could be the
 * beginning of a mark. For one sequence.
 */
public final class PartParser {
  private enum State {
    TEXT,
    THOUGHT,
    CALL,
    /** Harmony: what stands between messages. */
    HEADER
  }

  /** What ends a message in harmony; its end tokens never come here. */
  private static final List<String> MESSAGE_ENDS =
      List.of("<|end|>", "<|call|>", "<|return|>", "<|start|>", "<|channel|>");

  private final Syntax syntax;
  private final Map<String, Map<String, Object>> schemas = new HashMap<>();
  private final Calls calls;
  private final StringBuilder held = new StringBuilder();
  private final List<String> textMarks;
  private State state;
  private String header = "";

  /** Whether white space that comes next is dropped. */
  private boolean skipSpace;

  private boolean begun;

  /**
   * A parser of one answer.
   *
   * @param tools those the model may call; without any, calls stay text
   * @param thinking whether the prompt ends within thoughts
   */
  public PartParser(Syntax syntax, List<Tool> tools, boolean thinking) {
    boolean harmony = syntax.tools() == Syntax.Tools.HARMONY;
    Syntax.Tools form = tools.isEmpty() && !harmony ? Syntax.Tools.NONE : syntax.tools();
    this.syntax = new Syntax(syntax.thinkOpen(), syntax.thinkClose(), form);
    tools.forEach(tool -> schemas.put(tool.name(), tool.parameters()));
    this.calls = new Calls(schemas);
    this.state = harmony ? State.HEADER : thinking ? State.THOUGHT : State.TEXT;
    this.skipSpace = thinking;
    this.textMarks =
        java.util.stream.Stream.of(syntax.thinkOpen(), form.begin)
            .filter(java.util.Objects::nonNull)
            .toList();
  }

  /** Takes text. */
  public void text(String piece, Consumer<Part> out) {
    held.append(piece);
    while (step(out)) {
      // goes on with what is held
    }
  }

  /** Takes a control token, as the vocabulary writes it; one that is no mark is dropped. */
  public void control(String piece, Consumer<Part> out) {
    boolean mark =
        switch (state) {
          case TEXT -> textMarks.contains(piece) || MESSAGE_ENDS.contains(piece) && isHarmony();
          case THOUGHT ->
              piece.equals(syntax.thinkClose()) || MESSAGE_ENDS.contains(piece) && isHarmony();
          case CALL, HEADER -> true;
        };
    if (mark) {
      text(piece, out);
    }
  }

  private boolean isHarmony() {
    return syntax.tools() == Syntax.Tools.HARMONY;
  }

  /** One move; false once more text is needed. */
  private boolean step(Consumer<Part> out) {
    return switch (state) {
      case TEXT -> isHarmony() ? message(out) : inText(out);
      case THOUGHT -> isHarmony() ? message(out) : inThought(out);
      case CALL -> isHarmony() ? message(out) : inCall(out);
      case HEADER -> inHeader();
    };
  }

  private boolean inText(Consumer<Part> out) {
    if (!begun && syntax.tools() == Syntax.Tools.LLAMA && !held.toString().isBlank()) {
      begun = true;
      if (held.toString().stripLeading().startsWith("{")) {
        state = State.CALL;
        return true;
      }
    }
    int first = -1;
    String mark = null;
    for (String m : textMarks) {
      int at = held.indexOf(m);
      if (at >= 0 && (first < 0 || at < first)) {
        first = at;
        mark = m;
      }
    }
    if (mark == null) {
      give(held.length() - undecided(textMarks), out);
      return false;
    }
    give(first, out);
    held.delete(0, mark.length());
    state = mark.equals(syntax.thinkOpen()) ? State.THOUGHT : State.CALL;
    skipSpace = true;
    return true;
  }

  private boolean inThought(Consumer<Part> out) {
    int at = held.indexOf(syntax.thinkClose());
    if (at < 0) {
      give(held.length() - undecided(List.of(syntax.thinkClose())), out);
      return false;
    }
    give(at, out);
    held.delete(0, syntax.thinkClose().length());
    state = State.TEXT;
    skipSpace = true;
    return true;
  }

  private boolean inCall(Consumer<Part> out) {
    String end = syntax.tools().end;
    int at = end == null ? -1 : held.indexOf(end);
    if (at < 0) {
      return false;
    }
    String body = held.substring(0, at);
    held.delete(0, at + end.length());
    call(body, syntax.tools().begin + body + end, out);
    state = State.TEXT;
    return true;
  }

  private void call(String body, String whole, Consumer<Part> out) {
    List<Calls.Call> found = calls.read(syntax.tools(), body);
    if (found.isEmpty()) {
      skipSpace = false;
      out.accept(new Part.Text(whole));
    }
    found.forEach(call -> out.accept(part(call)));
    skipSpace = !found.isEmpty();
  }

  private Part.ToolCall part(Calls.Call call) {
    String id = call.id() == null ? newId() : call.id();
    return new Part.ToolCall(id, call.name(), Json.write(call.arguments()), valid(call));
  }

  /** A schema with keywords that are not supported accepts what it can. */
  private boolean valid(Calls.Call call) {
    Map<String, Object> schema = schemas.get(call.name());
    try {
      return schema != null && GrammarCompiler.valid("tools", schema, call.arguments());
    } catch (JishiException.BadRequest e) {
      return true;
    }
  }

  /** Nine letters and digits: some templates want exactly that. */
  private static String newId() {
    StringBuilder id = new StringBuilder(9);
    for (int i = 0; i < 9; i++) {
      id.append(Character.forDigit(ThreadLocalRandom.current().nextInt(36), 36));
    }
    return id.toString();
  }

  /** Harmony: {@code <|start|>assistant<|channel|>analysis<|message|>}. */
  private boolean inHeader() {
    int at = held.indexOf("<|message|>");
    if (at < 0) {
      return false;
    }
    header = held.substring(0, at);
    held.delete(0, at + "<|message|>".length());
    boolean call = header.contains("to=functions.");
    state = call ? State.CALL : header.contains("analysis") ? State.THOUGHT : State.TEXT;
    return true;
  }

  private boolean message(Consumer<Part> out) {
    int end = -1;
    for (String mark : MESSAGE_ENDS) {
      int at = held.indexOf(mark);
      end = at >= 0 && (end < 0 || at < end) ? at : end;
    }
    if (end < 0) {
      if (state != State.CALL) {
        give(held.length() - undecided(MESSAGE_ENDS), out);
      }
      return false;
    }
    endMessage(end, out);
    state = State.HEADER;
    return true;
  }

  private void endMessage(int end, Consumer<Part> out) {
    if (state != State.CALL) {
      give(end, out);
      return;
    }
    String body = held.substring(0, end);
    held.delete(0, end);
    int from = header.indexOf("to=functions.") + "to=functions.".length();
    String name = header.substring(from).split("[\\s<]", 2)[0];
    List<Calls.Call> found = calls.read(name, body);
    if (found.isEmpty()) {
      out.accept(new Part.Text(body));
    }
    found.forEach(call -> out.accept(part(call)));
  }

  /** Gives what is held once no more comes. */
  public void finish(Consumer<Part> out) {
    if (state == State.HEADER) {
      held.setLength(0);
    } else if (isHarmony()) {
      endMessage(held.length(), out);
    } else if (state == State.CALL) {
      String body = held.toString();
      held.setLength(0);
      boolean bare = syntax.tools() == Syntax.Tools.LLAMA && body.stripLeading().startsWith("{");
      String whole = bare ? body : syntax.tools().begin + body;
      if (syntax.tools().end == null) {
        call(body, whole, out);
      } else {
        out.accept(new Part.Text(whole)); // cut off
      }
    } else {
      give(held.length(), out);
    }
  }

  private void give(int count, Consumer<Part> out) {
    int from = 0;
    while (skipSpace && from < count && Character.isWhitespace(held.charAt(from))) {
      from++;
    }
    if (from < count) {
      String text = held.substring(from, count);
      skipSpace = false;
      out.accept(state == State.THOUGHT ? new Part.Reasoning(text) : new Part.Text(text));
    }
    held.delete(0, count);
  }

  /** Length of the longest end of what is held that could begin a mark. */
  private int undecided(List<String> marks) {
    int longest = 0;
    for (String mark : marks) {
      for (int n = Math.min(mark.length() - 1, held.length()); n > longest; n--) {
        if (mark.startsWith(held.substring(held.length() - n))) {
          longest = n;
        }
      }
    }
    return longest;
  }
}
