// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.JishiException;
import io.jishi.model.adapter.Adapter;
import io.jishi.model.adapter.AdapterExport;
import io.jishi.model.adapter.AdapterFiles;
import io.jishi.model.export.BlockEncoder;
import io.jishi.model.export.Disk;
import io.jishi.model.export.FolderExport;
import io.jishi.model.export.GgufExport;
import io.jishi.model.export.ModelSource;
import io.jishi.tensor.DType;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Writes a model in another form; with an adapter it becomes part of the weights. */
@Command(
    name = "export",
    description = {
      "Writes a model as a GGUF file or as a folder of safetensors.",
      "With --adapter the adapter is added to the weights; with --adapter-only it is written alone."
    },
    footer = {
      "",
      "Examples:",
      "  jishi export -m runs/my --out my.gguf --type q8_0",
      "  jishi export -m base --adapter runs/tuned/model --out merged",
      "  jishi export -m base --adapter runs/tuned/model --adapter-only --out adapter.gguf"
    })
final class ExportCommand extends ModelCommand {
  @Option(
      names = {"-m", "--model"},
      order = MODEL_ORDER,
      required = true,
      paramLabel = "MODEL",
      description = "a folder with config.json and safetensors, or the folder of a training run")
  private Path model;

  @Option(
      names = {"-o", "--out"},
      required = true,
      paramLabel = "PATH",
      description = "what to write: a file that ends with .gguf, or a new folder")
  private Path out;

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      description = "type of the matrices: f32, f16, bf16, and for GGUF q8_0, q4_0 (default: f32)")
  private String type = "f32";

  @Option(
      names = "--adapter",
      paramLabel = "PATH",
      description = "a LoRA adapter to add to the weights")
  private Path adapter;

  @Option(names = "--adapter-only", description = "write the adapter, not the model")
  private boolean adapterOnly;

  @Option(
      names = "--name",
      paramLabel = "TEXT",
      description = "what a GGUF file calls the model (default: the name of its folder or run)")
  private String name;

  private DType stored;

  ExportCommand(Shell shell) {
    super(shell);
  }

  @Override
  protected void prepare() {
    stored = valid(() -> BlockEncoder.type(type));
    if (adapterOnly && adapter == null) {
      throw wrongUsage("--adapter-only needs --adapter");
    }
    if (name != null && (name.isBlank() || adapterOnly || !gguf())) {
      throw wrongUsage("--name TEXT is for models in GGUF files");
    }
    if (!gguf() && !stored.plain()) {
      throw wrongUsage("--type " + type + " is for GGUF: let --out end with .gguf");
    }
  }

  private boolean gguf() {
    return out.getFileName().toString().endsWith(".gguf");
  }

  @Override
  protected void work(int threads) {
    try (ModelSource source = ModelSource.open(folder(model))) {
      Adapter read = adapter == null ? null : AdapterFiles.read(folder(adapter));
      if (adapterOnly) {
        writeAdapter(source, read);
      } else {
        ModelSource changed = read == null ? source : AdapterExport.merged(read, source);
        if (gguf()) {
          changed = name == null ? changed : changed.named(name);
          GgufExport.write(changed, out, stored, Disk.LOCAL);
        } else {
          FolderExport.write(changed, out, stored, Disk.LOCAL);
        }
      }
    }
    shell.note(out + " is written");
  }

  private void writeAdapter(ModelSource base, Adapter read) {
    if (gguf()) {
      AdapterExport.gguf(read, base, out, Disk.LOCAL);
    } else {
      AdapterExport.folder(read, base, out, Disk.LOCAL);
    }
  }

  /** The model of a training run, where the folder of the run is given. */
  static Path folder(Path path) {
    if (!Files.exists(path)) {
      throw new JishiException.BadFile(path + ": there is no such file or folder");
    }
    Path made = path.resolve("model");
    return Files.isDirectory(made) && !Files.exists(path.resolve("config.json")) ? made : path;
  }
}
