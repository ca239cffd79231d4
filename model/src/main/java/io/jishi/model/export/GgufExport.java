// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.model.WeightMix;
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
   * @param mix null to leave matrices as they are stored
   */
  public static void write(
      ModelSource model, Path file, WeightMix mix, Disk disk, Progress progress) {
    AtomicFiles.refuseExisting(file);
    AtomicFiles.create(file, disk, SpecExport.writer(model, mix).tell(progress));
  }
}
