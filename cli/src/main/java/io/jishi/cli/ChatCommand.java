// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.JishiException;
import io.jishi.engine.Answer;
import io.jishi.engine.Content;
import io.jishi.engine.Engine;
import io.jishi.engine.Generation;
import io.jishi.engine.Message;
import io.jishi.engine.Prompt;
import io.jishi.nano.Nano;
import io.jishi.text.Tokenizer;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A conversation: one line in, one answer out, until the end of the input. */
@Command(
    name = "chat",
    description = {
      "Talks with a model, line by line. Ctrl-C stops an answer; Ctrl-D or /exit quits.",
      "From a pipe each line is a turn, and standard output is the answers alone."
    },
    footer = {
      "",
      "Examples:",
      "  jishi chat",
      "  jishi chat -m model.gguf --system \"Answer in one sentence.\""
    })
final class ChatCommand extends SpeakingCommand {
  private static final String HELP =
      """
      /clear   start a new conversation
      /exit    quit, as Ctrl-D does
      /help    this
      Ctrl-C   stop the answer
      """;

  @Mixin private SamplingOptions sampling;
  @Mixin private ImageOption images;

  @Option(
      names = "--system",
      paramLabel = "TEXT",
      description = "instructions that stand before the conversation")
  private String system;

  /** Images that go with the next line; they were given with the command. */
  private List<Content> shown = List.of();

  private final AtomicReference<Generation> current = new AtomicReference<>();

  ChatCommand(Shell shell) {
    super(shell);
  }

  @Override
  protected void prepare() {
    valid(() -> sampling.request(new Prompt.Text("")));
    shown = images.read();
  }

  @Override
  protected void run(Engine engine) {
    greet(engine);
    Conversation conversation = new Conversation(system);
    try (Lines lines = shell.interactive() ? LineEditor.open(shell) : Lines.of(shell)) {
      lines.onInterrupt(this::stopAnswer);
      for (String line = lines.next(); line != null; line = lines.next()) {
        switch (line.strip()) {
          case "" -> {}
          case "/exit", "/quit" -> {
            return;
          }
          case "/clear" -> {
            conversation.clear();
            shell.note("a new conversation");
          }
          case "/help" -> shell.err().print(HELP);
          default -> turn(engine, conversation, line);
        }
      }
    }
  }

  private void greet(Engine engine) {
    if (!hasTemplate(engine, system)) {
      if (images.given()) {
        throw new JishiException.BadRequest(
            "image", "--image needs a model with a chat template, and this one has none");
      }
      shell.note("the model has no chat template: it continues what you write");
    }
    if (shell.interactive()) {
      shell.note(
          engine.info().name() + ", context " + engine.info().context() + " tokens; /help helps");
      if (builtIn()) {
        shell.note("a small model; questions that it answers:");
        Nano.EXAMPLES.forEach(e -> shell.err().println("  " + e));
      }
    }
  }

  private void stopAnswer() {
    Generation running = current.get();
    if (running != null) {
      running.cancel();
    }
  }

  /** One turn; a person may try again after an error, a script may not. */
  private void turn(Engine engine, Conversation conversation, String line) {
    conversation.add(ImageOption.turn(shown, line));
    try {
      Answer answer = answer(engine, conversation);
      String said = Speech.said(answer);
      if (said.isEmpty()) {
        conversation.removeLast(); // stopped before the first word: as if not asked
      } else {
        conversation.add(Message.assistant(said));
        shown = List.of(); // they stand in the conversation now
      }
      tellEnd(answer);
    } catch (JishiException.BadRequest e) {
      if (!shell.interactive()) {
        throw e;
      }
      conversation.removeLast();
      shell.note(e.getMessage());
    }
  }

  private Answer answer(Engine engine, Conversation conversation) {
    Tokenizer tokenizer = engine.tokenizer();
    int forgotten =
        conversation.fit(
            text -> tokenizer.encode(text, Tokenizer.Special.TEXT).length, engine.info().context());
    if (forgotten > 0) {
      shell.note("the conversation outgrew the context: its oldest turns are forgotten");
    }
    Prompt prompt = conversation.prompt(engine.info().template() != null);
    Generation generation = engine.start(Speech.toldApart(sampling.request(prompt)));
    try {
      current.set(generation);
      Answer answer = Speech.print(shell, generation);
      shell.out().print("\n");
      return answer;
    } finally {
      current.set(null);
    }
  }

  private void tellEnd(Answer answer) {
    if (answer.finish() == Answer.Finish.CANCELLED) {
      shell.note("stopped");
    } else if (answer.finish() == Answer.Finish.LENGTH) {
      shell.note(
          sampling.maxTokens() > 0
              ? "cut off at " + sampling.maxTokens() + " tokens (--max-tokens)"
              : "cut off at the end of the context (--ctx makes it longer, /clear empties it)");
    }
  }
}
