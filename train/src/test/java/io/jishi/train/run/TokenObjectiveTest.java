// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.train.data.Batch;
import io.jishi.train.data.ShardWriter;
import io.jishi.train.data.TokenShards;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenObjectiveTest {
  private static final int NO = Batch.IGNORE;

  @TempDir Path temp;

  @Test
  void heldOutConversationsStandWholeAndApart() {
    int[][] conversations = {{1, 2, 3}, {4, 5, 6, 7}, {8}, {9, 10, 11, 12, 13, 14}};
    try (ShardWriter writer = ShardWriter.create(temp.resolve("s"), 20, new byte[32], true)) {
      for (int[] tokens : conversations) {
        boolean[] learned = new boolean[tokens.length];
        learned[tokens.length - 1] = true;
        writer.add(tokens, learned);
        writer.endDocument(tokens.length);
      }
      writer.commit(Map.of());
    }
    try (TokenShards shards = TokenShards.open(temp.resolve("s"))) {
      TokenObjective.HeldOutRows held =
          new TokenObjective.HeldOutRows(shards, 4, 2, Long.MAX_VALUE);
      Batch first = held.next();
      // Two of three inputs, of which the second would not fit behind the first.
      assertThat(first.tokens()).containsExactly(1, 2, 0, 0, 4, 5, 6, 0);
      assertThat(first.labels()).containsExactly(NO, 3, NO, NO, NO, NO, 7, NO);
      assertThat(first.bounds()).containsExactly(0, 2, 4, 7, 8);
      Batch second = held.next();
      // One that is too long goes on in the next row.
      assertThat(second.tokens()).containsExactly(9, 10, 11, 12, 13, 0, 0, 0);
      assertThat(second.labels()).containsExactly(NO, NO, NO, NO, 14, NO, NO, NO);
      assertThat(second.bounds()).containsExactly(0, 4, 5, 8);
      assertThat(held.next()).isNull();
    }
  }
}
