// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MixtureTest {
  private static final int LENGTH = 32;

  @TempDir Path folder;
  private TokenShards plain;
  private TokenShards chat;

  @BeforeEach
  void make() {
    plain = Made.shards(folder.resolve("plain"), 700, false, 1);
    chat = Made.shards(folder.resolve("chat"), 1100, true, 2);
  }

  @AfterEach
  void close() {
    plain.close();
    chat.close();
  }

  private Mixture mixture(long seed) {
    return new Mixture(
        List.of(
            new Part("plain", plain, 3, Packing.CHUNKS), new Part("chat", chat, 1, Packing.WHOLE)),
        LENGTH,
        seed);
  }

  @Property(tries = 200)
  void aPermutationHasEachThingOnce(
      @ForAll @IntRange(min = 1, max = 3000) int n, @ForAll long key) {
    Permutation order = new Permutation(n, key);
    Set<Long> seen = new HashSet<>();
    for (int i = 0; i < n; i++) {
      long at = order.at(i);
      assertThat(at).isBetween(0L, n - 1L);
      assertThat(seen.add(at)).isTrue();
    }
  }

  @Test
  void theStreamResumesToTheBitFromAnyPlaceAndForAnyBatchSize() {
    Mixture whole = mixture(5);
    Batch all = whole.next(4000);
    Mixture parts = mixture(5);
    int row = 0;
    for (int rows = 1; row + rows <= 4000; rows = rows % 97 + 3) {
      String saved = Json.write(parts.cursor().values());
      parts = mixture(5);
      parts.seek(Cursor.read(JsonObject.of("cursor", Json.parse("cursor", saved))));
      assertEquals(parts.next(rows), all.slice(row, rows));
      row += rows;
      assertThat(parts.cursor().rows()).isEqualTo(row);
    }
    assertThat(whole.epochs(0)).isGreaterThan(1);
    assertThat(whole.epochs(1)).isGreaterThan(1);
  }

  private static void assertEquals(Batch a, Batch b) {
    assertThat(a.tokens()).isEqualTo(b.tokens());
    assertThat(a.labels()).isEqualTo(b.labels());
    assertThat(a.bounds()).isEqualTo(b.bounds());
  }

  @Test
  void anotherSeedIsAnotherOrder() {
    assertThat(mixture(1).next(8).tokens()).isNotEqualTo(mixture(2).next(8).tokens());
  }

  @Test
  void partsKeepToTheirWeightsAtEveryRow() {
    Mixture mixture = mixture(9);
    for (int row = 1; row <= 400; row++) {
      mixture.next(1);
      assertThat(Math.abs(mixture.cursor().parts().get(0).drawn() - 0.75 * row)).isLessThan(1.0);
    }
  }

  @Test
  void aCursorOfAnotherStreamIsRefused() {
    Cursor cursor = mixture(1).cursor();
    assertThatThrownBy(() -> mixture(2).seek(cursor))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageContaining("seed");
  }

  /** Every label is the next token of its own document, and learned. */
  @Test
  void labelsAreTheNextTokensOfTheSameDocument() {
    Batch batch = mixture(3).next(300);
    assertThat(batch.bounds()[0]).isZero();
    assertThat(batch.bounds()[batch.bounds().length - 1]).isEqualTo(300 * LENGTH);
    for (int d = 0; d + 1 < batch.bounds().length; d++) {
      int from = batch.bounds()[d];
      int to = batch.bounds()[d + 1];
      assertThat(to).isGreaterThan(from);
      assertThat(from / LENGTH).as("a document lies in one row").isEqualTo((to - 1) / LENGTH);
      for (int i = from; i + 1 < to; i++) {
        assertThat(batch.labels()[i]).isIn(Batch.IGNORE, batch.tokens()[i + 1]);
      }
    }
  }

  /**
   * Over an epoch of whole documents, each learned token that has one before it is a label once.
   */
  @Test
  void anEpochOfWholeDocumentsTeachesEachLearnedTokenOnce() {
    Mixture mixture = new Mixture(List.of(new Part("c", chat, 1, Packing.WHOLE)), LENGTH, 4);
    long expected = 0;
    for (long d = 0; d < chat.documents(); d++) {
      for (long t = chat.start(d) + 1; t < chat.end(d); t++) {
        expected += chat.learned(t) ? 1 : 0;
      }
    }
    long learned = 0;
    while (true) {
      Cursor before = mixture.cursor();
      Batch row = mixture.next(1);
      if (mixture.epochs(0) >= 1) {
        assertThat(before.rows()).isPositive();
        break;
      }
      learned += row.learned();
    }
    assertThat(learned).isEqualTo(expected);
  }

  @Test
  void anEpochOfChunksShowsNearlyAllTokensOnce() {
    Mixture mixture = new Mixture(List.of(new Part("p", plain, 1, Packing.CHUNKS)), LENGTH, 4);
    int rows = (int) (plain.tokens() / LENGTH);
    long[] sums = new long[2];
    for (int token : mixture.next(rows).tokens()) {
      sums[0] += token;
    }
    int[] all = new int[(int) plain.tokens()];
    plain.read(0, all.length, all, 0);
    for (int token : all) {
      sums[1] += token;
    }
    assertThat(mixture.epochs(0)).isEqualTo(1);
    assertThat(sums[1] - sums[0]).isBetween(0L, (long) LENGTH * Made.VOCABULARY);
  }

  @Test
  void evaluationReadsEachTokenOnceInOrder() {
    int[] all = new int[(int) plain.tokens()];
    plain.read(0, all.length, all, 0);
    int at = 0;
    int learned = 0;
    for (Batch batch : new InOrder(plain, LENGTH, 7)) {
      for (int i = 0; i < batch.tokens().length && at < all.length; i++) {
        assertThat(batch.tokens()[i]).isEqualTo(all[at++]);
      }
      learned += batch.learned();
    }
    assertThat(at).isEqualTo(all.length);
    assertThat(learned).isEqualTo(all.length - 700);
  }

  @Test
  void aSliceIsTheSameRows() {
    Batch batch = mixture(3).next(12);
    Batch slice = batch.slice(4, 5);
    assertThat(slice.tokens())
        .isEqualTo(java.util.Arrays.copyOfRange(batch.tokens(), 4 * LENGTH, 9 * LENGTH));
    assertThat(slice.bounds()[0]).isZero();
    assertThat(slice.bounds()[slice.bounds().length - 1]).isEqualTo(5 * LENGTH);
  }
}
