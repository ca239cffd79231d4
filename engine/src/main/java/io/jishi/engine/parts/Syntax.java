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

  /**
   * What stands before the name of a call, between it and its arguments, and behind them; null
   * where arguments are not written as JSON.
   */
  public String[] frame(String template) {
    boolean named = template.contains("[ARGS]");
    boolean fenced = template.contains("```json");
    String first = "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>";
    String last = "<｜tool▁call▁end｜><｜tool▁calls▁end｜>";
    return switch (tools) {
      case TAGS ->
          template.contains("<function=") || template.contains("<arg_key>")
              ? null
              : new String[] {
                "<tool_call>\n{\"name\": \"", "\", \"arguments\": ", "}\n</tool_call>"
              };
      case LLAMA -> new String[] {"{\"name\": \"", "\", \"parameters\": ", "}"};
      case MISTRAL ->
          named
              ? new String[] {"[TOOL_CALLS]", "[ARGS]", ""}
              : new String[] {"[TOOL_CALLS][{\"name\": \"", "\", \"arguments\": ", "}]"};
      case DEEPSEEK ->
          fenced
              ? new String[] {first + "function<｜tool▁sep｜>", "\n```json\n", "\n```" + last}
              : new String[] {first, "<｜tool▁sep｜>", last};
      case KIMI ->
          new String[] {
            "<|tool_calls_section_begin|><|tool_call_begin|>functions.",
            ":0<|tool_call_argument_begin|>",
            "<|tool_call_end|><|tool_calls_section_end|>"
          };
      case NONE, MINICPM, HARMONY -> null;
    };
  }

  /** Whether a prompt leaves the model within its thoughts. */
  public boolean endsThinking(String prompt) {
    return thinkOpen != null && prompt.stripTrailing().endsWith(thinkOpen);
  }
}
