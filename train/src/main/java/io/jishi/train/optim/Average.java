// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.optim;

import io.jishi.train.tape.Machine;
import io.jishi.train.tape.Rows;
import io.jishi.train.tape.Trainable;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** An exponential average of weights, {@code a = decay · a + (1 − decay) · w} after each step. */
public final class Average implements AutoCloseable {
  private final List<Trainable> trained;
  private final Moments moments = new Moments();
  private final Machine machine;
  private final float decay;

  /** An average that starts at the weights of now. */
  public Average(List<Trainable> trained, Machine machine, double decay) {
    this.trained = List.copyOf(trained);
    this.machine = machine;
    this.decay = (float) decay;
    for (Trainable t : trained) {
      moments.add(t, "average").copyFrom(t.data());
    }
  }

  /** Takes the weights of a step in. */
  public void update() {
    for (int i = 0; i < trained.size(); i++) {
      Trainable t = trained.get(i);
      MemorySegment average = moments.buffers().get(i).data();
      Rows.addScaled(machine, average, average, t.rows(), t.cols(), decay, false);
      Rows.addScaled(machine, t.data(), average, t.rows(), t.cols(), 1 - decay, true);
    }
  }

  /** Exchanges averages and weights: before an evaluation, and again behind it. */
  public void swap() {
    for (int i = 0; i < trained.size(); i++) {
      Trainable t = trained.get(i);
      MemorySegment average = moments.buffers().get(i).data();
      Rows.each(
          machine,
          t.rows(),
          (from, to, lane) -> {
            lane.room(t.cols(), 0);
            for (int r = from; r < to; r++) {
              long at = (long) r * t.cols();
              Rows.read(t.data(), at, lane.a, t.cols());
              Rows.read(average, at, lane.b, t.cols());
              Rows.write(lane.a, average, at, t.cols());
              Rows.write(lane.b, t.data(), at, t.cols());
            }
          });
      t.changed();
    }
  }

  /** The averages, to be saved. */
  public List<StateBuffer> state() {
    return moments.buffers();
  }

  @Override
  public void close() {
    moments.close();
  }
}
