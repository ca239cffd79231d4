// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

/** Blocks of 256 values of −d, 0, d: TQ1_0 and TQ2_0. */
final class TernaryEncoder {
  private static final int BLOCK = 256;

  private TernaryEncoder() {}

  /** Two bits a value, then the scale. */
  static void tq2(float[] x, int at, byte[] out, int to) {
    float inverse = inverse(x, at, out, to + 64);
    java.util.Arrays.fill(out, to, to + 64, (byte) 0);
    for (int i = 0; i < BLOCK; i++) {
      int q = BlockEncoder.roundAway(x[at + i] * inverse) + 1;
      out[to + 32 * (i / 128) + i % 32] |= (byte) (q << 2 * (i / 32 % 4));
    }
  }

  /** Five ternary digits a byte as a fraction of 256, rounded up; four in the last four bytes. */
  static void tq1(float[] x, int at, byte[] out, int to) {
    float inverse = inverse(x, at, out, to + 52);
    for (int b = 0; b < 52; b++) {
      int first = b < 32 ? b : b < 48 ? 160 + b - 32 : 240 + b - 48;
      int stride = b < 32 ? 32 : b < 48 ? 16 : 4;
      int digits = b < 48 ? 5 : 4;
      int q = 0;
      for (int n = 0; n < 5; n++) {
        int digit =
            n < digits ? BlockEncoder.roundAway(x[at + first + n * stride] * inverse) + 1 : 0;
        q = 3 * q + digit;
      }
      out[to + b] = (byte) ((q * 256 + 242) / 243);
    }
  }

  private static float inverse(float[] x, int at, byte[] out, int scaleAt) {
    float most = 0;
    for (int i = 0; i < BLOCK; i++) {
      most = Math.max(most, Math.abs(x[at + i]));
    }
    BlockEncoder.half(out, scaleAt, most);
    return most == 0 ? 0 : 1 / most;
  }
}
