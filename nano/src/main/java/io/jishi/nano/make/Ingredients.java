// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.make;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.nano.data.Corpus;
import io.jishi.nano.data.Exercise;
import io.jishi.nano.data.ToolSheet;
import io.jishi.nano.data.Turn;
import io.jishi.train.data.Documents;
import io.jishi.train.vocab.BpeTrainer;
import io.jishi.train.vocab.TokenizerFile;
import io.jishi.train.vocab.WordCounts;
import io.jishi.train.vocab.WordRule;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * All that {@code jishi train} needs to make nano, written into one folder: {@code train.jsonl},
 * {@code tokenizer} with the chat template, and the recipe.
 */
public final class Ingredients {
  /** The end of a turn ends a text too; the rest opens turns and frames thoughts and calls. */
  public static final List<String> SPECIAL =
      List.of(
          "<|end|>",
          "<|system|>",
          "<|user|>",
          "<|assistant|>",
          "<think>",
          "</think>",
          "<tool_call>",
          "</tool_call>",
          "<tool_response>",
          "</tool_response>");

  /** Pairs that stand less often are not merged. */
  private static final int RAREST = 5;

  /** The vocabulary is learned from so many conversations at most: more change nothing. */
  private static final int READ_FOR_VOCABULARY = 20_000;

  private Ingredients() {}

  /**
   * Writes the folder, which must not hold a recipe yet.
   *
   * @param part whose recipe is in the jar
   * @param vocabulary tokens in all; 0 where a model brings its own
   * @return the recipe's file
   */
  public static Path write(Path folder, Size.Part part, int vocabulary) {
    Path yaml = folder.resolve(part.recipe() + ".yaml");
    try {
      Files.createDirectories(folder);
      if (Files.exists(yaml)) {
        throw new JishiException.BadRequest(
            "out", folder + " holds a recipe already; give another folder, or remove it first");
      }
      new Corpus(part.seed(), part.more())
          .write(folder.resolve("train.jsonl"), part.conversations());
      if (vocabulary > 0) {
        Path text = folder.resolve("vocabulary.txt");
        writeText(text, Math.min(part.conversations(), READ_FOR_VOCABULARY), part.seed());
        learn(text, vocabulary, folder.resolve("tokenizer"));
        for (String name : List.of("chat_template.jinja", "generation_config.json")) {
          copy(name, folder.resolve("tokenizer").resolve(name));
        }
      }
      copy(part.recipe() + ".yaml", yaml); // last: a folder with a recipe is whole
      return yaml;
    } catch (IOException e) {
      throw new JishiException.OutOfResources(folder + ": cannot be written: " + e.getMessage(), e);
    }
  }

  private static void copy(String name, Path to) throws IOException {
    try (InputStream in = Ingredients.class.getResourceAsStream("/io/jishi/nano/recipe/" + name)) {
      if (in == null) {
        throw new JishiException.BadRequest("recipe", "there is no recipe '" + name + "'");
      }
      Files.copy(in, to);
    }
  }

  /** What is said and thought, as bare text. */
  private static void writeText(Path file, int count, long seed) throws IOException {
    Corpus corpus = new Corpus(seed);
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      for (int i = 0; i < count; i++) {
        Exercise exercise = corpus.next();
        for (ToolSheet tool : exercise.tools()) {
          out.write(tool.name() + "(" + String.join(", ", tool.parameters().keySet()) + "): ");
          out.write(tool.description() + "\n");
        }
        for (Turn turn : exercise.turns()) {
          out.write(turn.reasoning() == null ? "" : turn.reasoning() + "\n");
          out.write(turn.content() + "\n");
          if (turn.call() != null) {
            String arguments = Json.write(turn.call().arguments()).replace("\":", "\": ");
            out.write("{\"name\": \"" + turn.call().name() + "\", \"arguments\": " + arguments);
            out.write("}\n");
          }
        }
      }
    }
  }

  /** The rule of Qwen 2 makes each digit a word of its own. */
  private static void learn(Path text, int size, Path folder) {
    Map<String, Long> words =
        WordCounts.of(
            List.of(text),
            new Documents.Options(Documents.Border.FILE, "text"),
            (part, out) -> WordRule.QWEN2.words(part, false, out),
            Runtime.getRuntime().availableProcessors(),
            _ -> {});
    BpeTrainer.Learned learned = BpeTrainer.train(words, size, RAREST, SPECIAL, _ -> {});
    TokenizerFile.writeBpe(folder, learned, SPECIAL, WordRule.QWEN2, false, false);
  }
}
