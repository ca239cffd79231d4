// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import io.jishi.engine.grammar.Grammar;
import io.jishi.engine.grammar.GrammarCompiler;
import io.jishi.engine.grammar.Guide;
import io.jishi.engine.grammar.Trigger;
import io.jishi.engine.parts.Syntax;
import io.jishi.text.Tokenizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes the guides of constrained answers for one model. The vocabulary is ordered when the first
 * constraint comes; compiled forms are kept for the callers that come with the same. Safe for use
 * by several threads.
 */
final class Forms {
  /** Forms kept, least recently used first to go. */
  private static final int KEPT = 64;

  private final Tokenizer tokenizer;
  private final int vocabulary;
  private final String template;
  private GrammarCompiler compiler;

  private final Map<Key, Form> kept =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Form> eldest) {
          return size() > KEPT;
        }
      };

  private record Key(Constraint constraint, List<Tool> tools) {}

  /** A form alone, and with white space before it. */
  private record Form(Grammar grammar, Grammar behind) {}

  /**
   * For a model.
   *
   * @param vocabulary number of logits, at least the tokenizer's number of tokens
   * @param template the model's chat template, or null
   */
  Forms(Tokenizer tokenizer, int vocabulary, String template) {
    this.template = template;
    this.tokenizer = tokenizer;
    this.vocabulary = vocabulary;
  }

  /**
   * The guide of one answer.
   *
   * @param tools of the conversation
   * @param thoughts what a model may write before, or null
   * @param first whether the answer begins the text
   * @throws JishiException.BadRequest where the constraint is malformed or not supported
   */
  synchronized Guide guide(
      Constraint constraint,
      List<Tool> tools,
      Thoughts thoughts,
      boolean first,
      Set<Integer> endTokens,
      boolean closeInTime) {
    Constraint then = constraint instanceof Constraint.After after ? after.then() : constraint;
    Key key = new Key(then, then instanceof Constraint.ToolCall ? tools : List.of());
    Form form = kept.get(key);
    if (form == null) {
      Grammar grammar = compile(key);
      form = new Form(grammar, compiler().behindSpace(grammar));
      kept.put(key, form);
    }
    Guide.Before before = null;
    Grammar behind = form.behind();
    if (constraint instanceof Constraint.After after) {
      before = new Guide.Before(null, trigger(after.trigger()));
      behind = form.grammar();
    } else if (thoughts != null) {
      Trigger open = thoughts.begun() ? null : trigger(thoughts.open());
      before = new Guide.Before(open, trigger(thoughts.close()));
    }
    long[] ends = new long[compiler().words()];
    endTokens.stream().filter(t -> t < vocabulary).forEach(t -> ends[t >> 6] |= 1L << t);
    return new Guide(form.grammar(), behind, before, first, ends, closeInTime);
  }

  /**
   * How a model writes thoughts.
   *
   * @param begun whether the prompt ends within them
   */
  record Thoughts(String open, String close, boolean begun) {}

  private Trigger trigger(String text) {
    int token = tokenizer.token(text).orElse(-1);
    return compiler().trigger(text, token >= 0 && tokenizer.isControl(token) ? token : -1);
  }

  private Grammar compile(Key key) {
    return switch (key.constraint()) {
      case Constraint.ToolCall c -> toolCall(c, key.tools());
      case Constraint.JsonSchema c -> compiler().jsonSchema("json_schema", c.schema());
      case Constraint.Json _ -> compiler().jsonObject("response_format");
      case Constraint.Regex c -> compiler().regex("regex", c.pattern());
      case Constraint.Grammar c -> compiler().gbnf("grammar", c.gbnf());
      case Constraint.Choice c -> compiler().choice("choice", c.texts());
      case Constraint.After _ -> throw new IllegalArgumentException("a trigger behind a trigger");
    };
  }

  private Grammar toolCall(Constraint.ToolCall call, List<Tool> tools) {
    String[] frame = template == null ? null : Syntax.of(template).frame(template);
    if (frame == null) {
      throw new JishiException.BadRequest(
          "tool_choice",
          "tool_choice: this model's family does not write tool calls as JSON, so a call cannot be"
              + " demanded; leave the choice to the model");
    }
    Map<String, Object> schemas = new LinkedHashMap<>();
    for (Tool tool : tools) {
      if (call.name() == null || call.name().equals(tool.name())) {
        schemas.put(tool.name(), tool.parameters());
      }
    }
    if (schemas.isEmpty()) {
      throw new JishiException.BadRequest("tool_choice", "tool_choice: there is no such tool");
    }
    List<List<Object>> around = new ArrayList<>();
    for (String text : frame) {
      around.add(pieces(text));
    }
    return compiler().toolCall("tools", schemas, around);
  }

  /** Cuts a text at what are control tokens in this vocabulary. */
  private List<Object> pieces(String text) {
    List<Object> pieces = new ArrayList<>();
    int from = 0;
    for (int at = 0; at < text.length(); at++) {
      char close = text.charAt(at) == '<' ? '>' : ']';
      int end = text.charAt(at) == '<' || text.charAt(at) == '[' ? text.indexOf(close, at) : -1;
      int token = end < 0 ? -1 : tokenizer.token(text.substring(at, end + 1)).orElse(-1);
      if (token >= 0 && tokenizer.isControl(token)) {
        pieces.add(text.substring(from, at));
        pieces.add(token);
        from = end + 1;
        at = end;
      }
    }
    pieces.add(text.substring(from));
    return pieces;
  }

  private GrammarCompiler compiler() {
    if (compiler == null) {
      byte[][] bytes = new byte[vocabulary][];
      int known = Math.min(vocabulary, tokenizer.vocabSize());
      int blank = -1;
      for (int t = 0; t < known; t++) {
        bytes[t] = tokenizer.isControl(t) ? null : tokenizer.bytes(t);
        if (blank < 0 && bytes[t] != null && bytes[t].length > 1 && isWord(bytes[t])) {
          blank = t;
        }
      }
      boolean drops = blank >= 0 && !tokenizer.streamDecoder(false).append(blank).startsWith(" ");
      compiler = new GrammarCompiler(bytes, drops);
    }
    return compiler;
  }

  private static boolean isWord(byte[] bytes) {
    for (int i = 1; i < bytes.length; i++) {
      if (bytes[i] < 'A') {
        return false;
      }
    }
    return bytes[0] == ' ';
  }
}
