// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import io.jishi.tensor.DType;

/**
 * Groups that {@link Expand} has decoded: of 16 rows, eight quads, then the scales, then the
 * minima, 64 bytes each.
 */
final class PanelBlocks extends Blocks {
  private final Code code;
  private final DType type;
  private final int parts;
  private final int first;
  private final int shift;

  /**
   * Reads panels.
   *
   * @param type of what was decoded
   * @param first vector register to use
   * @param half which half of the rows, for vectors of 256 bits
   */
  PanelBlocks(Code code, DType type, int first, int half) {
    this.code = code;
    this.type = type;
    this.parts = Quads.parts(type);
    this.first = first;
    this.shift = 32 * half;
  }

  /** Bytes of a group of 16 rows. */
  static int groupBytes(int parts, boolean hasMin) {
    return 64 * (8 + parts * (hasMin ? 2 : 1));
  }

  @Override
  int groups() {
    return 1;
  }

  @Override
  int parts() {
    return parts;
  }

  @Override
  boolean hasMin() {
    return Quads.hasMin(type);
  }

  @Override
  int zero() {
    return Quads.zero(type, code.level);
  }

  @Override
  int most() {
    return Quads.most(type);
  }

  @Override
  int bytes() {
    return groupBytes(parts, hasMin());
  }

  @Override
  boolean fetches(int tokens) {
    return false; // the second-level cache holds them
  }

  @Override
  void begin() {}

  @Override
  Vec quad(int g, int j) {
    return load(0, j);
  }

  @Override
  Vec scale(int g, int part) {
    return load(1, 8 + part);
  }

  @Override
  Vec min(int g, int part) {
    return load(1, 8 + parts + part);
  }

  private Vec load(int register, int vector) {
    Vec out = code.v(first + register);
    code.asm.op(Op.VMOVUPS, out, Mem.at(AT, 64 * vector + shift));
    return out;
  }
}
