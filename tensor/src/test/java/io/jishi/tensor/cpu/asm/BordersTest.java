// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jishi.tensor.Activation;
import io.jishi.tensor.DType;
import io.jishi.tensor.Packing;
import io.jishi.tensor.Weight;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** No call with a wrong offset, length or count gets as far as native code. */
class BordersTest {
  private static final int TOKENS = 3;
  private static final int COLS = 64;
  private static final int TILES = 2;

  private final Arena arena = Arena.ofConfined();
  private Kernels kernels;
  private ProductKernel product;
  private MemorySegment weights;
  private MemorySegment lines;
  private MemorySegment start;
  private MemorySegment y;
  private long tile;

  @BeforeEach
  void setUp() {
    assumeTrue(Cpu.best() != Level.SCALAR, "there are no kernels for this processor");
    kernels = new Kernels(Cpu.best());
    product = kernels.product(DType.Q4_0, LineKind.BYTES, TOKENS);
    tile = Packing.tileBytes(DType.Q4_0, COLS, 16);
    weights = arena.allocate(TILES * tile, 64);
    lines = arena.allocate(Lines.bytes(TOKENS, COLS, 32), 64);
    start = arena.allocate(64, 64);
    y = arena.allocate(TOKENS * TILES * 64L, 64);
  }

  @AfterEach
  void tearDown() {
    arena.close();
  }

  @Test
  void whatFitsRuns() {
    assertThatCode(() -> call(c -> {}).run(product, 2, TILES)).doesNotThrowAnyException();
  }

  @Test
  void whatDoesNotFitIsRefused() {
    refused(c -> {}, 3, TILES);
    refused(c -> {}, 2, TILES + 1);
    refused(c -> {}, 0, TILES);
    refused(c -> {}, 2, 0);
    refused(c -> {}, Integer.MAX_VALUE, Integer.MAX_VALUE);
    refused(c -> c.weights(weights, 64, tile), 2, TILES);
    refused(c -> c.weights(weights, -64, tile), 2, TILES);
    refused(c -> c.weights(weights, 0, tile + 1), 2, TILES);
    refused(c -> c.weights(weights, 0, -tile), 2, TILES);
    refused(c -> c.weights(weights, 0, Long.MAX_VALUE), 2, TILES);
    refused(c -> c.x(lines, 64), 2, TILES);
    refused(c -> c.start(start, 0, 0, 64), 2, TILES);
    refused(c -> c.start(start, 0, 64, 0), 2, TILES);
    refused(c -> c.y(y, 4, TILES * 64), 2, TILES);
    refused(c -> c.y(y, 0, TILES * 64 + 4), 2, TILES);
  }

  @Test
  void linesStayWithinTheirMemory() {
    Kernel writer = kernels.lineWriter(LineKind.BYTES);
    MemorySegment floats = arena.allocate(4L * COLS, 64);
    ProductCall call = new ProductCall(arena);
    assertThatCode(() -> call.lines(writer, floats, 0, 128, lines, 0, 2, 64))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> call.lines(writer, floats, 4, 128, lines, 0, 2, 64))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> call.lines(writer, floats, 0, 128, lines, 0, 2, 640))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void packingStaysWithinItsMemory() {
    Weight stored =
        Weight.stored(
            "w", DType.Q4_0, 20, COLS, arena.allocate(20 * DType.Q4_0.rowBytes(COLS), 64));
    Kernel packer = kernels.packer(DType.Q4_0);
    ProductCall call = new ProductCall(arena);
    assertThatCode(() -> call.pack(packer, stored, 4, weights, 0)).doesNotThrowAnyException();
    assertThatThrownBy(() -> call.pack(packer, stored, 5, weights, 0))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> call.pack(packer, stored, 0, weights, tile + 1))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void rowsStayWithinTheirMemory() {
    RowCall call = new RowCall(arena);
    MemorySegment rows = arena.allocate(4 * 64, 64);
    assertThatCode(() -> call.add(kernels.add(), rows, rows, rows, 0, 64))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> call.add(kernels.add(), rows, rows, rows, 4, 64))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> call.add(kernels.add(), rows, rows, rows, 0, 60))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> call.gate(kernels.maps().gate(Activation.SILU), rows, rows, 32, 1, 1))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> call.rmsNorm(kernels.rmsNorm(), rows, rows, 1e-5f, rows, 32, 0, 3))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  private void refused(Consumer<ProductCall> mistake, int blocks, int tiles) {
    assertThatThrownBy(() -> call(mistake).run(product, blocks, tiles))
        .isInstanceOfAny(IndexOutOfBoundsException.class, ArithmeticException.class);
  }

  private ProductCall call(Consumer<ProductCall> mistake) {
    ProductCall call = new ProductCall(arena);
    call.weights(weights, 0, tile);
    call.x(lines, 0).start(start, 0, 0, 0).y(y, 0, TILES * 64L);
    mistake.accept(call);
    return call;
  }
}
