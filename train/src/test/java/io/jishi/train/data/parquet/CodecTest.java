// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data.parquet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Blocks that the reference libraries pack come out as they went in. */
class CodecTest {
  /** Text of repeated words, noise, runs of one byte, and copies from far before. */
  private static byte[] data(Random random, int size) {
    byte[] data = new byte[size];
    int at = 0;
    while (at < size) {
      int n = Math.min(size - at, 1 + random.nextInt(1 << random.nextInt(14)));
      int kind = random.nextInt(5);
      for (int i = 0; i < n; i++, at++) {
        data[at] =
            switch (kind) {
              case 0 -> (byte) random.nextInt(256);
              case 1 -> (byte) n;
              case 2 ->
                  (byte)
                      ("the quick brown fox "
                          .charAt((int) Math.abs(random.nextGaussian() * 4) % 20));
              default ->
                  at < 70 ? (byte) at : data[at - (kind == 3 ? 7 + n % 60 : 1 + n * 31 % at)];
            };
      }
    }
    return data;
  }

  private static int size(Random random, int scale) {
    return random.nextInt(1 << scale) + random.nextInt(3);
  }

  @Property(tries = 250)
  void zstandardComesOutAsItWentIn(
      @ForAll long seed,
      @ForAll @IntRange(max = 19) int scale,
      @ForAll @IntRange(min = -5, max = 19) int level) {
    Random random = new Random(seed);
    byte[] data = data(random, size(random, scale));
    byte[] packed = com.github.luben.zstd.Zstd.compress(data, level);
    assertThat(Arrays.equals(Zstd.unpack(packed, data.length), data)).isTrue();
  }

  @Property(tries = 200)
  void snappyComesOutAsItWentIn(@ForAll long seed, @ForAll @IntRange(max = 19) int scale)
      throws IOException {
    Random random = new Random(seed);
    byte[] data = data(random, size(random, scale));
    byte[] packed = org.xerial.snappy.Snappy.compress(data);
    assertThat(Arrays.equals(Snappy.unpack(packed, data.length), data)).isTrue();
  }

  @Example
  void framesFollowOneAnotherAndMayHaveChecksumsAndStreams() throws IOException {
    byte[] data = data(new Random(1), 700_000);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int part = 0; part < 2; part++) {
      try (var zstd = new com.github.luben.zstd.ZstdOutputStream(out, 3)) { // no size in its head
        zstd.setChecksum(true);
        zstd.setCloseFrameOnFlush(false);
        zstd.write(data, part * 350_000, 350_000);
      }
    }
    assertThat(Arrays.equals(Zstd.unpack(out.toByteArray(), data.length), data)).isTrue();
  }

  @Property(tries = 1500)
  void damageIsNoticedOrGivesOtherBytesButNothingElse(@ForAll long seed, @ForAll boolean zstd)
      throws IOException {
    Random random = new Random(seed);
    byte[] data = data(random, 1 + random.nextInt(3000));
    byte[] packed =
        zstd
            ? com.github.luben.zstd.Zstd.compress(data, random.nextInt(19))
            : org.xerial.snappy.Snappy.compress(data);
    for (int i = random.nextInt(4); i >= 0; i--) {
      packed[random.nextInt(packed.length)] = (byte) random.nextInt(256);
    }
    if (random.nextBoolean()) {
      packed = Arrays.copyOf(packed, random.nextInt(packed.length + 1));
    }
    try {
      byte[] out = zstd ? Zstd.unpack(packed, data.length) : Snappy.unpack(packed, data.length);
      assertThat(out).hasSize(data.length);
    } catch (IllegalArgumentException | IndexOutOfBoundsException | ArithmeticException e) {
      return; // noticed; anything else that is thrown fails
    }
  }
}
