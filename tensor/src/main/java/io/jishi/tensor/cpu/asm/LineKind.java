// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/** What a line of activations holds. */
public enum LineKind {
  /** 32 bytes with their scale and sums. */
  BYTES(32),
  /** 16 floats. */
  FLOATS(16),
  /** 32 BF16 numbers. */
  BFLOATS(32);

  private final int columns;

  LineKind(int columns) {
    this.columns = columns;
  }

  /** Columns of a line. */
  public int columns() {
    return columns;
  }
}
