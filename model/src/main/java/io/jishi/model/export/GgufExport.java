// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.model.ModelConfig;
import io.jishi.model.VisionSpec;
import io.jishi.model.WeightMix;
import io.jishi.model.family.Family;
import io.jishi.tensor.DType;
import java.nio.file.Path;

/** Writes GGUF files of models in folders of the published layout. */
public final class GgufExport {
  private GgufExport() {}

  /**
   * Writes a new file.
   *
   * @param type for matrices, one of {@link BlockEncoder#TYPES}; see {@link WeightMix#fitting}
   * @throws JishiException.BadFile where the file exists
   * @throws JishiException.Unsupported where the family, its rotary scaling or the tokenizer cannot
   *     be written
   */
  public static void write(ModelSource model, Path file, DType type, Disk disk) {
    write(model, file, WeightMix.of(type.name()), disk, Progress.NONE);
  }

  /**
   * Writes a new file of a mixture of types; see {@link #write(ModelSource, Path, DType, Disk)}.
   *
   * <p>Of a model that sees the file holds the language model, and {@link #projector} the rest.
   *
   * @param mix null to leave matrices as they are stored
   */
  public static void write(
      ModelSource model, Path file, WeightMix mix, Disk disk, Progress progress) {
    AtomicFiles.refuseExisting(file);
    VisionSpec seeing = Family.vision(ModelConfig.of(model.config()));
    if (seeing == null) {
      AtomicFiles.create(file, disk, SpecExport.writer(model, mix).tell(progress));
      return;
    }
    Path beside = projector(file);
    AtomicFiles.refuseExisting(beside);
    GgufWriter text =
        SpecExport.writer(model.part(seeing.textConfig(), seeing::textName), mix).tell(progress);
    GgufWriter tower = ClipExport.writer(model, seeing, mix).tell(progress);
    AtomicFiles.create(beside, disk, tower); // first: a model that is there is there whole
    AtomicFiles.create(file, disk, text);
  }

  /**
   * Where the tower and projector of a model that sees are written, which GGUF keeps in a file of
   * their own: a loader finds it there.
   */
  public static Path projector(Path file) {
    return file.resolveSibling("mmproj-" + file.getFileName());
  }
}
