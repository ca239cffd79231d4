// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import java.nio.file.Path;
import java.util.Map;
import java.util.Random;

/** Data sets of random documents. */
final class Made {
  static final int VOCABULARY = 1000;

  private Made() {}

  /** Documents of 1 to 40 tokens; token values tell document and place apart mostly. */
  static TokenShards shards(Path folder, int documents, boolean masked, long seed) {
    Random random = new Random(seed);
    byte[] digest = new byte[ShardFormat.DIGEST_BYTES];
    try (ShardWriter out = ShardWriter.create(folder, VOCABULARY, digest, masked, 500)) {
      for (int d = 0; d < documents; d++) {
        int[] tokens = random.ints(1 + random.nextInt(40), 1, VOCABULARY).toArray();
        boolean[] learned = new boolean[tokens.length];
        for (int i = 0; i < learned.length; i++) {
          learned[i] = random.nextBoolean();
        }
        out.add(tokens, masked ? learned : null);
        out.endDocument(3L * tokens.length);
      }
      out.commit(Map.of("by", "a test"));
    }
    return TokenShards.open(folder);
  }
}
