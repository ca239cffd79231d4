// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import io.jishi.base.JishiException;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A chat template in the Jinja dialect of Hugging Face Transformers: the text under {@code
 * tokenizer.chat_template} of a GGUF file or {@code chat_template} of a {@code
 * tokenizer_config.json}. Immutable; safe for use by several threads.
 */
public final class ChatTemplate {
  /** Longest source in UTF-16 units; the largest published templates have some ten thousand. */
  private static final int MAX_SOURCE = 1 << 20;

  private final List<Statement> statements;
  private final Clock clock;

  private ChatTemplate(List<Statement> statements, Clock clock) {
    this.statements = statements;
    this.clock = clock;
  }

  /**
   * Reads a template.
   *
   * @throws JishiException.BadFile where it is not well formed, with the line
   * @throws JishiException.Unsupported where it has an unknown tag
   */
  public static ChatTemplate compile(String source) {
    if (source.length() > MAX_SOURCE) {
      throw new JishiException.BadFile(
          "chat template: " + source.length() + " characters, at most " + MAX_SOURCE + " are read");
    }
    try {
      return new ChatTemplate(Parser.parse(source), Clock.systemDefaultZone());
    } catch (StackOverflowError e) {
      // The nesting is bounded for stacks of usual size; a caller's thread may have less left.
      throw new JishiException.BadFile(
          "chat template: nested too deeply for the stack of this thread");
    } catch (Fault fault) {
      throw new JishiException.BadFile("chat template: " + fault.getMessage());
    }
  }

  /** The same template with another idea of now, for {@code strftime_now}. */
  public ChatTemplate withClock(Clock clock) {
    return new ChatTemplate(statements, Objects.requireNonNull(clock));
  }

  /**
   * The text for the variables ({@code messages}, {@code tools}, {@code add_generation_prompt}, …):
   * plain values of {@link io.jishi.base.Json}. A name that is absent is undefined in the template.
   *
   * @throws JishiException.BadRequest where the template refuses the conversation ({@code
   *     raise_exception}, whose words are the message) or cannot handle it (with the line), or
   *     needs too much work, text or depth
   * @throws JishiException.Unsupported where it uses a filter or test that does not exist here
   */
  public String render(Map<String, Object> variables) {
    return Interpreter.render(statements, variables, clock);
  }
}
