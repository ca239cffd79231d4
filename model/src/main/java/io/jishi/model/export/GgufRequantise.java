// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.model.Checkpoint;
import io.jishi.model.GgufLayout;
import io.jishi.model.StoredTensor;
import io.jishi.model.WeightMix;
import io.jishi.model.gguf.GgufFile;
import io.jishi.tensor.DType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Writes the model of a GGUF file with its weights in other types. All else is copied to the byte:
 * metadata, tokenizer, template. Any family passes, known to Jishi or not.
 */
public final class GgufRequantise {
  /** About the file, not the model; and where the parts of a split one lie, which becomes one. */
  private static final Set<String> DROPPED =
      Set.of(
          "general.alignment",
          "general.file_type",
          "general.quantization_version",
          "split.no",
          "split.count",
          "split.tensors.count");

  private static final int QUANTIZATION_VERSION = 2; // of ggml's formats since 2023

  private GgufRequantise() {}

  /**
   * Writes a new file.
   *
   * @return whether some of the weights that were rounded had been rounded before
   * @throws JishiException.BadFile where the file is damaged, or the new one exists
   * @throws JishiException.BadRequest where the types cannot be written
   */
  public static boolean write(Path from, Path to, WeightMix mix, Disk disk, Progress progress) {
    AtomicFiles.refuseExisting(to);
    try (GgufFile file = GgufFile.open(from)) {
      String family = file.metadata().string("general.architecture");
      int layers = file.metadata().intValue(family + ".block_count", 1);
      if (layers < 1 || layers > file.tensors().size()) {
        throw new JishiException.BadFile(
            from + ": has " + file.tensors().size() + " tensors for " + layers + " layers");
      }
      boolean tied = !file.tensors().containsKey("output.weight");
      TypePlan plan =
          new TypePlan(mix, Checkpoint.gguf(GgufLayout.of(family).names()), layers, tied);
      List<OutputTensor> tensors = new ArrayList<>();
      boolean again = false;
      for (StoredTensor tensor : file.tensors().values()) {
        if (!tensor.type().runnable()) {
          tensors.add(copied(from, tensor));
          continue;
        }
        DType type = plan.type(tensor.name(), tensor.shape(), tensor.type());
        again |= !tensor.type().plain() && type != tensor.type();
        tensors.add(OutputTensor.of(tensor).as(type));
      }
      GgufWriter out = new GgufWriter(tensors).tell(progress);
      for (String key : file.metadata().keys()) {
        if (!DROPPED.contains(key)) {
          out.putStored(key, file.metadata().stored(key));
        }
      }
      out.put("general.file_type", mix.fileType());
      if (!mix.base().plain()) {
        out.put("general.quantization_version", QUANTIZATION_VERSION);
      }
      AtomicFiles.create(to, disk, out);
      return again;
    }
  }

  /** Whole numbers and the like. */
  private static OutputTensor copied(Path from, StoredTensor tensor) {
    return new OutputTensor(
        tensor.name(),
        tensor.type(),
        tensor.shape(),
        (_, _) -> {
          throw new JishiException.Unsupported(
              from + ": tensor '" + tensor.name() + "' of " + tensor.type() + " has no floats");
        },
        tensor.source());
  }
}
