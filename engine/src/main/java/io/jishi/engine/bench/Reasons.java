// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import io.jishi.tensor.Backend;

/** Why an operation of the waist rests in plain Java: what its emitted code does not take. */
final class Reasons {
  private static final String ROWS = "rows or heads of no multiple of 16 values";

  private Reasons() {}

  /** In a few words, for an operation that did run in Java. */
  static String of(String operation) {
    if (Backend.cpu().description().startsWith("scalar")) {
      return "no emitted code at this level";
    }
    String kind = operation.split(" ", 2)[0];
    return switch (kind) {
      case "linear", "headLinear" -> "a weight type without a kernel, or one that failed its test";
      case "mixture" -> "the choice of experts: few numbers, many branches";
      case "attention" -> "scores or heads that the kernels do not take";
      case "latentAttention" -> "no emitted code yet";
      case "convolve" -> "channels of no multiple of 16, or more than 6 taps";
      case "stateSpace" -> "channels of a head of no multiple of 16, or several decays a head";
      default -> ROWS;
    };
  }
}
