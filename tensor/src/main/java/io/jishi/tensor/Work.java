// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

/**
 * Arithmetic that an {@link Ops} has done since it was made, in operations on floats (about: a
 * division counts like an addition), by what did it. Copies count for nothing.
 *
 * @param emitted by machine code that was emitted for this processor
 * @param java by plain Java
 */
public record Work(double emitted, double java) {
  /** Nothing, or nothing known. */
  public static final Work NONE = new Work(0, 0);

  /** What came since {@code before}. */
  public Work since(Work before) {
    return new Work(emitted - before.emitted, java - before.java);
  }

  /** Both together. */
  public Work plus(Work other) {
    return new Work(emitted + other.emitted, java + other.java);
  }
}
