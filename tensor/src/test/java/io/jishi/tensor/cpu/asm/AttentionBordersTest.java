// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jishi.tensor.Attention;
import io.jishi.tensor.DType;
import io.jishi.tensor.LatentAttention;
import io.jishi.tensor.StateSpec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** No block, query or result outside of its memory ever gets to the kernels of attention. */
class AttentionBordersTest {
  private static final int ROWS = 7;

  private final Arena arena = Arena.ofConfined();
  private AttentionRows rows;

  @BeforeEach
  void setUp() {
    assumeTrue(Cpu.best() != Level.SCALAR, "there are no kernels for this processor");
    rows = new AttentionRows(arena);
  }

  @AfterEach
  void tearDown() {
    arena.close();
  }

  static Stream<Arguments> shapesAndTypes() {
    AttentionShape whole = AttentionShape.of(new Attention(2, 2, 32, null, null, null, 0, 1));
    AttentionShape odd = AttentionShape.of(new Attention(2, 2, 12, null, null, null, 0, 1));
    AttentionShape latent = AttentionShape.of(new LatentAttention(2, 24, 8, null, 1));
    return Stream.of(whole, odd, latent)
        .flatMap(shape -> StateSpec.CACHED.stream().map(type -> Arguments.of(shape, type)));
  }

  @ParameterizedTest
  @MethodSource("shapesAndTypes")
  void nothingOutsideIsRead(AttentionShape shape, DType type) {
    int width = 2 * shape.keyDim();
    boolean latent = shape.latent();
    StateSpec.Rows cached =
        new StateSpec.Rows(latent ? shape.keyDim() : width, latent ? 0 : width, type, 4);
    long size = cached.tokenBytes() * StateSpec.BLOCK;
    MemorySegment block = arena.allocate(size, 64);
    MemorySegment queries = arena.allocate(4L * ROWS * shape.keyDim(), 64);
    long values = latent ? 0 : cached.keyBytes();
    int last = latent ? 0 : 1;
    rows.begin(new Kernels(Cpu.best()).attention(shape), ROWS);
    rows.scores(1, 0);
    assertThatCode(() -> rows.merge(cached, queries, 0, block, 0, values, last, true))
        .doesNotThrowAnyException();
    refused(() -> rows.merge(cached, queries, 4, block, 0, values, last, true));
    refused(() -> rows.merge(cached, queries, -4, block, 0, values, last, true));
    refused(() -> rows.merge(cached, queries, 0, block, 0, values, last + 1, true));
    refused(() -> rows.merge(cached, queries, 0, block, -4, values, 0, true));
    refused(
        () -> rows.merge(cached, queries, 0, block.asSlice(0, size - 1), 0, values, last, true));
    refused(() -> rows.range(ROWS, 0, 1));
    refused(() -> rows.range(0, 3, 2));
    refused(() -> rows.range(0, 0, StateSpec.BLOCK + 1));
    refused(() -> rows.slope(ROWS, 1, 0));
    refused(() -> rows.extra(ROWS, 1));
    refused(() -> rows.max(-1));
    long bytes = 4L * ROWS * shape.valueDim();
    MemorySegment out = arena.allocate(bytes, 64);
    assertThatCode(() -> rows.finish(ROWS, out, 0, 4L * shape.valueDim(), false))
        .doesNotThrowAnyException();
    refused(() -> rows.finish(ROWS, out, 4, 4L * shape.valueDim(), true));
    refused(() -> rows.finish(ROWS + 1, out, 0, 4L * shape.valueDim(), false));
  }

  private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call).isInstanceOf(IndexOutOfBoundsException.class);
  }
}
