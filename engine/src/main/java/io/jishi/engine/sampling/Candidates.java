// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.sampling;

import io.jishi.base.JishiException;
import java.util.Arrays;

/**
 * The tokens that may still be drawn, in the order of their ids, with their logits. The arrays have
 * the size of the vocabulary and are used again and again: one of these serves all sequences of a
 * thread.
 */
public final class Candidates {
  /** Buckets of a histogram over the distance from the largest logit, for {@link #keepMass}. */
  private static final int BUCKETS = 4096;

  /** Buckets for each unit of distance; beyond 64 a token has no probability to speak of. */
  private static final float PER_UNIT = BUCKETS / 64f;

  int count;
  int[] ids = new int[0];
  float[] logits = new float[0];

  /** In proportion to the probabilities, the largest 1; valid after {@link #weigh}. */
  float[] weights = new float[0];

  private long[] ranked = new long[0];

  /** All 0 between uses. */
  private int[] notes = new int[0];

  private int dropped = -1;
  private float droppedLogit;
  private final double[] mass = new double[BUCKETS];

  /** Takes all tokens that are allowed and have a logit. */
  void take(float[] all, long[] allowed) {
    if (ids.length < all.length) {
      ids = new int[all.length];
      logits = new float[all.length];
      weights = new float[all.length];
      ranked = new long[all.length];
      notes = new int[all.length];
    }
    count = 0;
    if (allowed == null) {
      for (int v = 0; v < all.length; v++) {
        add(v, all[v]);
      }
    } else {
      for (int w = 0; w < allowed.length; w++) {
        for (long left = allowed[w]; left != 0; left &= left - 1) {
          int v = w * 64 + Long.numberOfTrailingZeros(left);
          if (v < all.length) {
            add(v, all[v]);
          }
        }
      }
    }
    if (count == 0 || max() == Float.POSITIVE_INFINITY) {
      throw new JishiException.BadFile(
          "the model's logits are not finite, or all are banned: its weights are damaged or of a"
              + " wrong type, or logit_bias bans everything");
    }
  }

  private void add(int id, float logit) {
    ids[count] = id;
    logits[count] = logit;
    count += logit > Float.NEGATIVE_INFINITY ? 1 : 0; // false for what is not a number
  }

  /** The place of a token, or -1. */
  int find(int token) {
    int at = Arrays.binarySearch(ids, 0, count, token);
    return at < 0 ? -1 : at;
  }

  /** Bans a token, once {@link #forgetDropped} is called. */
  void drop(int token) {
    int at = find(token);
    if (at >= 0 && logits[at] > Float.NEGATIVE_INFINITY) {
      dropped = at;
      droppedLogit = logits[at];
      logits[at] = Float.NEGATIVE_INFINITY;
    }
  }

  /** Takes banned tokens out; where all are banned, the last one stays, for one has to come. */
  void forgetDropped() {
    if (dropped >= 0) {
      if (max() == Float.NEGATIVE_INFINITY) {
        logits[dropped] = droppedLogit;
      }
      keepAbove(-Float.MAX_VALUE);
      dropped = -1;
    }
  }

  /** Remembers the largest number for a token, until {@link #noted} asks for it. */
  void note(int token, int number) {
    int at = find(token);
    if (at >= 0) {
      notes[at] = Math.max(notes[at], number);
    }
  }

  /** What was noted for a token, 0 for nothing; it is forgotten. */
  int noted(int token) {
    int at = find(token);
    int number = at < 0 ? 0 : notes[at];
    if (at >= 0) {
      notes[at] = 0;
    }
    return number;
  }

  /** The place of the largest logit, the first of equals. */
  int best() {
    int best = 0;
    for (int i = 1; i < count; i++) {
      if (logits[i] > logits[best]) {
        best = i;
      }
    }
    return best;
  }

