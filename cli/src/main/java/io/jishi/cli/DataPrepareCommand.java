// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.text.HuggingFaceTokenizer;
import io.jishi.text.template.ChatTemplate;
import io.jishi.train.data.Contamination;
import io.jishi.train.data.DocumentFilter;
import io.jishi.train.data.Documents;
import io.jishi.train.data.Preparation;
import io.jishi.train.data.TemplateFile;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Tokenises files once, for training. */
@Command(
    name = "prepare",
    description = {
      "Tokenises text, JSONL or Parquet once, into OUT/train and OUT/heldout.",
      "Conversations ('messages') are written with the chat template; only answers are learned."
    },
    footer = {
      "",
      "Examples:",
      "  jishi data prepare book.txt --tokenizer my-tokenizer --out my-data",
      "  jishi data prepare web.parquet --tokenizer my-tokenizer --duplicates near --out web-data",
      "  jishi data prepare chats.jsonl --tokenizer my-model --out chat-data"
    })
final class DataPrepareCommand extends ModelCommand {
  /** Hits that are listed; the count says how many there are. */
  private static final int SHOWN_HITS = 20;

  @Parameters(
      arity = "1..*",
      paramLabel = "FILE",
      description = "files, or folders of .txt, .md, .jsonl and .parquet (.gz too)")
  private List<Path> files;

  @Option(
      names = "--tokenizer",
      required = true,
      paramLabel = "FOLDER",
      description = "holds tokenizer.json: of 'jishi tokenizer train', or a model")
  private Path tokenizer;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FOLDER",
      description = "a new folder for the data")
  private Path out;

  @Option(
      names = "--template",
      paramLabel = "FILE",
      description = "chat template in Jinja (default: the one beside the tokenizer)")
  private Path template;

  @Option(
      names = "--documents",
      defaultValue = "SECTION",
      paramLabel = "HOW",
      description =
          "how text files are cut: section (some 8 KiB), file, paragraph or line (default:"
              + " section)")
  private Documents.Border border;

  @Option(
      names = "--field",
      defaultValue = "text",
      paramLabel = "NAME",
      description = "the field or column of the text in JSONL and Parquet (default: text)")
  private String field;

  @Option(
      names = "--held-out",
      defaultValue = "0.05",
      paramLabel = "SHARE",
      description = "share of the documents that is kept for evaluation (default: 0.05)")
  private double heldOut;

  @Option(
      names = "--duplicates",
      defaultValue = "EXACT",
      paramLabel = "WHICH",
      description = "leave out documents seen before: keep (none), exact, near (default: exact)")
  private DocumentFilter.Duplicates duplicates;

  @Option(
      names = "--overlap",
      defaultValue = "0.8",
      paramLabel = "X",
      description = "share of word runs from which documents are near (default: 0.8)")
  private double overlap;

  @Option(
      names = "--evaluation",
      split = ",",
      paramLabel = "FILES",
      description =
          "evaluation sets; documents that hold 13 words in a row of an item are left out")
  private List<Path> evaluation = List.of();

  @Option(names = "--keep-evaluation", description = "only report such documents")
  private boolean keepEvaluation;

  private Documents.Options reading;

  DataPrepareCommand(Shell shell) {
    super(shell);
  }

  @Override
  protected void prepare() {
    reading = new Documents.Options(border, field);
    valid(() -> new Preparation.Options(reading, heldOut, DocumentFilter.none(), 1));
    valid(() -> new DocumentFilter(duplicates, overlap, null, false));
  }

  @Override
  protected void work(int threads) {
    int workers = threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
    ChatTemplate chat =
        template == null ? TemplateFile.find(tokenizer) : TemplateFile.read(template);
    Contamination sets =
        evaluation.isEmpty() ? null : new Contamination(evaluation, reading, Contamination.RUN);
    DocumentFilter filter = new DocumentFilter(duplicates, overlap, sets, !keepEvaluation);
    Preparation preparation =
        new Preparation(
            HuggingFaceTokenizer.read(tokenizer),
            chat,
            new Preparation.Options(reading, heldOut, filter, workers));
    Preparation.Result result;
    try (Ticker ticker = new Ticker(shell)) {
      result = preparation.run(files, out, n -> ticker.show(Text.bytes(n) + " of text tokenised"));
    }
    report(result, sets);
  }

  private void report(Preparation.Result result, Contamination sets) {
    if (sets != null) {
      List<Contamination.Hit> hits = sets.hits();
      for (Contamination.Hit hit : hits.subList(0, Math.min(SHOWN_HITS, hits.size()))) {
        shell.note(
            "evaluation text in the training data: %s (%d of %d runs of words), in %s"
                .formatted(hit.item(), hit.found(), hit.runs(), hit.document()));
      }
      shell.note(hits.size() + " items of the evaluation sets stand in the files");
      if (sets.tooShort() > 0) {
        shell.note(sets.tooShort() + " items are too short to be looked for");
      }
    }
    if (heldOut > 0 && result.heldOutTokens() == 0) {
      shell.note("nothing was held out: there are too few documents; see --documents, --held-out");
    }
    shell
        .out()
        .print(
            """
            documents  %s (left out: %s repeated, %s nearly so, %s without an answer)
            training   %s tokens
            held out   %s tokens
            """
                .formatted(
                    Text.number(result.documents()),
                    Text.number(result.duplicates()),
                    Text.number(result.nearDuplicates()),
                    Text.number(result.silent()),
                    Text.number(result.tokens()),
                    Text.number(result.heldOutTokens())));
  }
}
