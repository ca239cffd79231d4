// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import java.util.Arrays;
import java.util.Optional;

/** What kernels may use; each later level is faster than the one before. */
public enum Level {
  /** Plain Java. */
  SCALAR("scalar", 0, false, false),
  /** 256 bits, FMA, half-precision conversions. */
  AVX2("avx2", 32, false, false),
  /** The same with {@code vpdpbusd}. */
  AVX2_VNNI("avx2+vnni", 32, true, false),
  /** 512 bits (F, BW, DQ, VL). */
  AVX512("avx512", 64, false, false),
  /** The same with {@code vpdpbusd}. */
  AVX512_VNNI("avx512+vnni", 64, true, false),
  /** The same with {@code vdpbf16ps}. */
  AVX512_VNNI_BF16("avx512+vnni+bf16", 64, true, true),
  /** The same with tile registers: products of matrices of BF16 and bytes (AMX). */
  AVX512_AMX("avx512+amx", 64, true, true);

  private final String label;
  private final int bytes;
  private final boolean vnni;
  private final boolean bf16;

  Level(String label, int bytes, boolean vnni, boolean bf16) {
    this.label = label;
    this.bytes = bytes;
    this.vnni = vnni;
    this.bf16 = bf16;
  }

  /** As people write it. */
  public String label() {
    return label;
  }

  /** Bytes of a vector of floats. */
  int bytes() {
    return bytes;
  }

  /**
   * Bytes of a vector of integer products: without {@code vpdpbusd} they need {@code vpsignb},
   * which has no 512-bit form.
   */
  int integerBytes() {
    return vnni ? bytes : 32;
  }

  boolean vnni() {
    return vnni;
  }

  boolean bf16() {
    return bf16;
  }

  /** Whether matrices are multiplied tile by tile. */
  boolean tiles() {
    return this == AVX512_AMX;
  }

  /** The level of that label. */
  public static Optional<Level> of(String label) {
    return Arrays.stream(values()).filter(level -> level.label.equals(label)).findFirst();
  }
}
