// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.base.JishiException;
import io.jishi.model.StoredTensor;
import io.jishi.model.export.AtomicFiles;
import io.jishi.model.export.Disk;
import io.jishi.model.export.OutputTensor;
import io.jishi.model.export.SafetensorsWriter;
import io.jishi.model.safetensors.SafetensorsFile;
import io.jishi.train.data.Batch;
import io.jishi.train.data.PairRows;
import io.jishi.train.loss.PreferenceLoss;
import io.jishi.train.loss.PreferenceScores;
import io.jishi.train.tape.Examples;
import io.jishi.train.tape.Loss;
import io.jishi.train.tape.Targets;
import io.jishi.train.tape.Trainer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Prefers the better of two answers (DPO, Rafailov et al. 2023). The reference is the model that
 * training begins with; what it says of each answer is computed once, before the first step, and
 * kept in the folder of the run.
 */
final class PreferenceObjective implements Objective {
  private static final String NAME = "";

  private final PreferenceScores scores;
  private final Map<String, PairRows> sides = new LinkedHashMap<>();
  private final List<PairRows> heldOut;
  private final int pairs;
  private final long most;
  private final Map<Long, Float> reference = new HashMap<>();

  /**
   * Preferences among pairs.
   *
   * @param train to learn from
   * @param heldOut to evaluate on
   * @param pairs computed at a time
   * @param most pairs to read in an evaluation
   */
  PreferenceObjective(
      double beta, List<PairRows> train, List<PairRows> heldOut, int pairs, long most) {
    this.scores = new PreferenceScores(new PreferenceLoss(NAME, beta));
    this.heldOut = heldOut;
    this.pairs = pairs;
    this.most = most;
    for (int i = 0; i < train.size(); i++) {
      sides.put("train." + i, train.get(i));
    }
    for (int i = 0; i < heldOut.size(); i++) {
      sides.put("heldout." + i, heldOut.get(i));
    }
  }

  @Override
  public Loss loss() {
    return scores;
  }

  @Override
  public double count(Batch batch, long step) {
    return batch.rows() / 2.0;
  }

  @Override
  public Examples examples(Batch batch, long step) {
    float[] values = new float[batch.tokens().length];
    for (int row = 0; row < batch.rows(); row++) {
      values[(row + 1) * batch.length() - 1] = reference(batch, row);
    }
    return examples(batch, values);
  }

  private static Examples examples(Batch batch, float[] values) {
    Targets targets = new Targets(batch.labels(), null, values);
    return new Examples(batch.tokens(), batch.bounds(), Map.of(NAME, targets));
  }

  private float reference(Batch batch, int row) {
    Float score = reference.get(key(batch, row));
    if (score == null) {
      throw new IllegalStateException("an answer without a reference");
    }
    return score;
  }

  /** A row's score depends on its tokens and labels alone, and so does its key. */
  private static long key(Batch batch, int row) {
    long hash = 0xcbf29ce484222325L;
    for (int i = row * batch.length(); i < (row + 1) * batch.length(); i++) {
      hash = mixed(mixed(hash, batch.tokens()[i]), batch.labels()[i]);
    }
    return hash;
  }

  private static long mixed(long hash, int value) {
    long mixed = (hash ^ value) * 0x9e3779b97f4a7c15L;
    return mixed ^ mixed >>> 29;
  }

  /** Computes what the model says now, before it learns, into a new file. */
  void score(Trainer trainer, Path file) {
    try (Arena arena = Arena.ofConfined()) {
      List<OutputTensor> tensors = new ArrayList<>();
      for (Map.Entry<String, PairRows> side : sides.entrySet()) {
        long count = 2L * side.getValue().count();
        MemorySegment found = arena.allocate(4 * count, 64);
        each(
            trainer,
            side.getValue(),
            Long.MAX_VALUE,
            (first, n, _, logs) -> {
              for (int i = 0; i < 2 * n; i++) {
                found.setAtIndex(ValueLayout.JAVA_FLOAT, 2L * first + i, (float) logs[i]);
              }
            });
        tensors.add(OutputTensor.of(side.getKey(), List.of(count), found));
      }
      AtomicFiles.create(file, Disk.LOCAL, new SafetensorsWriter(Map.of("format", "pt"), tensors));
    }
  }

  /** Reads what {@link #score} wrote. */
  void read(Path file) {
    try (SafetensorsFile stored = SafetensorsFile.open(file)) {
      for (Map.Entry<String, PairRows> side : sides.entrySet()) {
        PairRows rows = side.getValue();
        StoredTensor tensor = stored.tensors().get(side.getKey());
        if (tensor == null || tensor.elements() != 2L * rows.count()) {
          throw new JishiException.BadFile(
              file + ": is of other data than these pairs: train into another folder (--out)");
        }
        for (int pair = 0; pair < rows.count(); pair++) {
          Batch batch = rows.batch(pair, 1);
          for (int row = 0; row < 2; row++) {
            float score =
                tensor.data().getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, 2L * pair + row);
            reference.put(key(batch, row), score);
          }
        }
      }
    }
  }

  private interface Scored {
    void take(int first, int count, Batch batch, double[] logProbabilities);
  }

  private void each(Trainer trainer, PairRows rows, long most, Scored to) {
    scores.scoring(true);
    try {
      int count = (int) Math.min(most, rows.count());
      for (int first = 0; first < count; first += pairs) {
        Batch batch = rows.batch(first, pairs);
        trainer.evaluate(examples(batch, new float[batch.tokens().length]));
        to.take(first, Math.min(pairs, count - first), batch, scores.scores());
      }
    } finally {
      scores.scoring(false);
    }
  }

  @Override
  public Learner.Evaluation evaluate(Trainer trainer) {
    double[] sums = new double[3]; // nats, pairs, right ones
    for (PairRows rows : heldOut) {
      each(
          trainer,
          rows,
          Math.max(1, most / heldOut.size()),
          (_, n, batch, now) -> {
            for (int p = 0; p < n; p++) {
              double better = now[2 * p] - reference(batch, 2 * p);
              double worse = now[2 * p + 1] - reference(batch, 2 * p + 1);
              sums[0] += scores.loss().of(better - worse);
              sums[1]++;
              sums[2] += better > worse ? 1 : 0;
            }
          });
    }
    return new Learner.Evaluation(sums[0], (long) sums[1], 0, sums[2] / sums[1], "pair");
  }
}
