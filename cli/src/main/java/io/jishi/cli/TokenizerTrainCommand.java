// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.train.data.Documents;
import io.jishi.train.vocab.BpeTrainer;
import io.jishi.train.vocab.TokenizerFile;
import io.jishi.train.vocab.UnigramFile;
import io.jishi.train.vocab.UnigramTrainer;
import io.jishi.train.vocab.WordCounts;
import io.jishi.train.vocab.WordRule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Learns a vocabulary from texts. */
@Command(
    name = "train",
    description = "Learns a vocabulary, byte-level BPE or unigram, from text, JSONL or Parquet.",
    footer = {
      "",
      "Examples:",
      "  jishi tokenizer train book.txt --vocab-size 4096 --out my-tokenizer",
      "  jishi tokenizer train corpus --vocab-size 32000 --digits --out my-tokenizer",
      "  jishi tokenizer train corpus --kind unigram --out my-tokenizer"
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

  /** What is learned. */
  private enum Kind {
    BPE,
    UNIGRAM
  }

  @Option(
      names = "--kind",
      defaultValue = "BPE",
      paramLabel = "KIND",
      description = "bpe, or unigram as SentencePiece learns it (default: bpe)")
  private Kind kind;

  @Option(
      names = "--rule",
      paramLabel = "RULE",
      description = "how words are cut for BPE: gpt2, llama3 or qwen2 (default: llama3)")
  private WordRule rule;

  @Option(names = "--digits", description = "for BPE: make each digit a word of its own")
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
      paramLabel = "N",
      description = "for BPE: merge no pair that is rarer (default: 2)")
  private Long least;

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
    if (kind == Kind.UNIGRAM && (rule != null || digits || least != null)) {
      throw wrongUsage("--rule, --digits and --min-frequency are for --kind bpe");
    }
    int reserved = kind == Kind.UNIGRAM ? UnigramFile.reserved(special) : 256 + special.size();
    if (size < reserved) {
      throw wrongUsage(
          "--vocab-size must be " + reserved + " or more: 256 bytes and the special tokens");
    }
    if (Files.exists(out.resolve("tokenizer.json"))) {
      throw wrongUsage(out + " holds a tokenizer already; give another folder, or remove it first");
    }
  }

  @Override
  protected void work(int threads) {
    int workers = threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
    int made;
    try (Ticker ticker = new Ticker(shell)) {
      made = kind == Kind.UNIGRAM ? unigram(workers, ticker) : bpe(workers, ticker);
    }
    if (made < size) {
      shell.note("the text holds no more to learn; the vocabulary is smaller than asked for");
    }
    shell.out().println(Text.number(made) + " tokens in " + out.resolve("tokenizer.json"));
  }

  private Map<String, Long> words(
      BiConsumer<String, Consumer<String>> splitter, int workers, Ticker ticker) {
    return WordCounts.of(
        files,
        new Documents.Options(Documents.Border.SECTION, field),
        splitter,
        workers,
        read -> ticker.show("counting words: " + Text.bytes(read) + " read"));
  }

  private int bpe(int workers, Ticker ticker) {
    WordRule cut = rule == null ? WordRule.LLAMA3 : rule;
    BpeTrainer.Learned learned =
        BpeTrainer.train(
            words((text, sink) -> cut.words(text, digits, sink), workers, ticker),
            size,
            least == null ? 2 : least,
            special,
            tokens -> ticker.show("merging: " + tokens + " of " + size + " tokens"));
    TokenizerFile.writeBpe(out, learned, special, cut, digits, false);
    return learned.pieces().size();
  }

  private int unigram(int workers, Ticker ticker) {
    int reserved = UnigramFile.reserved(special);
    List<UnigramTrainer.Piece> pieces =
        UnigramTrainer.train(
            words(UnigramFile::words, workers, ticker),
            size,
            reserved,
            workers,
            left -> ticker.show("pruning: " + left + " pieces are left"));
    UnigramFile.write(out, pieces, special);
    return reserved + pieces.size();
  }
}
