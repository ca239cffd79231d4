// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.base.Json;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class LogprobTest {
  @Test
  void theMostLikelyTokensAreThoseOfTheReference() throws Exception {
    Map<?, ?> golden;
    try (InputStream in = getClass().getResourceAsStream("/io/jishi/engine/sampling/golden.json")) {
      golden = (Map<?, ?>) Json.parse("golden.json", in.readAllBytes());
    }
    for (Object item : (List<?>) golden.get("vectors")) {
      Map<?, ?> vector = (Map<?, ?>) item;
      List<?> values = (List<?>) vector.get("logits");
      float[] logits = new float[values.size()];
      for (int i = 0; i < logits.length; i++) {
        logits[i] = ((Number) values.get(i)).floatValue();
      }
      List<?> top = (List<?>) vector.get("top_logprobs_5");
      TokenLogprob found = TokenLogprob.of(logits, 3, 5);
      double sum = ((Number) vector.get("logsumexp")).doubleValue();
      assertThat(found.logprob()).isCloseTo((float) (logits[3] - sum), Offset.offset(1e-5f));
      for (int i = 0; i < 5; i++) {
        Map<?, ?> expected = (Map<?, ?>) top.get(i);
        int id = ((Long) expected.get("id")).intValue();
        // Of equals the reference may take any.
        assertThat(logits[found.top().get(i).token()]).isEqualTo(logits[id]);
        assertThat(found.top().get(i).logprob())
            .isCloseTo(((Number) expected.get("logprob")).floatValue(), Offset.offset(1e-5f));
      }
    }
  }
}
