// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.model.Model;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StatePool;
import java.nio.file.Path;

/** What a model says, for tests that write one and read it again. */
final class Logits {
  private Logits() {}

  /** The exact logits {@code [vocabulary]} behind tokens, of the model at a path. */
  static float[] of(Path path, int... tokens) {
    try (Model model = Model.open(path, Backend.cpu());
        Ops ops = Backend.cpu().ops(1);
        StatePool pool = new StatePool(model.decoder().stateSpec(DType.F32), 64);
        SequenceState state = pool.newState()) {
      Batch batch = new Batch();
      batch.add(state, tokens, 0, tokens.length, 1);
      return model.decoder().forward(ops, batch, Precision.EXACT).row(0);
    }
  }
}
