// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import io.jishi.tensor.DType;
import io.jishi.tensor.StateSpec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The border of the kernels that make one token's queries, keys and values ready. What native code
 * will touch is checked against the memory that it lies in. One for each thread; nothing is
 * allocated by a call.
 */
public final class TokenCall {
  private static final int ARGUMENTS = 8;

  private final CallArguments arguments;
  private MemorySegment gain;
  private float eps;
  private MemorySegment angles;
  private long anglesOffset;

  /** A caller whose arguments live as long as {@code arena}. */
  public TokenCall(Arena arena) {
    arguments = new CallArguments(arena, ARGUMENTS);
  }

  /** The gain of the heads' norm, floats, or null for no norm. */
  public void norm(MemorySegment floats, float epsilon) {
    gain = floats;
    eps = epsilon;
  }

  /** Where the token's cosines and sines lie. */
  public void angles(MemorySegment floats, long offset) {
    angles = floats;
    anglesOffset = offset;
  }

  /**
   * Norm and rotation of {@code groups · group} heads; the output's groups are {@code stride} bytes
   * apart.
   */
  public void heads(
      AttentionKernels kernels,
      MemorySegment in,
      long inOffset,
      int groups,
      int group,
      MemorySegment out,
      long outOffset,
      long stride) {
    AttentionShape shape = kernels.shape();
    long head = 4L * shape.keyDim();
    arguments.count(HeadWriter.GROUPS, groups);
    arguments.count(HeadWriter.GROUP, group);
    arguments.set(HeadWriter.IN, in, inOffset, groups * (group * head));
    long extent = CallArguments.extent(groups, stride, group * head);
    arguments.set(HeadWriter.OUT, out, outOffset, extent);
    arguments.set(HeadWriter.GAP, stride - group * head);
    if (gain != null) {
      arguments.set(HeadWriter.GAIN, gain, 0, head);
      arguments.set(HeadWriter.EPS, eps);
    }
    if (shape.style() != null) {
      arguments.set(HeadWriter.ANGLES, angles, anglesOffset, 8L * shape.angles());
    }
    arguments.call(kernels.heads(gain != null));
  }

  /**
   * Writes a token's keys of {@code heads} heads to slot {@code slot} of a block.
   *
   * @param type F32, F16 or BF16
   */
  public void keys(
      AttentionKernels kernels,
      DType type,
      MemorySegment in,
      int heads,
      MemorySegment block,
      long offset,
      int slot) {
    int width = heads * kernels.shape().keyDim();
    long size = type.blockBytes();
    long row = StateSpec.BLOCK * size;
    arguments.count(CacheWriter.COUNT, width / 8);
    arguments.set(CacheWriter.IN, in, 0, 4L * width);
    long extent = CallArguments.extent(width, row, size);
    arguments.set(CacheWriter.OUT, block, offset + slot * size, extent);
    arguments.call(kernels.keys(type));
  }

  /**
   * Writes a token's values of {@code heads} heads to slot {@code slot} of a block.
   *
   * @param type F32, F16 or BF16
   */
  public void values(
      AttentionKernels kernels,
      DType type,
      MemorySegment in,
      long inOffset,
      int heads,
      MemorySegment block,
      long offset,
      int slot) {
    int dim = kernels.shape().keyDim();
    long row = (long) dim * type.blockBytes();
    arguments.count(CacheWriter.COUNT, heads);
    arguments.set(CacheWriter.IN, in, inOffset, 4L * heads * dim);
    long extent = CallArguments.extent(heads, StateSpec.BLOCK * row, row);
    arguments.set(CacheWriter.OUT, block, offset + slot * row, extent);
    arguments.call(kernels.values(type));
  }
}
