// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.model.DecoderSpec;
import java.util.Set;

/**
 * What training makes small: a number from hidden states and a batch's targets, and its gradients.
 * Losses may bring heads of their own.
 */
public interface Loss {
  /** Layers whose hidden states it reads, by number or {@link States#LAST}. */
  default Set<Integer> layers() {
    return Set.of(States.LAST);
  }

  /**
   * Whether it is about logits, for which an encoder's own head for masked tokens stands between
   * its last hidden state and the vocabulary.
   */
  default boolean logits() {
    return false;
  }

  /** Adds its heads to what learns; called once, before the first step. */
  default void declare(DecoderSpec spec, Parameters parameters) {}

  /**
   * Bytes of the machine's scratch memory that it takes.
   *
   * @param states before the first pass: the output, no hidden states
   * @param tokens of a batch
   */
  default long scratchBytes(States states, int tokens) {
    return 0;
  }

  /** What the batch's targets count together: the usual normaliser. */
  double total(Examples examples);

  /**
   * The loss; where {@link States#learning}, adds its gradients to those of hidden states and
   * weights.
   *
   * @param normaliser what the sum over the batch is divided by, here and in the gradients
   */
  double run(States states, double normaliser);
}
