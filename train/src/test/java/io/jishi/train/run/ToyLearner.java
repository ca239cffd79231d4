// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.base.JishiException;
import io.jishi.model.export.Disk;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongPredicate;

/** Learns a line by momentum: small, and every bit of it depends on every step before. */
final class ToyLearner implements Learner {
  static final int SIZE = 64;

  private final MemorySegment weights = Arena.ofAuto().allocate(4L * SIZE, 64);
  private final MemorySegment moments = Arena.ofAuto().allocate(4L * SIZE, 64);
  private final LongPredicate broken;
  private long position;

  /**
   * A fresh one.
   *
   * @param broken batches, by their place in the data, whose loss is no number
   */
  ToyLearner(LongPredicate broken) {
    this.broken = broken;
  }

  @Override
  public Step step(long number, double rate) {
    SplittableRandom random = new SplittableRandom(position);
    double error = -1;
    float[] x = new float[SIZE];
    for (int i = 0; i < SIZE; i++) {
      x[i] = (float) random.nextDouble(-1, 1);
      error += (get(weights, i) - i / (double) SIZE) * x[i];
    }
    boolean bad = broken.test(position++);
    double norm = 0;
    for (int i = 0; i < SIZE; i++) {
      float gradient = bad ? Float.NaN : (float) (error * x[i]);
      norm += gradient * gradient;
      float moment = 0.9f * get(moments, i) + gradient;
      moments.setAtIndex(ValueLayout.JAVA_FLOAT, i, moment);
      weights.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (get(weights, i) - rate * moment));
    }
    return new Step(bad ? Double.NaN : error * error, Math.sqrt(norm), SIZE);
  }

  private static float get(MemorySegment from, int i) {
    return from.getAtIndex(ValueLayout.JAVA_FLOAT, i);
  }

  @Override
  public void skip() {
    position++;
  }

  @Override
  public Evaluation evaluate() {
    double sum = 0;
    for (int i = 0; i < SIZE; i++) {
      sum += Math.abs(get(weights, i) - i / (double) SIZE);
    }
    return new Evaluation(sum, SIZE, 2 * SIZE);
  }

  @Override
  public String sample(String prompt, int tokens, long seed) {
    return prompt + " text " + seed;
  }

  @Override
  public List<NamedTensor> weights() {
    return List.of(new NamedTensor("w", List.of(8L, 8L), weights));
  }

  @Override
  public List<NamedTensor> state() {
    return List.of(new NamedTensor("m", List.of((long) SIZE), moments));
  }

  @Override
  public void restored() {
    // Nothing is derived from the weights.
  }

  @Override
  public Object position() {
    return position;
  }

  @Override
  public void seek(Object to) {
    if (!(to instanceof Long place)) {
      throw new JishiException.BadFile("no place: " + to);
    }
    position = place;
  }

  @Override
  public String weightsFile() {
    return "model.safetensors";
  }

  @Override
  public void writeCompanions(Path folder, Disk disk) throws IOException {
    try (OutputStream out = disk.create(folder.resolve("config.json"))) {
      out.write('{');
      out.write('}');
    }
  }

  @Override
  public void close() {
    // The memory is the collector's.
  }
}