  float max() {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      max = Math.max(max, logits[i]);
    }
    return max;
  }

  /** Computes the weights; gives their sum. */
  double weigh() {
    Exponential.shifted(logits, count, max(), weights);
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = 0;
    for (; i + 3 < count; i += 4) { // four sums: the additions do not wait for each other
      a += weights[i];
      b += weights[i + 1];
      c += weights[i + 2];
      d += weights[i + 3];
    }
    for (; i < count; i++) {
      a += weights[i];
    }
    return a + b + (c + d);
  }

  /** Keeps logits of at least this. */
  void keepAbove(float least) {
    int n = 0;
    for (int i = 0; i < count; i++) {
      ids[n] = ids[i];
      logits[n] = logits[i];
      n += logits[i] >= least ? 1 : 0;
    }
    count = n;
  }

  /** Keeps the {@code k} largest; of equals at the border all stay, as in Transformers. */
  void keepTop(int k) {
    if (k >= count) {
      return;
    }
    // A heap of the k largest so far: after a few thousand tokens hardly one gets in.
    for (int i = 0; i < k; i++) {
      ranked[i] = key(i);
    }
    for (int i = k / 2 - 1; i >= 0; i--) {
      sink(i, k);
    }
    float border = logit(ranked[0]);
    for (int i = k; i < count; i++) {
      if (logits[i] > border) {
        ranked[0] = key(i);
        sink(0, k);
        border = logit(ranked[0]);
      }
    }
    keepAbove(border);
  }

  /** Larger logits have larger keys, and of equals the lower place. */
  private long key(int i) {
    int bits = Float.floatToRawIntBits(logits[i] + 0f); // -0 becomes 0
    int ordered = bits ^ bits >> 31 & Integer.MAX_VALUE;
    return (long) ordered << 32 | 0xFFFFFFFFL - i;
  }

  private static float logit(long key) {
    int ordered = (int) (key >> 32);
    return Float.intBitsToFloat(ordered ^ ordered >> 31 & Integer.MAX_VALUE);
  }

  private void sink(int from, int size) {
    long key = ranked[from];
    int at = from;
    for (int child = 2 * at + 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && ranked[child + 1] < ranked[child]) {
        child++;
      }
      if (ranked[child] >= key) {
        break;
      }
      ranked[at] = ranked[child];
      at = child;
    }
    ranked[at] = key;
  }

  private void keepFrom(long least) {
    float border = logit(least);
    int last = (int) (0xFFFFFFFFL - (least & 0xFFFFFFFFL));
    int n = 0;
    for (int i = 0; i < count; i++) {
      boolean keep = logits[i] > border || (logits[i] == border && i <= last);
      ids[n] = ids[i];
      logits[n] = logits[i];
      n += keep ? 1 : 0;
    }
    count = n;
  }

  /**
   * Keeps the fewest of the largest that reach a share of the probability. Sorts only the bucket of
   * the histogram in which the border lies.
   */
  void keepMass(double share) {
    double total = weigh();
    float max = max();
    Arrays.fill(mass, 0);
    for (int i = 0; i < count; i++) {
      mass[bucket(i, max)] += weights[i];
    }
    double wanted = share * total;
    double sum = 0;
    int border = 0;
    while (border < BUCKETS - 1 && sum + mass[border] < wanted) {
      sum += mass[border++];
    }
    int n = 0;
    for (int i = 0; i < count; i++) {
      if (bucket(i, max) == border) {
        ranked[n++] = key(i);
      }
    }
    if (n == 0) {
      return; // rounding: the border lies behind the last
    }
    Arrays.sort(ranked, 0, n);
    int at = n - 1;
    while (at > 0 && sum + weight(ranked[at]) < wanted) {
      sum += weight(ranked[at--]);
    }
    keepFrom(ranked[at]);
  }

  private int bucket(int i, float max) {
    return (int) Math.min((max - logits[i]) * PER_UNIT, BUCKETS - 1);
  }

  private float weight(long key) {
    return weights[(int) (0xFFFFFFFFL - (key & 0xFFFFFFFFL))];
  }

  /** The mean surprise, nats. */
  double entropy(double total) {
    double sum = 0;
    float max = max();
    for (int i = 0; i < count; i++) {
      sum += weights[i] * (double) (max - logits[i]);
    }
    return sum / total + Math.log(total);
  }

  /** Keeps those whose surprise is nearest to the expected, until they reach a share. */
  void keepTypical(double share) {
    double total = weigh();
    double entropy = entropy(total);
    float max = max();
    double offset = Math.log(total) + max - entropy;
    for (int i = 0; i < count; i++) {
      float far = (float) Math.abs(offset - logits[i]);
      ranked[i] = (long) Float.floatToRawIntBits(far) << 32 | i;
    }
    Arrays.sort(ranked, 0, count);
    double sum = 0;
    int kept = 0;
    while (kept < count && (kept == 0 || sum < share * total)) {
      sum += weights[(int) ranked[kept++]];
    }
    while (kept < count && ranked[kept] >> 32 == ranked[kept - 1] >> 32) {
      kept++; // equals at the border all stay
    }
    for (int i = kept; i < count; i++) {
      logits[(int) ranked[i]] = Float.NEGATIVE_INFINITY;
    }
    keepAbove(-Float.MAX_VALUE);
  }

  /** Draws in proportion to the weights; {@code at} is from 0 to below 1. */
  int draw(double at) {
    double left = at * weigh();
    for (int i = 0; i < count; i++) {
      left -= weights[i];
      if (left < 0) {
        return i;
      }
    }
    return best(); // rounding
  }
}
