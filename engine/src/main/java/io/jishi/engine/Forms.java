// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import io.jishi.engine.grammar.Grammar;
import io.jishi.engine.grammar.GrammarCompiler;
import io.jishi.engine.grammar.Guide;
import io.jishi.engine.grammar.Trigger;
import io.jishi.text.Tokenizer;
import java.util.LinkedHashMap;
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
  private GrammarCompiler compiler;

  private final Map<Constraint, Form> kept =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Constraint, Form> eldest) {
          return size() > KEPT;
        }
      };

  /** A form alone, and with white space before it. */
  private record Form(Grammar grammar, Grammar behind) {}

  /**
   * For a model.
   *
   * @param vocabulary number of logits, at least the tokenizer's number of tokens
   */
  Forms(Tokenizer tokenizer, int vocabulary) {
    this.tokenizer = tokenizer;
    this.vocabulary = vocabulary;
  }

  /**
   * The guide of one answer.
   *
   * @param thoughts what a model may write before, or null
   * @param first whether the answer begins the text
   * @throws JishiException.BadRequest where the constraint is malformed or not supported
   */
  synchronized Guide guide(
      Constraint constraint,
      Thoughts thoughts,
      boolean first,
      Set<Integer> endTokens,
      boolean closeInTime) {
    Constraint then = constraint instanceof Constraint.After after ? after.then() : constraint;
    Form form = kept.get(then);
    if (form == null) {
      Grammar grammar = compile(then);
      form = new Form(grammar, compiler().behindSpace(grammar));
      kept.put(then, form);
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

  private Grammar compile(Constraint constraint) {
    return switch (constraint) {
      case Constraint.JsonSchema c -> compiler().jsonSchema("json_schema", c.schema());
      case Constraint.Json _ -> compiler().jsonObject("response_format");
      case Constraint.Regex c -> compiler().regex("regex", c.pattern());
      case Constraint.Grammar c -> compiler().gbnf("grammar", c.gbnf());
      case Constraint.Choice c -> compiler().choice("choice", c.texts());
      case Constraint.After _ -> throw new IllegalArgumentException("a trigger behind a trigger");
    };
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
