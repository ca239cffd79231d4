// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.JishiException;
import io.jishi.model.WeightMix;
import io.jishi.model.export.AtomicFiles;
import io.jishi.model.export.BlockEncoder;
import io.jishi.model.export.Disk;
import io.jishi.model.export.FolderExport;
import io.jishi.model.export.GgufExport;
import io.jishi.model.export.GgufImport;
import io.jishi.model.export.GgufRequantise;
import io.jishi.model.export.ModelSource;
import io.jishi.model.export.Progress;
import io.jishi.model.gguf.GgufFile;
import io.jishi.tensor.DType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes a model in another format, or with its weights in other types. */
@Command(
    name = "convert",
    description = {
      "Writes a model in another format, or with its weights in other types.",
      "Tokenizer, chat template and metadata go with it; of a model that sees, tower and projector",
      "go to mmproj-OUT beside OUT. Nothing is overwritten, and what is not finished does not",
      "remain. Types are the names of GGUF: f32, f16, bf16, q8_0, q6_k, q5_k_m, q4_k_m, q3_k_m,",
      "q2_k, q5_0, q5_1, q4_0, q4_1, iq4_nl, iq4_xs, mxfp4, tq1_0, tq2_0; q4_k and the like take",
      "one type for all. Safetensors hold f32, f16, bf16."
    },
    footer = {
      "",
      "Examples:",
      "  jishi convert qwen3-0.6b qwen3-0.6b-q4.gguf --type q4_k_m",
      "  jishi convert model-f16.gguf model-q8.gguf --type q8_0",
      "  jishi convert model.gguf model-folder --type bf16"
    })
final class ConvertCommand extends ModelCommand {
  private static final int BAR = 24;

  @Parameters(
      index = "0",
      paramLabel = "IN",
      description = "a GGUF file, or a folder with config.json and safetensors")
  private Path in;

  @Parameters(
      index = "1",
      paramLabel = "OUT",
      description = "what to write: a file that ends with .gguf, or a new folder of safetensors")
  private Path out;

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      description = "type of the matrices (default: as they are stored)")
  private String type;

  private WeightMix mix;

  ConvertCommand(Shell shell) {
    super(shell);
  }

  @Override
  protected void prepare() {
    if (type != null) {
      mix = valid(() -> WeightMix.of(type));
      if (!BlockEncoder.TYPES.contains(mix.base())) {
        throw wrongUsage("--type " + type + " can be read, but not written");
      }
      if (!gguf(out) && !mix.base().plain()) {
        throw wrongUsage("--type " + type + " is for GGUF: let OUT end with .gguf");
      }
    } else if (gguf(in) && gguf(out)) {
      throw wrongUsage("from GGUF to GGUF give --type: without it nothing would change");
    }
  }

  private static boolean gguf(Path path) {
    return path.getFileName() != null && path.getFileName().toString().endsWith(".gguf");
  }

  @Override
  protected void work(int threads) {
    if (!Files.exists(in)) {
      throw new JishiException.BadFile(in + ": there is no such file or folder");
    }
    AtomicFiles.refuseExisting(out);
    // Rows are encoded by the pool that the writing runs in.
    try (ForkJoinPool pool = new ForkJoinPool(processors(threads))) {
      pool.submit(this::convert).get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException known -> throw known;
        case Error fatal -> throw fatal;
        default -> throw new IllegalStateException(e.getCause());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new JishiException.Cancelled("the conversion was interrupted");
    }
    shell.note(out + " is written" + (gguf(out) ? ": " + types() : ""));
    if (Files.isDirectory(in) && gguf(out) && Files.exists(GgufExport.projector(out))) {
      shell.note(GgufExport.projector(out) + " is written: with it the model sees images");
    }
  }

  /** What is stored as what: rows that fill no blocks of the asked type have another. */
  private String types() {
    try (GgufFile file = GgufFile.open(out)) {
      Map<DType, Integer> counts = new TreeMap<>();
      file.tensors().values().forEach(tensor -> counts.merge(tensor.type(), 1, Integer::sum));
      return counts.entrySet().stream()
          .map(entry -> entry.getValue() + " tensors of " + entry.getKey())
          .collect(Collectors.joining(", "));
    }
  }

  private static int processors(int asked) {
    int all = Runtime.getRuntime().availableProcessors();
    return asked <= 0 ? all : Math.min(asked, all);
  }

  private void convert() {
    try (Ticker ticker = new Ticker(shell)) {
      Progress progress = (tensor, done, total) -> ticker.show(bar(tensor, done, total));
      if (Files.isDirectory(in)) {
        fromFolder(progress);
      } else if (gguf(out)) {
        if (GgufRequantise.write(in, out, mix, Disk.LOCAL, progress)) {
          shell.note(
              "weights that were rounded already were rounded again: F16, BF16 or F32 files give"
                  + " better ones");
        }
      } else {
        GgufImport.write(in, out, mix == null ? DType.F32 : mix.base(), Disk.LOCAL, progress);
      }
    }
  }

  private void fromFolder(Progress progress) {
    try (ModelSource source = ModelSource.open(in)) {
      if (gguf(out)) {
        GgufExport.write(source, out, mix, Disk.LOCAL, progress);
      } else if (mix == null) {
        throw new JishiException.BadRequest(
            "type", "from a folder to a folder give --type: without it nothing would change");
      } else {
        FolderExport.write(source, out, mix.base(), Disk.LOCAL, progress);
      }
    }
  }

  private static String bar(String tensor, long done, long total) {
    int filled = total == 0 ? BAR : (int) (BAR * done / total);
    return String.format(
        Locale.ROOT,
        "[%s%s] %3d %%  %s",
        "#".repeat(filled),
        ".".repeat(BAR - filled),
        total == 0 ? 100 : 100 * done / total,
        Shell.oneLine(tensor));
  }
}
