// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.train.data.Batch;
import io.jishi.train.tape.Examples;
import io.jishi.train.tape.Loss;
import io.jishi.train.tape.Trainer;
import java.util.Map;

/** What a run makes of its batches: how they are counted, what their loss is, how it is judged. */
interface Objective {
  /** Of the trainer. */
  Loss loss();

  /** What a whole step's loss is divided by: learned tokens, pairs or texts. */
  double count(Batch batch, long step);

  /**
   * A batch, or a part of one, with what the loss wants.
   *
   * @param step whose batch it is: what is drawn anew each time depends on it
   */
  Examples examples(Batch batch, long step);

  /** What a head of its own means, for the file beside it; empty without one. */
  default Map<String, Object> head() {
    return Map.of();
  }

  /** The loss on what is held out; always of the same. */
  Learner.Evaluation evaluate(Trainer trainer);
}
