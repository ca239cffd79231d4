// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Batch;
import io.jishi.tensor.Rope;
import io.jishi.tensor.RotaryTable;

/** Cosines and sines of all positions up to the longest span, for one rotary embedding. */
final class Rotary {
  private RotaryTable table;

  Rotary(Rope rope) {
    table = RotaryTable.of(rope, 0);
  }

  /** Makes the table cover the longest span of a batch. */
  void prepare(Batch batch) {
    int longest = 0;
    for (int s = 0; s < batch.spans(); s++) {
      longest = Math.max(longest, batch.spanEnd(s) - batch.spanStart(s));
    }
    if (longest > table.positions()) {
      table = RotaryTable.of(table.rope(), longest);
    }
  }

  RotaryTable table() {
    return table;
  }
}
