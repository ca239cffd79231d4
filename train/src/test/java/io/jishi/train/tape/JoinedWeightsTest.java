// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.tensor.Backend;
import io.jishi.tensor.DType;
import io.jishi.tensor.MatrixProducts.Inputs;
import io.jishi.tensor.Weight;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Products with joined weights against those with each weight alone. */
class JoinedWeightsTest {
  private static final int TOKENS = 600;
  private static final int WIDTH = 24;
  private static final int[] ROWS = {24, 8, 40};
  private static final int OUT = 72;

  private final Arena arena = Arena.ofShared();
  private final Parameters parameters = new Parameters(_ -> true);
  private final SplittableRandom random = new SplittableRandom(3);

  @AfterEach
  void close() {
    parameters.close();
    arena.close();
  }

  private MemorySegment floats(int count) {
    MemorySegment all = arena.allocate(4L * count, 64);
    for (int i = 0; i < count; i++) {
      all.setAtIndex(Rows.FLOAT, i, (float) random.nextGaussian());
    }
    return all;
  }

  private List<LinearStep.Part> parts(int... rows) {
    List<LinearStep.Part> parts = new ArrayList<>();
    int at = 0;
    for (int r : rows) {
      Trainable t = parameters.add("w" + parameters.list().size(), r, WIDTH);
      t.data().copyFrom(floats(r * WIDTH));
      Weight w = Weight.stored(t.name(), DType.F32, r, WIDTH, t.data());
      parts.add(new LinearStep.Part(w, t, null, null, null, at, null));
      at += r;
    }
    return parts;
  }

  @ParameterizedTest
  @EnumSource(Inputs.class)
  void areTheSameToTheBit(Inputs inputs) {
    List<LinearStep.Part> parts = parts(ROWS);
    JoinedWeights joined = JoinedWeights.of(TOKENS, parts);
    MemorySegment x = floats(TOKENS * WIDTH);
    MemorySegment dy = floats(TOKENS * OUT);
    MemorySegment y = floats(TOKENS * OUT);
    MemorySegment dx = floats(TOKENS * WIDTH);
    try (Machine m = new Machine(Backend.cpu(), 0, inputs)) {
      m.reserve(joined.bytes());
      for (boolean add : new boolean[] {false, true}) {
        MemorySegment oneY = arena.allocate(y.byteSize(), 64).copyFrom(y);
        MemorySegment oneDx = arena.allocate(dx.byteSize(), 64).copyFrom(dx);
        boolean more = add;
        for (LinearStep.Part p : parts) {
          MemorySegment to = WeightProducts.from(oneY, p.at());
          WeightProducts.forward(m, TOKENS, x, p.weight(), to, OUT, add);
          MemorySegment from = WeightProducts.from(dy, p.at());
          WeightProducts.input(m, TOKENS, from, OUT, p.weight(), oneDx, more);
          more = true;
        }
        joined.forward(m, TOKENS, x, add ? y : null, y);
        joined.input(m, TOKENS, dy, dx, add);
        assertThat(y.mismatch(oneY)).isEqualTo(-1);
        assertThat(dx.mismatch(oneDx)).isEqualTo(-1);
      }
      joined.weights(m, TOKENS, dy, x);
      for (LinearStep.Part p : parts) {
        MemorySegment first = arena.allocate(p.trained().gradient().byteSize(), 64);
        first.copyFrom(p.trained().gradient());
        p.trained().clear();
        WeightProducts.weight(m, TOKENS, WeightProducts.from(dy, p.at()), OUT, x, p.trained());
        assertThat(first.mismatch(p.trained().gradient())).isEqualTo(-1);
      }
      parts.getLast().trained().clear(); // one starts anew, the others go on
      joined.weights(m, TOKENS, dy, x);
      for (LinearStep.Part p : parts) {
        Trainable t = p.trained();
        MemorySegment sums = arena.allocate(t.gradient().byteSize(), 64).copyFrom(t.gradient());
        t.clear();
        WeightProducts.weight(m, TOKENS, WeightProducts.from(dy, p.at()), OUT, x, t);
        float times = p == parts.getLast() ? 1 : 2;
        for (long i = 0; i < t.count(); i++) {
          float once = t.gradient().getAtIndex(Rows.FLOAT, i);
          assertThat(sums.getAtIndex(Rows.FLOAT, i)).isEqualTo(times * once);
        }
      }
    }
  }

  @Test
  void joinWhereItPays() {
    List<LinearStep.Part> parts = parts(ROWS);
    assertThat(JoinedWeights.of(TOKENS, parts).bytes()).isEqualTo(4L * OUT * WIDTH);
    assertThat(JoinedWeights.of(100, parts)).isNull(); // copies for few tokens
    assertThat(JoinedWeights.of(TOKENS, parts(WIDTH))).isNull();
    assertThat(JoinedWeights.of(TOKENS, parts(40_000, 40_000))).isNull(); // long copies
    LinearStep.Part p = parts.getFirst();
    LinearStep.Part frozen = new LinearStep.Part(p.weight(), null, null, null, null, 0, null);
    assertThat(JoinedWeights.of(TOKENS, List.of(p, frozen))).isNull();
  }
}
