// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SequenceStateTest {
  private static final StateSpec ROWS = new StateSpec(List.of(new StateSpec.Rows(1, 1, DType.F32)));
  private static final StateSpec MIXED =
      new StateSpec(List.of(new StateSpec.Rows(1, 1, DType.F32), new StateSpec.Recurrent(4)));

  @Test
  void aCacheOfBytesHoldsAScaleForEachGroup() {
    StateSpec.Rows rows = new StateSpec.Rows(64, 96, DType.Q8_0, StateSpec.Rows.group(32));
    assertThat(rows.tokenBytes()).isEqualTo(64 + 96 + 4 * (2 + 3));
    assertThat(StateSpec.Rows.group(80)).isEqualTo(16);
    assertThat(StateSpec.Rows.group(512, 8)).isEqualTo(8);
    assertThat(new StateSpec.Rows(6, 6, DType.F16, 2).allows(DType.Q8_0)).isFalse();
    assertThatThrownBy(() -> new StateSpec.Rows(64, 64, DType.Q8_0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("groups");
    assertThatThrownBy(() -> new StateSpec.Rows(64, 60, DType.Q8_0, 32))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new StateSpec.Rows(64, 64, DType.Q4_0, 32))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Q4_0");
  }

  @Test
  void aForkReadsTheSamePastAndWritesItsOwnFuture() {
    try (StatePool pool = new StatePool(ROWS, 10_000)) {
      SequenceState a = pool.newState();
      append(a, 100, 0);
      SequenceState b = a.fork();
      append(a, 5, 1000);
      append(b, 5, 2000);
      assertThat(key(a, 99)).isEqualTo(99);
      assertThat(key(b, 99)).isEqualTo(99);
      assertThat(key(a, 102)).isEqualTo(1002);
      assertThat(key(b, 102)).isEqualTo(2002);
      assertThat(a.block(0).address()).as("full blocks are shared").isEqualTo(b.block(0).address());
    }
  }

  @Test
  void whatIsCutOffIsWrittenAnewWithoutHarmToAFork() {
    try (StatePool pool = new StatePool(ROWS, 10_000)) {
      SequenceState a = pool.newState();
      append(a, 130, 0);
      SequenceState b = a.fork();
      a.truncate(70);
      append(a, 10, 500);
      assertThat(key(a, 69)).isEqualTo(69);
      assertThat(key(a, 70)).isEqualTo(500);
      assertThat(key(b, 70)).isEqualTo(70);
    }
  }

  @Test
  void everyBlockComesBackToThePool() {
    Random random = new Random(1);
    try (StatePool pool = new StatePool(ROWS, 100_000)) {
      List<SequenceState> states = new ArrayList<>();
      for (int i = 0; i < 3000; i++) {
        SequenceState s = states.isEmpty() ? null : states.get(random.nextInt(states.size()));
        switch (random.nextInt(5)) {
          case 0 -> states.add(pool.newState());
          case 1 -> {
            if (s != null) {
              append(s, random.nextInt(90), 0);
            }
          }
          case 2 -> {
            if (s != null && states.size() < 40) {
              states.add(s.fork());
            }
          }
          case 3 -> {
            if (s != null) {
              s.truncate(random.nextInt(s.length() + 1));
            }
          }
          default -> {
            if (s != null) {
              s.close();
              states.remove(s);
            }
          }
        }
      }
      states.forEach(SequenceState::close);
      assertThat(pool.usedBlocks()).isZero();
    }
  }

  @Test
  void aFullPoolIsAnErrorThatLeavesTheStateAsItWas() {
    try (StatePool pool = new StatePool(ROWS, 128)) {
      SequenceState a = pool.newState();
      append(a, 100, 0);
      assertThatThrownBy(() -> a.reserve(100))
          .isInstanceOf(JishiException.OutOfResources.class)
          .hasMessageContaining("128 tokens");
      assertThat(a.length()).isEqualTo(100);
      append(a, 28, 0);
      assertThat(a.length()).isEqualTo(128);
    }
  }

  @Test
  void recurrentLayersGoBackToSnapshotsOnly() {
    try (StatePool pool = new StatePool(MIXED, 10_000)) {
      SequenceState a = pool.newState();
      append(a, 3, 0);
      remember(a, 3);
      SequenceState.Snapshot snapshot = a.snapshot();
      append(a, 4, 0);
      remember(a, 7);
      SequenceState b = a.fork();
      assertThatThrownBy(() -> a.truncate(5)).isInstanceOf(IllegalStateException.class);
      a.restore(snapshot);
      assertThat(a.length()).isEqualTo(3);
      assertThat(remembered(a)).isEqualTo(3);
      assertThat(remembered(b)).isEqualTo(7);
      a.truncate(0);
      assertThat(remembered(a)).isZero();
    }
  }

  @Test
  void bytesFollowFromTheSpec() {
    assertThat(MIXED.bytes(65)).isEqualTo(2 * 64 * 8 + 4);
    assertThat(new StateSpec.Rows(3, 5, DType.F16).tokenBytes()).isEqualTo(16);
  }

  private static void append(SequenceState state, int count, int first) {
    int start = state.length();
    state.reserve(count);
    for (int i = 0; i < count; i++) {
      int position = start + i;
      float value = first == 0 ? position : first + i;
      long at = state.keyOffset(0) + position % StateSpec.BLOCK * 4L;
      state.block(position / StateSpec.BLOCK).set(ValueLayout.JAVA_FLOAT, at, value);
    }
    state.advance(count);
  }

  private static float key(SequenceState state, int position) {
    MemorySegment block = state.block(position / StateSpec.BLOCK);
    return block.get(ValueLayout.JAVA_FLOAT, state.keyOffset(0) + position % StateSpec.BLOCK * 4L);
  }

  private static void remember(SequenceState state, int value) {
    state.recurrent(1).set(ValueLayout.JAVA_INT, 0, value);
  }

  private static int remembered(SequenceState state) {
    return state.recurrent(1).get(ValueLayout.JAVA_INT, 0);
  }
}
