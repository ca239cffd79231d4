// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.train.data.Documents;
import io.jishi.train.vocab.BpeTrainer;
import io.jishi.train.vocab.TokenizerFile;
import io.jishi.train.vocab.WordCounts;
import io.jishi.train.vocab.WordRule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Learns a vocabulary from texts. */
@Command(
    name = "train",
    description = "Learns a byte-level BPE vocabulary from text, JSONL or Parquet.",
    footer = {
      "",
      "Examples:",
      "  jishi tokenizer train book.txt --vocab-size 4096 --out my-tokenizer",
      "  jishi tokenizer train corpus --vocab-size 32000 --digits --out my-tokenizer"
    })
final class TokenizerTrainCommand extends ModelCommand {
  @Parameters(
      arity = "1..*",
      paramLabel = "FILE",
      description = "files, or folders of .txt, .md, .jsonl and .parquet (.gz too)")
  private List<Path> files;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FOLDER",
      description = "where tokenizer.json is written")
  private Path out;

  @Option(
      names = "--vocab-size",
      defaultValue = "8192",
      paramLabel = "N",
      description = "tokens in all, special ones and 256 bytes included (default: 8192)")
  private int size;

  @Option(
      names = "--rule",
      defaultValue = "LLAMA3",
      paramLabel = "RULE",
      description = "how words are cut: gpt2, llama3 or qwen2 (default: llama3)")
  private WordRule rule;

  @Option(names = "--digits", description = "make each digit a word of its own")
  private boolean digits;

  @Option(
      names = "--special",
      split = ",",
      paramLabel = "TOKENS",
      defaultValue = "<|endoftext|>,<|im_start|>,<|im_end|>",
      description =
          "control tokens, the end of a text first (default:"
              + " <|endoftext|>,<|im_start|>,<|im_end|>)")
  private List<String> special;

  @Option(
      names = "--min-frequency",
      defaultValue = "2",
      paramLabel = "N",
      description = "merge no pair that is rarer (default: 2)")
  private long least;

  @Option(
      names = "--field",
      defaultValue = "text",
      paramLabel = "NAME",
      description = "the field or column of the text in JSONL and Parquet (default: text)")
  private String field;

  TokenizerTrainCommand(Shell shell) {
    super(shell);
  }

  @Override
  protected void prepare() {
    if (special.stream().anyMatch(String::isBlank)
        || special.stream().distinct().count() < special.size()) {
      throw wrongUsage("--special needs different tokens, none of them blank");
    }
    if (size < 256 + special.size()) {
      throw wrongUsage(
          "--vocab-size must be "
              + (256 + special.size())
              + " or more: 256 bytes and the special tokens");
    }
    if (Files.exists(out.resolve("tokenizer.json"))) {
      throw wrongUsage(out + " holds a tokenizer already; give another folder, or remove it first");
    }
  }

  @Override
  protected void work(int threads) {
    int workers = threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
    Documents.Options reading = new Documents.Options(Documents.Border.SECTION, field);
    BpeTrainer.Learned learned;
    try (Ticker ticker = new Ticker(shell)) {
      Map<String, Long> words =
          WordCounts.of(
              files,
              reading,
              (text, sink) -> rule.words(text, digits, sink),
              workers,
              read -> ticker.show("counting words: " + Text.bytes(read) + " read"));
      learned =
          BpeTrainer.train(
              words,
              size,
              least,
              special,
              tokens -> ticker.show("merging: " + tokens + " of " + size + " tokens"));
      TokenizerFile.writeBpe(out, learned, special, rule, digits, false);
    }
    int made = learned.pieces().size();
    if (made < size) {
      shell.note("the text has no more pairs to merge; the vocabulary is smaller than asked for");
    }
    shell.out().println(Text.number(made) + " tokens in " + out.resolve("tokenizer.json"));
  }
}
