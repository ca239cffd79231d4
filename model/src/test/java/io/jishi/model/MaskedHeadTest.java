// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.model.export.Disk;
import io.jishi.model.export.GgufExport;
import io.jishi.model.export.ModelSource;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.testkit.Shared;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Encoders as they are published: with the head that said masked words. */
class MaskedHeadTest {
  @TempDir Path temp;

  @Test
  void anEncoderWithItsHeadForMasksLoadsAndIsWrittenWithoutIt() {
    Path published = Shared.require("goldens/bert_mlm");
    Path gguf = temp.resolve("bert.gguf");
    try (ModelSource source = ModelSource.open(published)) {
      GgufExport.write(source, gguf, DType.F32, Disk.LOCAL);
    }
    assertThat(hidden(published)).hasSize(48).isEqualTo(hidden(gguf));
  }

  private static float[] hidden(Path path) {
    try (Model model = Model.open(path, Backend.cpu());
        Ops ops = Backend.cpu().ops(1)) {
      int[] tokens = {63, 111, 54};
      Batch batch = new Batch();
      batch.addSpan(tokens, 0, tokens.length, 1);
      return model.decoder().hidden(ops, batch, Precision.EXACT, LayerObserver.NONE).row(0);
    }
  }
}
