// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jishi.tensor.TileProducts;
import io.jishi.tensor.TileProducts.Left;
import io.jishi.tensor.TileProducts.Right;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** No call of training's kernels with a wrong offset, length or count gets to native code. */
class TrainingBordersTest {
  private final Arena arena = Arena.ofConfined();

  @BeforeEach
  void setUp() {
    assumeTrue(Cpu.best() != Level.SCALAR, "there are no kernels for this processor");
  }

  @AfterEach
  void tearDown() {
    arena.close();
  }

  @Test
  void panelsStayWithinTheirMemory() {
    for (boolean bf16 : new boolean[] {false, true}) {
      TileKernels kernels = new TileKernels(Cpu.best(), bf16);
      PanelCall call = new PanelCall(kernels, arena);
      int depth = 2 * kernels.blockDepth();
      int width = kernels.shape().cols();
      MemorySegment in = arena.allocate(4L * depth * width, 64);
      MemorySegment out = arena.allocate(kernels.panelBytes(false, depth), 64);
      int unit = kernels.unit(false);
      int units = width / unit;
      long row = 4L * width;
      runs(() -> call.along(false, in, 0, row, depth, units, out, 0, 4L * unit));
      refused(() -> call.along(false, in, 4, row, depth, units, out, 0, 4L * unit));
      refused(() -> call.along(false, in, 0, row + 4, depth, units, out, 0, 4L * unit));
      refused(() -> call.along(false, in, 0, -row, depth, units, out, 0, 4L * unit));
      refused(() -> call.along(false, in, 0, row, depth + 2, units, out, 0, 4L * unit));
      refused(() -> call.along(false, in, 0, row, depth, units + 1, out, 0, 4L * unit));
      refused(() -> call.along(false, in, 0, row, depth, 0, out, 0, 4L * unit));
      refused(() -> call.along(false, in, 0, row, 0, units, out, 0, 4L * unit));
      refused(() -> call.along(false, in, 0, row, depth, units, out, 4, 4L * unit));
      refused(() -> call.along(false, in, 0, row, depth, units, out, 0, 4L * unit + 4));

      int groups = width / kernels.group();
      long line = 4L * depth;
      runs(() -> call.across(false, in, 0, line, depth, groups, out, 0));
      refused(() -> call.across(false, in, 4, line, depth, groups, out, 0));
      refused(() -> call.across(false, in, 0, line + 4, depth, groups, out, 0));
      refused(() -> call.across(false, in, 0, line, depth + 1, groups, out, 0));
      refused(() -> call.across(false, in, 0, line, 0, groups, out, 0));
      refused(() -> call.across(false, in, 0, 0, depth, groups + 1, out, 0));
      refused(() -> call.across(false, in, 0, line, depth, groups, out, 4));
      refused(() -> call.across(false, in, 0, line, depth, 1 << 30, out, 0));
    }
  }

  @Test
  void tilesOfProductsStayWithinTheirMemory() {
    TileKernels kernels = new TileKernels(Cpu.best(), false);
    TileShape shape = kernels.shape();
    PanelCall call = new PanelCall(kernels, arena);
    int k = 8;
    long step = kernels.panelBytes(true, k);
    MemorySegment a = arena.allocate(2 * step, 64);
    MemorySegment b = arena.allocate(kernels.panelBytes(false, k), 64);
    long row = 4L * shape.cols();
    MemorySegment c = arena.allocate(2 * row * shape.rows(), 64);
    int v = shape.vectors();
    runs(() -> call.product(a, 0, step, 2, b, 0, k, v, c, 0, row, true));
    refused(() -> call.product(a, 4, step, 2, b, 0, k, v, c, 0, row, true));
    refused(() -> call.product(a, 0, step + 4, 2, b, 0, k, v, c, 0, row, true));
    refused(() -> call.product(a, 0, -step, 2, b, 0, k, v, c, 0, row, true));
    refused(() -> call.product(a, 0, step, 3, b, 0, k, v, c, 0, row, true));
    refused(() -> call.product(a, 0, step, 0, b, 0, k, v, c, 0, row, true));
    refused(() -> call.product(a, 0, step, 2, b, 4, k, v, c, 0, row, true));
    refused(() -> call.product(a, 0, step, 2, b, 0, k + 1, v, c, 0, row, true));
    refused(() -> call.product(a, 0, step, 2, b, 0, 0, v, c, 0, row, true));
    refused(() -> call.product(a, 0, step, 2, b, 0, k, v + 1, c, 0, row, true));
    refused(() -> call.product(a, 0, step, 2, b, 0, k, 0, c, 0, row, true));
    refused(() -> call.product(a, 0, step, 2, b, 0, k, v, c, 4, row, true));
    refused(() -> call.product(a, 0, step, 2, b, 0, k, v, c, 0, row + 4, true));
    refused(() -> call.product(a, 0, step, 2, b, 0, k, v, c, 0, -row, true));
  }

