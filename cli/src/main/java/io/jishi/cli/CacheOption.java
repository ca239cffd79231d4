// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.tensor.DType;
import picocli.CommandLine.Option;

/** What keys and values are cached as. */
final class CacheOption {
  /** By the names that people write. */
  private enum Type {
    F16(DType.F16),
    BF16(DType.BF16),
    F32(DType.F32),
    Q8(DType.Q8_0);

    private final DType type;

    Type(DType type) {
      this.type = type;
    }
  }

  @Option(
      names = "--cache",
      paramLabel = "TYPE",
      description =
          "what keys and values are cached as: f16, bf16, f32 or q8, which takes about half of f16"
              + " (default: f16)")
  private Type type;

  /** The type; null where nothing was asked for. */
  DType type() {
    return type == null ? null : type.type;
  }
}
