// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Batch;
import io.jishi.tensor.DeltaRule;
import io.jishi.tensor.TrainingRows;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The gated delta rule within each span, token by token. A chunk of work is one key head with its
 * value heads.
 *
 * @param decay what learns in A, or null; decayBias likewise
 */
record DeltaRuleStep(
    Value qkv,
    Value a,
    Value b,
    DeltaRule spec,
    Trainable decay,
    Trainable decayBias,
    Batch batch,
    Value out)
    implements Step {

  @Override
  public List<Value> inputs() {
    return List.of(qkv, a, b);
  }

  @Override
  public List<Value> outputs() {
    return List.of(out);
  }

  @Override
  public List<Value> kept() {
    return List.of(qkv, a, b);
  }

  @Override
  public boolean learns() {
    return decay != null || decayBias != null;
  }

  private int stateSize() {
    return spec.keyDim() * spec.valueDim();
  }

  private long trailBytes() {
    return Trail.bytes(batch.size(), stateSize());
  }

  private static int workers() {
    return Runtime.getRuntime().availableProcessors();
  }

  @Override
  public long scratchBytes() {
    return workers() * trailBytes()
        + Rows.spareBytes(qkv)
        + Rows.spareBytes(a)
        + Rows.spareBytes(b);
  }

  /** All value heads, those of a key head one after another on one worker. */
  private void heads(Machine m, TrainingRows.Chunk work) {
    int size = spec.valueHeads() / spec.keyHeads();
    m.rows()
        .parallel(
            spec.keyHeads(),
            (key, worker) -> {
              for (int h = key * size; h < (key + 1) * size; h++) {
                work.run(h, worker);
              }
            });
  }

  private List<DeltaRuleHead> made() {
    float[] decays = StateSpaceStep.vector(spec.decay(), spec.valueHeads());
    float[] biases = StateSpaceStep.vector(spec.decayBias(), spec.decayWidth());
    List<DeltaRuleHead> heads = new ArrayList<>();
    for (int h = 0; h < spec.valueHeads(); h++) {
      heads.add(new DeltaRuleHead(this, decays[h], biases, h));
    }
    return heads;
  }

  @Override
  public void forward(Machine m) {
    List<DeltaRuleHead> heads = made();
    heads(
        m,
        (h, worker) -> {
          float[] state = m.lane(worker).array(0, stateSize());
          for (int s = 0; s < batch.spans(); s++) {
            java.util.Arrays.fill(state, 0, stateSize(), 0);
            for (int t = batch.spanStart(s); t < batch.spanEnd(s); t++) {
              heads.get(h).forward(state, t);
              heads.get(h).result(state, t);
            }
          }
        });
  }

  /** Where gradients of inputs are added. */
  record Sums(MemorySegment qkv, MemorySegment a, MemorySegment b) {}

  @Override
  public void backward(Machine m) {
    long spare = workers() * trailBytes();
    long spareA = spare + Rows.spareBytes(qkv);
    Sums sums =
        new Sums(
            Rows.sums(m, qkv, spare),
            Rows.sums(m, a, spareA),
            Rows.sums(m, b, spareA + Rows.spareBytes(a)));
    List<DeltaRuleHead> heads = made();
    heads(
        m,
        (h, worker) -> {
          Machine.Lane lane = m.lane(worker);
          Trail trail = new Trail(m.scratch(worker * trailBytes(), trailBytes()), stateSize());
          DeltaRuleHead head = heads.get(h);
          for (int s = 0; s < batch.spans(); s++) {
            head.begin();
            trail.walk(
                batch.spanStart(s),
                batch.spanEnd(s),
                lane.array(0, stateSize()),
                lane.array(1, stateSize()),
                head::forward,
                (before, behind, t) -> head.backward(before, behind, t, sums));
          }
        });
    for (DeltaRuleHead head : heads) {
      head.give();
    }
  }
}