  @Test
  void stepsStayWithinTheirMemory() {
    StepCall call = new StepCall(new StepKernels(Cpu.best()), arena);
    MemorySegment x = arena.allocate(4 * 64, 64);
    MemorySegment small = x.asSlice(0, 4 * 63);
    float[] two = new float[2];
    refused(() -> call.max(small, 0, 64));
    refused(() -> call.max(x, 1, 64));
    refused(() -> call.max(x, 0, 60));
    refused(() -> call.max(x, 0, 0));
    refused(() -> call.max(x, Long.MAX_VALUE / 2, 16));
    refused(() -> call.exponentials(small, 0, 64, 0));
    refused(() -> call.scale(x, -1, 64, 0));
    refused(() -> call.add(x, 0, small, 0, 64));
    refused(() -> call.add(small, 0, x, 0, 64));
    refused(() -> call.dot(x, 0, x, 1, 64));
    refused(() -> call.dots(x, 33, x, 32, 2, 32, two));
    refused(() -> call.dots(x, 32, x, -32, 2, 32, two));
    refused(() -> call.adamW(new float[8], x, x, x, x, 0, 64));
    refused(() -> call.adamW(new float[9], x, x, x, small, 0, 64));
    refused(() -> call.siluGate(x, x, x, 1, 2, 16));
    refused(() -> call.siluGate(x, x, small, 0, 2, 16));
    refused(() -> call.rmsNorm(x, x, 0, x, x, true, 0, x, 48, 2, 32));
    refused(() -> call.rmsNorm(x, x, 0, x, small, true, 0, x, 0, 2, 32));
  }

  @Test
  void factorsStayWithinTheirMemory() {
    for (boolean bf16 : new boolean[] {false, true}) {
      FactorKernels kernels = new FactorKernels(Cpu.best(), bf16);
      FactorCall call = new FactorCall(kernels, arena);
      int depth = kernels.panels().depth();
      MemorySegment x = arena.allocate(4 * 8 * 32, 64);
      MemorySegment words = arena.allocate(x.byteSize() / depth, 64);
      MemorySegment less = words.asSlice(0, words.byteSize() - 4);
      float[] eight = new float[8];
      int[] ends = {9, 99, 0, 0, 0, 0, 0, 0};
      MemorySegment y = arena.allocate(4 * 8 * 32, 64);
      MemorySegment z = arena.allocate(4 * 8 * 32, 64);
      MemorySegment small = x.asSlice(0, x.byteSize() - 4);
      runs(() -> call.left(x, 32, 8, 32, words));
      refused(() -> call.left(x, 32, 8, 32, less));
      refused(() -> call.left(small, 32, 8, 32, words));
      refused(() -> call.left(x, -32, 8, 32, words));
      refused(() -> call.left(x, 32, 8, 24, words));
      refused(() -> call.left(x, 32, 0, 32, words));
      runs(() -> call.scale(x, 32, eight, y, 32, 8, 32, true));
      refused(() -> call.scale(x, 33, eight, y, 32, 8, 32, true));
      refused(() -> call.scale(x, 32, eight, y, 33, 8, 32, true));
      refused(() -> call.scale(x, 32, new float[7], y, 32, 8, 32, true));
      runs(() -> call.softmax(x, 8, 32, ends, ends, 1, eight, eight, eight, words));
      refused(() -> call.softmax(x, 8, 32, ends, ends, 1, eight, eight, eight, less));
      refused(() -> call.softmax(small, 8, 32, ends, ends, 1, eight, eight, eight, words));
      refused(() -> call.softmax(x, 8, 32, new int[7], ends, 1, eight, eight, eight, words));
      refused(() -> call.softmax(x, 8, 32, ends, ends, 1, eight, eight, new float[7], words));
      refused(() -> call.softmax(x, 0, 32, ends, ends, 1, eight, eight, eight, words));
      refused(() -> call.softmax(x, 1, 1024, ends, ends, 1, eight, eight, eight, words));
      runs(() -> call.gradients(x, y, 8, 32, ends, ends, 1, eight, eight, z, z));
      refused(() -> call.gradients(small, y, 8, 32, ends, ends, 1, eight, eight, z, z));
      refused(() -> call.gradients(x, small, 8, 32, ends, ends, 1, eight, eight, z, z));
      refused(() -> call.gradients(x, y, 8, 32, ends, ends, 1, eight, eight, small, z));
      refused(() -> call.gradients(x, y, 8, 32, ends, ends, 1, eight, eight, z, small));
      refused(() -> call.gradients(x, y, 8, 32, ends, ends, 1, new float[7], eight, z, z));
      refused(() -> call.gradients(x, y, 8, 32, ends, ends, 1, eight, new float[7], z, z));
    }
  }

