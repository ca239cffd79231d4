// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class PackingTest {
  private static final int TILE = 16;

  @Test
  void aTileIsOneBlockAfterAnotherEachItsWordsThenItsTails() {
    Weight stored = RandomWeights.make(DType.Q5_0, 20, 96, 1);
    Weight packed = pack(stored);
    byte[] row = new byte[3 * 22];
    long tileBytes = 16 * 3 * 22;
    assertThat(packed.bytes()).isEqualTo(2 * tileBytes);
    for (int r = 0; r < 20; r++) {
      stored.storedRow(r, 0, 96, row);
      long tile = r / TILE * tileBytes;
      for (int block = 0; block < 3; block++) {
        for (int k = 0; k < 5; k++) {
          long at = tile + 22 * TILE * block + 4 * (k * TILE + r % TILE);
          for (int i = 0; i < 4; i++) {
            assertThat(byteAt(packed, at + i)).isEqualTo(row[block * 22 + 2 + 4 * k + i]);
          }
        }
        long at = tile + 22 * TILE * block + 4 * 5 * TILE + 2 * (r % TILE);
        assertThat(byteAt(packed, at)).isEqualTo(row[block * 22]);
        assertThat(byteAt(packed, at + 1)).isEqualTo(row[block * 22 + 1]);
      }
    }
  }

  @Test
  void lanesPastTheLastRowAreZeroBytes() {
    Weight packed = pack(RandomWeights.make(DType.Q8_0, 3, 64, 2));
    for (long at = 0; at < packed.bytes(); at++) {
      long inBlock = at % (34 * TILE);
      boolean word = inBlock < 4 * 8 * TILE;
      long lane = word ? inBlock / 4 % TILE : inBlock / 2 % TILE;
      if (lane >= 3) {
        assertThat(byteAt(packed, at)).isZero();
      }
    }
  }

  @Test
  void theBytesOfQ8BecomeUnsigned() {
    Weight stored = RandomWeights.make(DType.Q8_0, 1, 32, 3);
    byte[] row = new byte[34];
    stored.storedRow(0, 0, 32, row);
    Weight packed = pack(stored);
    for (int i = 0; i < 32; i++) {
      int unsigned = byteAt(packed, i / 4 * 4 * TILE + i % 4) & 255;
      assertThat(unsigned).isEqualTo(row[2 + i] + 128);
    }
  }

  @Test
  void halvesStandInPairsOfColumnsPaddedWithZeros() {
    Weight stored = RandomWeights.make(DType.F16, 17, 35, 4);
    Weight packed = pack(stored);
    assertThat(packed.bytes()).isEqualTo(2 * 16 * 64 * 2);
    byte[] row = new byte[70];
    for (int r = 0; r < 17; r++) {
      stored.storedRow(r, 0, 35, row);
      for (int col = 0; col < 64; col++) {
        long at = r / TILE * 16 * 64 * 2 + (col / 2 * TILE + r % TILE) * 4 + col % 2 * 2;
        assertThat(byteAt(packed, at)).isEqualTo(col < 35 ? row[2 * col] : 0);
        assertThat(byteAt(packed, at + 1)).isEqualTo(col < 35 ? row[2 * col + 1] : 0);
      }
    }
  }

  @Test
  void floatsStandColumnByColumn() {
    Weight stored = RandomWeights.make(DType.F32, 17, 33, 5);
    Weight packed = pack(stored);
    assertThat(packed.bytes()).isEqualTo(2 * 16 * 64 * 4);
    float[] row = new float[33];
    stored.row(16, null, row);
    for (int col = 0; col < 33; col++) {
      long at = 16 * 64 * 4 + col * TILE * 4;
      assertThat(packed.data().get(ValueLayout.JAVA_FLOAT, at)).isEqualTo(row[col]);
    }
  }

  @Test
  void aTileOfAnotherSizeAndASecondPackingAreRefused() {
    Weight stored = RandomWeights.make(DType.F32, 2, 32, 6);
    MemorySegment memory = Arena.ofAuto().allocate(16 * 32 * 4);
    assertThatThrownBy(() -> stored.pack(memory, 12)).hasMessageContaining("12");
    assertThatThrownBy(() -> stored.pack(memory, 32)).hasMessageContaining("4096 bytes");
    Weight packed = stored.pack(memory, TILE);
    assertThat(packed.tile()).isEqualTo(TILE);
    assertThatThrownBy(() -> packed.pack(memory, TILE)).hasMessageContaining("packed already");
  }

  private static Weight pack(Weight stored) {
    long bytes = Packing.packedBytes(stored.type(), stored.rows(), stored.cols(), TILE);
    return stored.pack(Arena.ofAuto().allocate(bytes, 64).fill((byte) 0x5A), TILE);
  }

  private static byte byteAt(Weight weight, long at) {
    return weight.data().get(ValueLayout.JAVA_BYTE, at);
  }
}
