// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Batch;
import io.jishi.tensor.StateSpace;
import io.jishi.tensor.TrainingRows;
import io.jishi.tensor.Weight;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A selective state space within each span, token by token. A chunk of work is one group of heads,
 * which share B and C.
 *
 * @param decay what learns in A, or null; skip and stepBias likewise
 */
record StateSpaceStep(
    Value xbc,
    Value dt,
    StateSpace spec,
    Trainable decay,
    Trainable skip,
    Trainable stepBias,
    Batch batch,
    Value out)
    implements Step {

  @Override
  public List<Value> inputs() {
    return List.of(xbc, dt);
  }

  @Override
  public List<Value> outputs() {
    return List.of(out);
  }

  @Override
  public List<Value> kept() {
    return List.of(xbc, dt);
  }

  @Override
  public boolean learns() {
    return decay != null || skip != null || stepBias != null;
  }

  private int stateSize() {
    return spec.headDim() * spec.state();
  }

  private long trailBytes() {
    return Trail.bytes(batch.size(), stateSize());
  }

  private static int workers() {
    return Runtime.getRuntime().availableProcessors();
  }

  @Override
  public long scratchBytes() {
    return workers() * trailBytes() + Rows.spareBytes(xbc) + Rows.spareBytes(dt);
  }

  @Override
  public void forward(Machine m) {
    Constants constants = constants();
    groups(
        m,
        (h, worker) -> {
          Machine.Lane lane = m.lane(worker);
          StateSpaceHead head = new StateSpaceHead(this, constants, h);
          float[] state = lane.array(0, stateSize());
          float[] y = lane.array(1, spec.headDim());
          for (int s = 0; s < batch.spans(); s++) {
            java.util.Arrays.fill(state, 0, stateSize(), 0);
            for (int t = batch.spanStart(s); t < batch.spanEnd(s); t++) {
              head.load(t);
              head.forward(state);
              head.result(state, y);
              Rows.write(
                  y, out.data(), (long) t * out.cols + (long) h * spec.headDim(), spec.headDim());
            }
          }
        });
  }

  /** All heads, those of a group one after another on one worker. */
  private void groups(Machine m, TrainingRows.Chunk work) {
    int size = spec.heads() / spec.groups();
    m.rows()
        .parallel(
            spec.groups(),
            (group, worker) -> {
              for (int h = group * size; h < (group + 1) * size; h++) {
                work.run(h, worker);
              }
            });
  }

  /** The weights as floats. */
  record Constants(float[][] decay, float[] skip, float[] bias) {}

  private Constants constants() {
    return new Constants(
        matrix(spec.decay()),
        vector(spec.skip(), spec.heads()),
        vector(spec.stepBias(), spec.heads()));
  }

  static float[] vector(Weight weight, int size) {
    float[] values = new float[size];
    if (weight != null) {
      weight.vector(values);
    }
    return values;
  }

  private static float[][] matrix(Weight w) {
    float[][] rows = new float[w.rows()][w.cols()];
    byte[] stored = new byte[Math.toIntExact(w.type().rowBytes(w.cols()))];
    for (int r = 0; r < rows.length; r++) {
      w.row(r, stored, rows[r]);
    }
    return rows;
  }

  /** Where gradients of inputs are added. */
  record Sums(MemorySegment xbc, MemorySegment dt) {}

  @Override
  public void backward(Machine m) {
    Constants constants = constants();
    long spare = workers() * trailBytes();
    Sums sums = new Sums(Rows.sums(m, xbc, spare), Rows.sums(m, dt, spare + Rows.spareBytes(xbc)));
    List<StateSpaceHead> heads = new ArrayList<>();
    for (int h = 0; h < spec.heads(); h++) {
      heads.add(new StateSpaceHead(this, constants, h));
    }
    groups(
        m,
        (h, worker) -> {
          Machine.Lane lane = m.lane(worker);
          Trail trail = new Trail(m.scratch(worker * trailBytes(), trailBytes()), stateSize());
          StateSpaceHead head = heads.get(h);
          for (int s = 0; s < batch.spans(); s++) {
            head.begin();
            trail.walk(
                batch.spanStart(s),
                batch.spanEnd(s),
                lane.array(0, stateSize()),
                lane.array(1, stateSize()),
                (state, t) -> {
                  head.load(t);
                  head.forward(state);
                },
                (before, behind, t) -> head.backward(before, behind, t, sums));
          }
        });
    for (StateSpaceHead head : heads) {
      head.give();
    }
  }
}
