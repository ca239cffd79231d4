// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.model.Decoder;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StatePool;
import io.jishi.text.Tokenizer;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Writes a text with the weights as they stand in the middle of a run. */
final class TextSampler {
  private static final double TEMPERATURE = 0.8;

  private TextSampler() {}

  /** The prompt and what follows it; empty where there is nothing to begin with. */
  static String continued(
      Decoder decoder, Ops ops, Tokenizer tokenizer, String prompt, int tokens, long seed) {
    int[] text = tokenizer.frame(tokenizer.encode(prompt, Tokenizer.Special.TEXT));
    if (text.length == 0) {
      text = new int[] {tokenizer.eos().orElse(0)}; // what stands before a document
    }
    int context = decoder.spec().context();
    SplittableRandom random = new SplittableRandom(seed);
    int length = text.length;
    int most = Math.min(context, length + tokens);
    int[] all = Arrays.copyOf(text, Math.max(length, most));
    try (StatePool pool = new StatePool(decoder.stateSpec(DType.F32), context);
        SequenceState state = pool.newState()) {
      Batch batch = new Batch();
      int fed = 0;
      while (length < most) {
        batch.clear();
        batch.add(state, all, fed, length - fed, 1);
        fed = length;
        int next = draw(decoder.forward(ops, batch, Precision.EXACT).row(0), random);
        if (tokenizer.eos().stream().anyMatch(end -> end == next)) {
          break;
        }
        all[length++] = next;
      }
    }
    int from = text.length == 1 && prompt.isEmpty() ? 1 : 0;
    return tokenizer.decode(Arrays.copyOfRange(all, from, length));
  }

  private static int draw(float[] logits, SplittableRandom random) {
    float most = Float.NEGATIVE_INFINITY;
    for (float logit : logits) {
      most = Math.max(most, logit);
    }
    double total = 0;
    double[] shares = new double[logits.length];
    for (int i = 0; i < logits.length; i++) {
      shares[i] = Math.exp((logits[i] - most) / TEMPERATURE);
      total += shares[i];
    }
    double at = random.nextDouble() * total;
    for (int i = 0; i < logits.length; i++) {
      at -= shares[i];
      if (at < 0) {
        return i;
      }
    }
    return logits.length - 1;
  }
}
