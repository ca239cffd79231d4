// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.JishiException;
import io.jishi.engine.Answer;
import io.jishi.engine.Content;
import io.jishi.engine.Engine;
import io.jishi.engine.Message;
import io.jishi.engine.Prompt;
import io.jishi.engine.Request;
import io.jishi.engine.Search;
import io.jishi.engine.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Answers one prompt: standard output is what is said, for a person with a line feed. */
@Command(
    name = "run",
    description = "Answers one prompt; what the model thinks first goes to standard error.",
    footer = {
      "",
      "Examples:",
      "  jishi run \"What is 123 + 456?\"",
      "  jishi run -m model.gguf \"Why is the sky blue?\"",
      "  jishi run -m model.gguf --raw --temperature 0 --max-tokens 100 \"Once upon a time\"",
      "  jishi run -m model.gguf --system \"Summarise.\" --file notes.txt",
      "  jishi run -m Qwen2.5-VL --image photo.jpg \"What is in this picture?\""
    })
final class RunCommand extends SpeakingCommand {
  @Mixin private TextInput input;
  @Mixin private SamplingOptions sampling;
  @Mixin private ImageOption images;

  @Option(
      names = "--system",
      paramLabel = "TEXT",
      description = "instructions that stand before the prompt")
  private String system;

  @Option(
      names = "--raw",
      description =
          "continue the bare text, without the chat template; an empty text starts from the begin"
              + " token")
  private boolean raw;

  @Option(names = "--stats", description = "tell times and counts on standard error")
  private boolean stats;

  @Option(
      names = "--beams",
      paramLabel = "N",
      description =
          "beam search: of N texts side by side the likeliest; nothing is drawn, and nothing is"
              + " printed before the end")
  private Integer beams;

  @Option(
      names = "--length-penalty",
      paramLabel = "X",
      description = "with --beams: above 1 prefers longer answers (default: 1, the mean)")
  private Float lengthPenalty;

  private Search search;
  private String text;
  private List<Content> shown = List.of();

  RunCommand(Shell shell) {
    super(shell);
  }

  @Override
  protected void prepare() {
    String mistake = input.mistake(shell);
    if (mistake != null) {
      throw wrongUsage(mistake);
    }
    if (raw && system != null) {
      throw wrongUsage("--system is part of a chat template: leave out --raw");
    }
    if (raw && images.given()) {
      throw wrongUsage("--image needs the chat template: leave out --raw");
    }
    valid(() -> sampling.request(new Prompt.Text("")));
    if (beams != null) {
      float penalty = lengthPenalty == null ? 1 : lengthPenalty;
      search = valid(() -> new Search.Beams(1, beams, penalty, Search.Beams.Early.LIKELY));
    } else if (lengthPenalty != null) {
      throw wrongUsage("--length-penalty belongs to --beams");
    }
    shown = images.read();
    text = input.read(shell);
  }

  @Override
  protected void run(Engine engine) {
    Request request = Speech.toldApart(sampling.request(prompt(engine)));
    Answer answer =
        search == null ? Speech.print(shell, engine.start(request)) : searched(engine, request);
    if (shell.terminals().out()) {
      shell.out().print("\n"); // what is piped on is the text and nothing else
    }
    if (stats) {
      shell.note(describe(answer));
    }
  }

  private Answer searched(Engine engine, Request request) {
    try (Search.Run run = engine.search(request, search)) {
      Answer best = run.result().getFirst();
      Speech.print(shell, best);
      return best;
    }
  }

  private Prompt prompt(Engine engine) {
    if (raw) {
      return new Prompt.Text(text);
    }
    // The last line break of a file is the editor's, not the person's.
    String asked = input.hasLines() ? text.replaceFirst("\\R\\z", "") : text;
    if (!hasTemplate(engine, system)) {
      if (images.given()) {
        throw new JishiException.BadRequest(
            "image", "--image needs a model with a chat template, and this one has none");
      }
      shell.note("the model has no chat template: continuing the bare text, as with --raw");
      return new Prompt.Text(asked);
    }
    List<Message> messages = new ArrayList<>();
    if (system != null) {
      messages.add(Message.system(system));
    }
    messages.add(ImageOption.turn(shown, asked));
    return new Prompt.Chat(messages, Map.of());
  }

  private static String describe(Answer answer) {
    Usage usage = answer.usage();
    int computed = usage.promptTokens() - usage.cachedTokens();
    Usage.Guesses guesses = usage.guesses();
    return String.format(
        Locale.ROOT,
        "prompt %d tokens (%d cached) in %s, %s; generated %d tokens in %s, %s%s; ended by %s",
        usage.promptTokens(),
        usage.cachedTokens(),
        Text.seconds(usage.prefillNanos()),
        Text.rate(computed, usage.prefillNanos()),
        usage.generatedTokens(),
        Text.seconds(usage.decodeNanos()),
        Text.rate(usage.generatedTokens() - 1, usage.decodeNanos()), // prefill gave the first
        guesses.computed() == 0
            ? ""
            : String.format(
                Locale.ROOT,
                "; %d of %d guesses came true",
                guesses.accepted(),
                guesses.computed()),
        answer.finish().name().toLowerCase(Locale.ROOT));
  }
}
