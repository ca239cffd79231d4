// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenShardsTest {
  @TempDir Path folder;

  @Test
  void whatWasWrittenIsRead() {
    for (boolean masked : new boolean[] {false, true}) {
      Path path = folder.resolve("data" + masked);
      try (TokenShards data = Made.shards(path, 200, masked, 7)) {
        Random random = new Random(7);
        long at = 0;
        for (int d = 0; d < 200; d++) {
          int[] tokens = random.ints(1 + random.nextInt(40), 1, Made.VOCABULARY).toArray();
          int[] read = new int[tokens.length];
          data.read(at, tokens.length, read, 0);
          assertThat(read).isEqualTo(tokens);
          assertThat(data.start(d)).isEqualTo(at);
          assertThat(data.end(d)).isEqualTo(at + tokens.length);
          assertThat(data.bytes(d)).isEqualTo(3L * tokens.length);
          for (int i = 0; i < tokens.length; i++) {
            assertThat(data.documentAt(at + i)).isEqualTo(d);
            assertThat(data.learned(at + i)).isEqualTo(random.nextBoolean() || !masked);
          }
          at += tokens.length;
        }
        assertThat(data.tokens()).isEqualTo(at);
        assertThat(data.documents()).isEqualTo(200);
        assertThat(data.bytes()).isEqualTo(3 * at);
        assertThat(path.resolve("shard-00001.tokens")).exists();
        data.verify();
      }
    }
  }

  @Test
  void everyFlippedByteIsFoundAndNamed() throws IOException {
    Made.shards(folder.resolve("data"), 30, true, 1).close();
    Path shard = folder.resolve("data/shard-00000.tokens");
    byte[] whole = Files.readAllBytes(shard);
    for (int i = 0; i < whole.length; i++) {
      byte[] hurt = whole.clone();
      hurt[i] ^= (byte) (1 << i % 8);
      Files.write(shard, hurt);
      assertThatThrownBy(
              () -> {
                try (TokenShards data = TokenShards.open(folder.resolve("data"))) {
                  data.verify();
                }
              })
          .as("byte %d", i)
          .isInstanceOf(JishiException.BadFile.class)
          .hasMessageContaining("shard");
    }
  }

  @Test
  void aCutShardIsRefused() throws IOException {
    Made.shards(folder.resolve("data"), 30, false, 1).close();
    Path shard = folder.resolve("data/shard-00000.tokens");
    byte[] whole = Files.readAllBytes(shard);
    for (int length = 0; length < whole.length; length += 13) {
      Files.write(shard, java.util.Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> TokenShards.open(folder.resolve("data")))
          .isInstanceOf(JishiException.BadFile.class)
          .hasMessageContaining("shard-00000");
    }
  }

  @Test
  void aBrokenManifestIsRefusedWithoutACrash() throws IOException {
    Made.shards(folder.resolve("data"), 30, false, 1).close();
    Path file = folder.resolve("data/dataset.json");
    String whole = Files.readString(file);
    Random random = new Random(3);
    for (int i = 0; i < 300; i++) {
      StringBuilder hurt = new StringBuilder(whole);
      for (int k = 0; k < 1 + random.nextInt(3); k++) {
        hurt.setCharAt(random.nextInt(hurt.length()), "0-9\"{}[],x:".charAt(random.nextInt(11)));
      }
      Files.writeString(file, hurt);
      try {
        TokenShards.open(folder.resolve("data")).close();
      } catch (JishiException e) {
        assertThat(e).hasMessageContaining("data");
      }
    }
  }

  @Test
  void aShardOfOtherDataIsRefused() throws IOException {
    Made.shards(folder.resolve("a"), 30, false, 1).close();
    Made.shards(folder.resolve("b"), 30, false, 2).close();
    Files.copy(
        folder.resolve("a/shard-00000.tokens"),
        folder.resolve("b/shard-00000.tokens"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThatThrownBy(() -> TokenShards.open(folder.resolve("b")))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("do not belong together");
  }

  @Test
  void whatWasNotCommittedIsNotThere() {
    Path path = folder.resolve("data");
    try (ShardWriter out = ShardWriter.create(path, 10, new byte[32], false)) {
      out.add(new int[] {1, 2}, null);
      out.endDocument(2);
      assertThat(path).doesNotExist();
      assertThatThrownBy(() -> ShardWriter.create(path, 10, new byte[32], false))
          .isInstanceOf(JishiException.Busy.class);
      assertThatThrownBy(() -> TokenShards.open(folder.resolve("data.partial")))
          .hasMessageContaining("not finished");
    }
    assertThat(path).doesNotExist();
    assertThat(folder.resolve("data.partial")).doesNotExist();
  }

  @Test
  void whatAKilledRunLeftIsOverwrittenButNothingFinishedIs() throws IOException {
    Path partial = Files.createDirectories(folder.resolve("data.partial"));
    Files.writeString(partial.resolve("shard-00000.tokens"), "half");
    Made.shards(folder.resolve("data"), 3, false, 1).close();
    assertThatThrownBy(() -> Made.shards(folder.resolve("data"), 3, false, 1))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageContaining("is there already");
    assertThatThrownBy(
            () -> {
              try (var empty = ShardWriter.create(folder.resolve("e"), 9, new byte[32], false)) {
                empty.commit(Map.of());
              }
            })
        .hasMessageContaining("no document");
  }
}
