// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.base.Json;
import io.jishi.engine.Sampling;
import java.io.InputStream;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Against the processors of Hugging Face Transformers. */
class SamplingGoldenTest {
  /** The reference computes in floats and prints seven digits. */
  private static final Offset<Float> LOGIT = Offset.offset(5e-6f);

  private static final Offset<Double> PROBABILITY = Offset.offset(2e-6);
  private static final Map<?, ?> GOLDEN = golden();

  private static Map<?, ?> golden() {
    try (InputStream in =
        SamplingGoldenTest.class.getResourceAsStream("/io/jishi/engine/sampling/golden.json")) {
      return (Map<?, ?>) Json.parse("golden.json", in.readAllBytes());
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void everyCaseKeepsTheSameTokensWithTheSameProbabilities() {
    int cases = 0;
    for (Object item : (List<?>) GOLDEN.get("vectors")) {
      Map<?, ?> vector = (Map<?, ?>) item;
      float[] logits = floats(vector.get("logits"));
      for (var e : ((Map<?, ?>) vector.get("cases")).entrySet()) {
        check((String) e.getKey(), (Map<?, ?>) e.getValue(), logits, prior(vector));
        cases++;
      }
    }
    assertThat(cases).isEqualTo(4 * 23);
  }

  private static int[] prior(Map<?, ?> vector) {
    return ((List<?>) vector.get("prior_ids"))
        .stream().mapToInt(v -> ((Long) v).intValue()).toArray();
  }

  private static void check(String name, Map<?, ?> expected, float[] logits, int[] prior) {
    Sampler sampler = new Sampler(sampling(name), prior, new BitSet());
    Candidates all = new Candidates();
    all.take(logits, null);
    sampler.shape(all);
    if (name.equals("bias")) {
      return; // below: the reference does not say its biases apart from the result
    }
    float[] processed = floats(expected.get("logits"));
    float[] probabilities = floats(expected.get("probs"));
    double total = all.weigh();
    if (hasTwoValues(logits) && name.matches(".*top_p.*|.*_p0.9")) {
      // Which of equals sorting puts first is chance in the reference: how many, not which.
      int kept = 0;
      for (float logit : processed) {
        kept += logit > Float.NEGATIVE_INFINITY ? 1 : 0;
      }
      assertThat(all.count).as(name).isEqualTo(kept);
      return;
    }
    for (int v = 0; v < processed.length; v++) {
      int at = all.find(v);
      assertThat(at >= 0)
          .as(name + " keeps " + v)
          .isEqualTo(processed[v] > Float.NEGATIVE_INFINITY);
      if (at >= 0) {
        assertThat(all.logits[at]).as(name + " logit " + v).isCloseTo(processed[v], LOGIT);
        assertThat(all.weights[at] / total)
            .as(name + " probability " + v)
            .isCloseTo(probabilities[v], PROBABILITY);
      }
    }
  }

  /** The fourth vector is made of equals. */
  private static boolean hasTwoValues(float[] logits) {
    java.util.Set<Float> values = new java.util.HashSet<>();
    for (float logit : logits) {
      values.add(logit);
    }
    return values.size() == 2;
  }

  @Test
  void aBiasIsAddedBeforeEverythingElse() {
    for (Object item : (List<?>) GOLDEN.get("vectors")) {
      Map<?, ?> vector = (Map<?, ?>) item;
      float[] logits = floats(vector.get("logits"));
      Map<?, ?> expected = (Map<?, ?>) ((Map<?, ?>) vector.get("cases")).get("bias");
      float[] processed = floats(expected.get("logits"));
      int best = 0;
      Map<Integer, Float> bias = new java.util.HashMap<>();
      for (int v = 0; v < logits.length; v++) {
        if (Math.abs(processed[v] - logits[v]) > 1e-4) {
          bias.put(v, (float) Math.rint(2 * (processed[v] - logits[v])) / 2);
        }
        best = processed[v] > processed[best] ? v : best;
      }
      assertThat(bias).isNotEmpty();
      Sampler sampler = new Sampler(Sampling.GREEDY.withBias(bias), new int[0], new BitSet());
      Candidates all = new Candidates();
      assertThat(sampler.draw(logits, null, all)).isEqualTo(best);
      for (int v = 0; v < logits.length; v++) {
        assertThat(all.logits[all.find(v)]).isCloseTo(processed[v], LOGIT);
      }
    }
  }

  /** The parameters stand in the names of the cases. */
  private static Sampling sampling(String name) {
    Sampling plain = new Sampling(1, 0, 1, 0, 1L);
    int line = name.lastIndexOf('_');
    float x = name.matches(".*_[0-9.]+") ? Float.parseFloat(name.substring(line + 1)) : 0;
    String kind = line < 0 || name.startsWith("combo") ? name : name.substring(0, line);
    return switch (kind) {
      case "temperature" -> new Sampling(x, 0, 1, 0, 1L);
      case "top_k" -> new Sampling(1, (int) x, 1, 0, 1L);
      case "top_p" -> new Sampling(1, 0, x, 0, 1L);
      case "min_p" -> new Sampling(1, 0, 1, x, 1L);
      case "typical" -> plain.with(new Sampling.Shape(0, 1, x, 0, 0, 0, null, null));
      case "epsilon" -> plain.with(new Sampling.Shape(0, 1, 1, 0, x, 0, null, null));
      case "eta" -> plain.with(new Sampling.Shape(0, 1, 1, 0, 0, x, null, null));
      case "repetition" -> plain.with(new Sampling.Penalties(x, 0, 0, 0, 0, null));
      case "no_repeat_ngram" -> plain.with(new Sampling.Penalties(1, 0, 0, 0, (int) x, null));
      case "openai_frequency_0.7_presence" ->
          plain.with(new Sampling.Penalties(1, 0.7f, 0.4f, 0, 0, null));
      case "combo_rep1.1_t0.8_k40_p0.9" ->
          new Sampling(0.8f, 40, 0.9f, 0, 1L).with(new Sampling.Penalties(1.1f, 0, 0, 0, 0, null));
      case "combo_t1.5_minp0.1" -> new Sampling(1.5f, 0, 1, 0.1f, 1L);
      case "bias" -> plain;
      default -> throw new AssertionError("unknown case " + name);
    };
  }

  private static float[] floats(Object list) {
    List<?> values = (List<?>) list;
    float[] out = new float[values.size()];
    for (int i = 0; i < out.length; i++) {
      Object v = values.get(i);
      out[i] = v == null ? Float.NEGATIVE_INFINITY : ((Number) v).floatValue();
    }
    return out;
  }
}
