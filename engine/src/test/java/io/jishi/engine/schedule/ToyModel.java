// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.schedule;

import io.jishi.tensor.DType;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StateSpec;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * A model that is arithmetic on what the state holds: each token is written to its row, and the
 * next one is a hash of all rows and of the recurrent bytes. A wrong block or snapshot changes it.
 */
final class ToyModel {
  static final int VOCABULARY = 1000;

  static final StateSpec ROWS = new StateSpec(List.of(new StateSpec.Rows(1, 1, DType.F32)));
  static final StateSpec HYBRID =
      new StateSpec(List.of(new StateSpec.Rows(1, 1, DType.F32), new StateSpec.Recurrent(8)));

  private ToyModel() {}

  /** Writes tokens to their rows and counts them. */
  static void write(SequenceState state, int[] tokens, int count) {
    int start = state.length();
    for (int i = start; i < start + count; i++) {
      MemorySegment block = state.block(i / StateSpec.BLOCK);
      long at = state.keyOffset(0) + 4L * (i % StateSpec.BLOCK);
      block.set(ValueLayout.JAVA_FLOAT, at, tokens[i]);
      if (state.spec().hasRecurrent()) {
        MemorySegment recurrent = state.recurrent(1);
        long old = recurrent.get(ValueLayout.JAVA_LONG, 0);
        recurrent.set(ValueLayout.JAVA_LONG, 0, old * 31 + tokens[i] + 1);
      }
    }
    state.advance(count);
  }

  /** The token behind the first of what a state holds; of all of it where layers are recurrent. */
  static int next(SequenceState state, int length) {
    long hash = 7;
    for (int i = 0; i < length; i++) {
      MemorySegment block = state.block(i / StateSpec.BLOCK);
      long at = state.keyOffset(0) + 4L * (i % StateSpec.BLOCK);
      hash = hash * 1_000_003 + (long) block.get(ValueLayout.JAVA_FLOAT, at);
    }
    if (state.spec().hasRecurrent()) {
      hash += state.recurrent(1).get(ValueLayout.JAVA_LONG, 0);
    }
    return token(hash);
  }

  /** The same from the tokens alone. */
  static int next(StateSpec spec, int[] tokens, int length) {
    long hash = 7;
    long recurrent = 0;
    for (int i = 0; i < length; i++) {
      hash = hash * 1_000_003 + tokens[i];
      recurrent = recurrent * 31 + tokens[i] + 1;
    }
    return token(spec.hasRecurrent() ? hash + recurrent : hash);
  }

  private static int token(long hash) {
    return (int) Math.floorMod(hash ^ (hash >>> 29), (long) VOCABULARY);
  }
}
