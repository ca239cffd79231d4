// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.engine.Answer;
import io.jishi.engine.Generation;
import io.jishi.engine.Part;
import io.jishi.engine.Request;
import java.util.stream.Collectors;

/**
 * Prints answers: what is said, and calls of tools, to standard output; thoughts to standard error,
 * so that what is piped on is the answer alone.
 */
final class Speech {
  private final Shell shell;
  private boolean thinking;

  private Speech(Shell shell) {
    this.shell = shell;
  }

  /** The request with thoughts told from what is said. */
  static Request toldApart(Request request) {
    Request.Output output = request.output();
    return request.with(new Request.Output(output.logprobs(), output.promptLogprobs(), true));
  }

  /** Prints all of a generation as it comes, and closes it. */
  static Answer print(Shell shell, Generation generation) {
    Speech speech = new Speech(shell);
    try (generation) {
      for (Part part = generation.nextPart(); part != null; part = generation.nextPart()) {
        speech.print(part);
      }
      speech.endThought();
      return generation.result();
    }
  }

  /** Prints a finished answer. */
  static void print(Shell shell, Answer answer) {
    Speech speech = new Speech(shell);
    answer.parts().forEach(speech::print);
    speech.endThought();
  }

  /** An answer without its thoughts. */
  static String said(Answer answer) {
    return answer.parts().stream().map(Speech::said).collect(Collectors.joining());
  }

  private static String said(Part part) {
    return switch (part) {
      case Part.Text text -> text.text();
      case Part.Reasoning _ -> "";
      case Part.ToolCall call -> call.name() + call.arguments();
    };
  }

  private void print(Part part) {
    if (part instanceof Part.Reasoning thought) {
      thinking = true;
      shell.err().print(thought.text());
      return;
    }
    endThought();
    shell.out().print(said(part));
  }

  private void endThought() {
    if (thinking) {
      shell.err().print("\n");
    }
    thinking = false;
  }
}
