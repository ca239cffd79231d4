// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.train.data.Batch;
import io.jishi.train.data.TokenShards;
import io.jishi.train.loss.TokenLoss;
import io.jishi.train.tape.Examples;
import io.jishi.train.tape.Loss;
import io.jishi.train.tape.Trainer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Says the next token: of a text, or of the assistant's words.
 *
 * @param heldOut to evaluate on
 * @param length tokens of a row
 * @param rows computed at a time
 * @param most tokens to read in an evaluation
 */
record TokenObjective(List<TokenShards> heldOut, int length, int rows, long most)
    implements Objective {
  @Override
  public Loss loss() {
    return TokenLoss.plain();
  }

  @Override
  public double count(Batch batch, long step) {
    return batch.learned();
  }

  @Override
  public Examples examples(Batch batch, long step) {
    return Examples.of(batch.tokens(), batch.bounds(), batch.labels());
  }

  @Override
  public Learner.Evaluation evaluate(Trainer trainer) {
    double nats = 0;
    long tokens = 0;
    double bytes = 0;
    for (TokenShards shards : heldOut) {
      HeldOutRows held = new HeldOutRows(shards, length, rows, most / heldOut.size());
      long own = 0;
      for (Batch batch = held.next(); batch != null; batch = held.next()) {
        int learned = batch.learned();
        if (learned > 0) {
          nats += trainer.evaluate(examples(batch, 0)) * learned;
          own += learned;
        }
      }
      tokens += own;
      bytes += shards.masked() ? Double.NaN : (double) shards.bytes() / shards.tokens() * own;
    }
    return new Learner.Evaluation(nats, tokens, Double.isNaN(bytes) ? 0 : Math.round(bytes));
  }

  /** Rows of held-out tokens one after another, each its own text: always the same. */
  static final class HeldOutRows {
    private final TokenShards shards;
    private final int length;
    private final int rows;
    private final long most;
    private long seen;
    private long at;

    /** Rows of {@code length} tokens, until there have been {@code most} tokens. */
    HeldOutRows(TokenShards shards, int length, int rows, long most) {
      this.shards = shards;
      this.length = length;
      this.rows = rows;
      this.most = most;
    }

    /** The next rows, filled up behind their last text; null at the end. */
    Batch next() {
      if (at + 1 >= shards.tokens() || seen >= most) {
        return null;
      }
      seen += (long) rows * length;
      int[] tokens = new int[rows * length];
      int[] labels = new int[rows * length];
      Arrays.fill(labels, Batch.IGNORE);
      IntStream.Builder bounds = IntStream.builder();
      for (int row = 0; row < rows; row++) {
        row(row * length, tokens, labels, bounds);
      }
      int[] all = bounds.add(rows * length).build().toArray();
      return new Batch(rows, length, tokens, labels, all);
    }

    /** A corpus is one long strip; conversations stand whole, each seeing itself alone. */
    private void row(int to, int[] tokens, int[] labels, IntStream.Builder bounds) {
      int used = 0;
      while (used < length && at + 1 < shards.tokens()) {
        long end = shards.masked() ? shards.end(shards.documentAt(at)) : shards.tokens();
        long inputs = end - at - 1; // the last token is predicted and predicts nothing
        if (used > 0 && inputs > length - used) {
          break;
        }
        int count = (int) Math.min(length - used, inputs);
        if (count > 0) {
          bounds.add(to + used);
          copy(count, to + used, tokens, labels);
        }
        used += count;
        at = at + count + 1 >= end ? end : at + count;
      }
      if (used < length) {
        bounds.add(to + used);
      }
    }

    private void copy(int count, int to, int[] tokens, int[] labels) {
      int[] read = new int[count + 1];
      shards.read(at, count + 1, read, 0);
      System.arraycopy(read, 0, tokens, to, count);
      for (int i = 0; i < count; i++) {
        if (shards.learned(at + i + 1)) {
          labels[to + i] = read[i + 1];
        }
      }
    }
  }
}
