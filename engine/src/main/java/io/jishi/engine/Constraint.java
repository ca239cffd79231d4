// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import java.util.List;

/**
 * What form an answer must have. It is kept while the answer is generated: only tokens come that
 * can lead to a complete text, and the answer ends only where it is complete, unless the limit of
 * tokens cuts it off.
 *
 * <p>A chat model that thinks first may do so: the form holds for what stands behind its thoughts.
 *
 * <pre>{@code
 * Request.chat(Message.user("Is the sky blue?"))
 *     .with(new Constraint.Choice(List.of("yes", "no")));
 * }</pre>
 */
public sealed interface Constraint {

  /**
   * A JSON value that fits a schema. Keywords that are not supported are refused with their path.
   *
   * @param schema as JSON text
   */
  record JsonSchema(String schema) implements Constraint {}

  /** Any JSON object. */
  record Json() implements Constraint {}

  /**
   * A text that a regular expression matches as a whole.
   *
   * @param pattern in the syntax that ECMAScript, PCRE and Python share; no look-around, no back
   *     references
   */
  record Regex(String pattern) implements Constraint {}

  /**
   * A text of a context-free grammar.
   *
   * @param gbnf in llama.cpp's GBNF; the text starts at the rule {@code root}
   */
  record Grammar(String gbnf) implements Constraint {}

  /** One of several texts. */
  record Choice(List<String> texts) implements Constraint {
    /** Copies the list. */
    public Choice {
      texts = List.copyOf(texts);
    }
  }

  /**
   * A call of a tool of the conversation, written as the model's family does, with arguments that
   * fit the tool's schema. Families that do not write arguments as JSON are refused.
   *
   * @param name the tool, or null for any
   */
  record ToolCall(String name) implements Constraint {}

  /**
   * Free text up to and including a trigger, then a form. The answer cannot end before the trigger.
   *
   * @param trigger text, or a control token as the vocabulary writes it
   * @param then what follows at once; not another {@code After}
   */
  record After(String trigger, Constraint then) implements Constraint {
    /** Refuses a trigger that is empty, and one behind another. */
    public After {
      if (trigger.isEmpty() || then instanceof After) {
        throw new io.jishi.base.JishiException.BadRequest(
            "constraint", "a trigger must not be empty, nor stand behind another one");
      }
    }
  }
}
