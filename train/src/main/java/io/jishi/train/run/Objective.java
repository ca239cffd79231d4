// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.train.data.Batch;
import io.jishi.train.tape.Examples;
import io.jishi.train.tape.Loss;
import io.jishi.train.tape.Trainer;

/** What a run makes of its batches: how they are counted, what their loss is, how it is judged. */
interface Objective {
  /** Of the trainer. */
  Loss loss();

  /** What a whole step's loss is divided by: learned tokens, or pairs. */
  double count(Batch batch);

  /** A batch, or a part of one, with what the loss wants. */
  Examples examples(Batch batch);

  /** The loss on what is held out; always of the same. */
  Learner.Evaluation evaluate(Trainer trainer);
}