  @Test
  void productsOfFactorsStayWithinTheirMemory() {
    for (boolean bf16 : new boolean[] {false, true}) {
      FactorKernels kernels = new FactorKernels(Cpu.best(), bf16);
      FactorCall call = new FactorCall(kernels, arena);
      MemorySegment a = arena.allocate(4 * 16 * 32, 64);
      MemorySegment b = arena.allocate(TileProducts.panelBytes(32, 64), 64);
      MemorySegment c = arena.allocate(4 * 32 * 64, 64);
      MemorySegment odd = arena.allocate(4, 64);
      Right right = new Right(b, 32, 64);
      Left left = new Left(a, 16, 32, false);
      Left turned = new Left(a, 16, 32, true);
      runs(() -> call.multiply(16, 64, 32, left, right, c, 64, false));
      runs(() -> call.multiply(32, 64, 16, turned, right, c, 64, false));
      runs(() -> call.multiply(8, 32, 2, part(left, 8, 30), part(right, 30, 32), c, 32, true));
      runs(() -> call.multiply(8, 32, 2, part(turned, 14, 24), part(right, 2, 32), c, 32, true));
      refused(() -> call.multiply(12, 64, 32, left, right, c, 64, false));
      refused(() -> call.multiply(0, 64, 32, left, right, c, 64, false));
      refused(() -> call.multiply(24, 64, 32, left, right, c, 64, false));
      refused(() -> call.multiply(16, 60, 32, left, right, c, 64, false));
      refused(() -> call.multiply(16, 0, 32, left, right, c, 64, false));
      refused(() -> call.multiply(16, 128, 32, left, right, c, 128, false));
      refused(() -> call.multiply(16, 64, 0, left, right, c, 64, false));
      refused(() -> call.multiply(16, 64, 34, left, right, c, 64, false));
      refused(() -> call.multiply(16, 64, 32, left, right, c, -64, false));
      refused(() -> call.multiply(16, 64, 32, left, right, c, 134, false));
      refused(() -> call.multiply(40, 64, 16, turned, right, c, 64, false));
      refused(() -> call.multiply(32, 64, 18, turned, right, c, 64, false));
      refused(() -> call.multiply(8, 64, 32, part(left, 16, 0), right, c, 64, false));
      refused(() -> call.multiply(8, 64, 32, part(left, 0, 2), right, c, 64, false));
      refused(() -> call.multiply(8, 64, 32, left, part(right, 2, 0), c, 64, false));
      refused(() -> call.multiply(8, 32, 32, left, part(right, 0, 16), c, 64, false));
      refused(() -> call.multiply(8, 64, 32, left, part(right, 0, 32), c, 64, false));
      refused(() -> call.multiply(8, 64, 32, left, part(right, -32, 0), c, 64, false));
      refused(() -> call.multiply(8, 64, 32, part(left, -8, 0), right, c, 64, false));
      refused(() -> call.multiply(16, 64, 32, left, new Right(odd, 32, 64), c, 64, false));
      refused(() -> call.multiply(16, 64, 32, new Left(odd, 16, 32, false), right, c, 64, false));
    }
  }

  private static Left part(Left x, int row, int col) {
    return new Left(x.data(), x.rows(), x.cols(), x.turned(), row, col);
  }

  private static Right part(Right x, int p, int col) {
    return new Right(x.data(), x.k(), x.cols(), p, col);
  }

  private static void runs(ThrowingCallable call) {
    assertThatCode(call).doesNotThrowAnyException();
  }

  private static void refused(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfAny(IndexOutOfBoundsException.class, ArithmeticException.class);
  }
}
