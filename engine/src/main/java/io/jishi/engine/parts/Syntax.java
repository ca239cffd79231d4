// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.parts;

/**
 * How a family writes thoughts and tool calls, found by the words of its chat template.
 *
 * @param thinkOpen begins thoughts, or null where the family has none
 * @param thinkClose ends them
 * @param tools how calls are written
 */
public record Syntax(String thinkOpen, String thinkClose, Tools tools) {

  /** Ways to write tool calls. */
  public enum Tools {
    /** Not at all. */
    NONE(null, null),
    /**
     * Between tags: JSON (Hermes, Qwen, Granite), {@code <function=name>} with parameters (Qwen
     * Coder, Nemotron, StepFun) or keys and values (GLM).
     */
    TAGS("<tool_call>", "</tool_call>"),
    /** JSON with {@code name} and {@code parameters} as the whole answer (Llama 3). */
    LLAMA("<|python_tag|>", null),
    /** A list of JSON, or name and JSON each (Mistral). */
    MISTRAL("[TOOL_CALLS]", null),
    /** DeepSeek V3 and R1, and V3.1. */
    DEEPSEEK("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"),
    /** Kimi. */
    KIMI("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>"),
    /** MiniCPM 5. */
    MINICPM("<function name=\"", "</function>"),
    /** Messages in channels (gpt-oss). */
    HARMONY(null, null);

    /** Begins calls. */
    final String begin;

    /** Ends them; null: the end of the answer does. */
    final String end;

    Tools(String begin, String end) {
      this.begin = begin;
      this.end = end;
    }
  }

  /** All is text. */
  public static final Syntax PLAIN = new Syntax(null, null, Tools.NONE);

  /** The syntax of the family that has this chat template. */
  public static Syntax of(String template) {
    if (template == null) {
      return PLAIN;
    }
    if (template.contains("<|channel|>") && template.contains("<|message|>")) {
      return new Syntax(null, null, Tools.HARMONY);
    }
    boolean think = template.contains("<think>") || template.contains("</think>");
    boolean bracketed = template.contains("[THINK]");
    return new Syntax(
        think ? "<think>" : bracketed ? "[THINK]" : null,
        think ? "</think>" : bracketed ? "[/THINK]" : null,
        tools(template));
  }

  private static Tools tools(String template) {
    if (template.contains("tool▁calls▁begin")) {
      return Tools.DEEPSEEK;
    }
    if (template.contains("<|tool_calls_section_begin|>")) {
      return Tools.KIMI;
    }
    if (template.contains("[TOOL_CALLS]")) {
      return Tools.MISTRAL;
    }
    if (template.contains("<tool_call>")) {
      return Tools.TAGS;
    }
    if (template.contains("<function name=")) {
      return Tools.MINICPM;
    }
    boolean llama =
        template.contains("<|python_tag|>")
            || template.contains("\"parameters\": dictionary of argument name");
    return llama ? Tools.LLAMA : Tools.NONE;
  }

  /** Whether a prompt leaves the model within its thoughts. */
  public boolean endsThinking(String prompt) {
    return thinkOpen != null && prompt.stripTrailing().endsWith(thinkOpen);
  }
}
