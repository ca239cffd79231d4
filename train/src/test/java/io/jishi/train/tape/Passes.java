// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.model.Model;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.StatePool;
import io.jishi.tensor.Tensor;

/** The loss of a batch by the pass that serves models. */
public final class Passes {
  private static final int BLOCKS = 1024;

  private Passes() {}

  static double engineLoss(Model model, Examples examples) {
    try (Ops ops = Backend.cpu().ops(0)) {
      return engineLoss(model, examples, ops);
    }
  }

  /** By operations of the caller's. */
  public static double engineLoss(Model model, Examples examples, Ops ops) {
    try (StatePool pool = new StatePool(model.decoder().stateSpec(DType.F32), BLOCKS)) {
      Batch batch = new Batch();
      for (int s = 0; s < examples.spans(); s++) {
        int from = examples.bounds()[s];
        int count = examples.bounds()[s + 1] - from;
        batch.add(pool.newState(), examples.tokens(), from, count, count);
      }
      Tensor logits = model.decoder().forward(ops, batch, Precision.EXACT);
      double sum = 0;
      int count = 0;
      for (int t = 0; t < examples.tokens().length; t++) {
        int label = examples.targets("").labels()[t];
        if (label >= 0) {
          float[] row = logits.row(t);
          double z = 0;
          for (float v : row) {
            z += Math.exp(v);
          }
          sum += Math.log(z) - row[label];
          count++;
        }
      }
      return sum / count;
    }
  }
}
