// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Activation;
import io.jishi.tensor.Attention;
import io.jishi.tensor.Convolution;
import io.jishi.tensor.DType;
import io.jishi.tensor.DeltaRule;
import io.jishi.tensor.FeedForward;
import io.jishi.tensor.LatentAttention;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Mixture;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Rope;
import io.jishi.tensor.Routing;
import io.jishi.tensor.Scores;
import io.jishi.tensor.StateSpace;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import io.jishi.tensor.WeightedMean;
import io.jishi.train.tape.GradientTest.Bench;
import io.jishi.train.tape.GradientTest.Build;
import io.jishi.train.tape.GradientTest.Case;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Cases of {@link GradientTest} for what stands beside Llama in the waist. */
final class MoreGradients {
  /** Longer than a segment of a recurrence between kept states. */
  private static final int[] LONG = {Trail.SEGMENT * 2 + 5, 3, 1};

  private MoreGradients() {}

  static Map<String, List<Case>> cases() {
    Map<String, List<Case>> all = new TreeMap<>();
    all.put("scale", List.of(GradientTest.of(6, (b, x) -> b.tape.scale(x, -1.5f))));
    all.put(
        "multiply",
        List.of(
            GradientTest.of(6, (b, x) -> b.tape.multiply(x, x)),
            GradientTest.of(6, (b, x) -> b.tape.multiply(x, GradientTest.plain(b, x, "w"))),
            GradientTest.of(6, (b, x) -> b.tape.multiply(x, b.tape.columns(x, 2, 1)))));
    all.put("activate", activations());
    all.put("softCap", List.of(GradientTest.of(6, (b, x) -> b.tape.softCap(x, 1.5f))));
    all.put(
        "columns",
        List.of(
            GradientTest.of(6, (b, x) -> b.tape.columns(x, 1, 3)),
            GradientTest.of(
                6, (b, x) -> b.tape.add(b.tape.columns(x, 0, 4), b.tape.columns(x, 2, 4)))));
    all.put(
        "join",
        List.of(
            GradientTest.of(6, (b, x) -> b.tape.join(x, x)),
            GradientTest.of(6, (b, x) -> b.tape.join(b.tape.columns(x, 1, 2), x))));
    all.put(
        "embedPositions",
        List.of(
            GradientTest.of(4, (b, x) -> b.tape.embedPositions(b.weight("e", 12, 7), b.batch))));
    all.put("headLinear", List.of(GradientTest.of(12, (b, x) -> headLinear(b, x))));
    all.put("latentAttention", List.of(latent(GradientTest.SPANS), latent(new int[] {560, 2})));
    all.put("mixture", mixtures());
    all.put("convolve", List.of(convolve(true, 4), convolve(false, 2), convolve(false, 1)));
    all.put("stateSpace", List.of(stateSpace(6, 1, 4, 1, 4), stateSpace(4, 3, 2, 2, 1)));
    all.put("deltaRule", List.of(deltaRule(1, 2, false), deltaRule(2, 2, true)));
    all.put("weightedMean", List.of(new Case(10, LONG, 0, MoreGradients::weightedMean)));
    return all;
  }

  /** But for those with a kink, which is nothing for finite differences: they stand with gates. */
  private static List<Case> activations() {
    return Arrays.stream(Activation.values())
        .filter(a -> a != Activation.CLAMPED_SWIGLU && a != Activation.RELU)
        .map(a -> GradientTest.of(6, (b, x) -> b.tape.activate(x, a)))
        .toList();
  }

  static Case attention(int heads, int kvHeads, Scores scores, int[] spans) {
    return attention(heads, kvHeads, spans, b -> scores);
  }

  static Case sinks(int heads, int kvHeads, int[] spans) {
    return attention(heads, kvHeads, spans, b -> new Scores(0, 0, null, b.weight("s", 1, heads)));
  }

  private static Case attention(
      int heads, int kvHeads, int[] spans, java.util.function.Function<Bench, Scores> scores) {
    int dim = 8;
    Build build =
        (b, x) ->
            b.tape.attention(
                x,
                new Attention(
                    heads, kvHeads, dim, null, null, null, 0, 0.5f, false, scores.apply(b)),
                0,
                b.batch);
    return new Case((heads + 2 * kvHeads) * dim, spans, 0, build);
  }

  /** Heads that are normed behind their rotation, whose magnitude is not 1. */
  static Case turnedFirst() {
    Build build =
        (b, x) ->
            b.tape.attention(
                x,
                new Attention(
                    2,
                    1,
                    8,
                    rope(4),
                    b.weight("q", 1, 8),
                    b.weight("k", 1, 8),
                    1e-5f,
                    0.4f,
                    true,
                    Scores.PLAIN),
                0,
                b.batch);
    return GradientTest.of(4 * 8, build);
  }

  private static Rope rope(int dims) {
    float[] frequencies = new float[dims / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = 1f / (i + 1);
    }
    return new Rope(Rope.Style.PAIRS, dims, frequencies, 1.2f);
  }

  private static Tensor headLinear(Bench b, Tensor x) {
    List<Linear> heads = new ArrayList<>();
    for (int h = 0; h < 3; h++) {
      heads.add(Linear.of(b.weight("w" + h, 5, 4)));
    }
    return b.tape.headLinear(x, heads, Precision.EXACT);
  }

  private static Case latent(int[] spans) {
    LatentAttention spec = new LatentAttention(3, 6, 4, rope(4), 0.3f);
    Build build =
        (b, x) ->
            b.tape.latentAttention(
                b.tape.columns(x, 0, spec.queryWidth()),
                b.tape.columns(x, spec.queryWidth(), spec.rowWidth()),
                spec,
                0,
                b.batch);
    return new Case(spec.queryWidth() + spec.rowWidth(), spans, 0, build);
  }

  /** A frozen vector. */
  private static Weight frozen(float... values) {
    MemorySegment memory = Arena.ofAuto().allocate(4L * values.length, 64);
    MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_FLOAT, 0, values.length);
    return Weight.stored("frozen", DType.F32, 1, values.length, memory);
  }

  /** The choice never changes under a small step: all experts, or two by their bias. */
  private static List<Case> mixtures() {
    Weight fixed = frozen(0, 20, 0, 30);
    List<Case> cases = new ArrayList<>();
    for (Routing.Scoring scoring : Routing.Scoring.values()) {
      boolean chosen = scoring == Routing.Scoring.SOFTMAX_CHOSEN;
      cases.add(mixture(new Routing(4, 4, scoring, null, 1, 1, 1, false, 1), true));
      cases.add(mixture(new Routing(4, 2, scoring, fixed, 1, 1, 1, !chosen, 1.7f), true));
      cases.add(mixture(new Routing(4, 2, scoring, fixed, 2, 2, 1, false, 0.6f), false));
    }
    Routing both = new Routing(4, 2, Routing.Scoring.SOFTMAX, fixed, 1, 1, 1, true, 1.7f);
    cases.add(GradientTest.of(6, (b, x) -> adapted(b, x, both)));
    return cases;
  }

  static Case mixture(Routing routing, boolean gated) {
    return GradientTest.of(
        6, (b, x) -> b.tape.mixture(x, mixture(b, routing, gated), Precision.EXACT));
  }

  /** Adapters beside the router and some matrices of experts. */
  private static Tensor adapted(Bench b, Tensor x, Routing routing) {
    Mixture mixture = mixture(b, routing, true);
    adapter(b, "router", routing.experts(), 6);
    for (int e = 1; e < routing.experts(); e += 2) {
      adapter(b, "u" + e, 5, 6);
      adapter(b, "d" + e, 6, 5);
    }
    b.tape = new Tape(b.parameters, b.adapters);
    b.tape.begin(b.batch);
    Tensor again = b.tape.input(x.rows(), x.cols());
    return b.tape.mixture(again, mixture, Precision.EXACT);
  }

  private static void adapter(Bench b, String name, int out, int in) {
    Trainable low = b.parameters.add(name + ".a", 2, in);
    Trainable high = b.parameters.add(name + ".b", out, 2);
    GradientTest.fill(b.random, low.data(), 0.3);
    GradientTest.fill(b.random, high.data(), 0.3);
    b.adapters.put(name, new LowRank(low, high, 1.5f));
  }

  static Mixture mixture(Bench b, Routing routing, boolean gated) {
    List<FeedForward> experts = new ArrayList<>();
    for (int e = 0; e < routing.experts(); e++) {
      // Those that nobody chooses have no gradient, and so are none of the case's weights.
      boolean used = routing.bias() == null || e % 2 == 1;
      experts.add(expert(b, e, used, gated));
    }
    Weight router = b.weight("router", routing.experts(), 6);
    Linear linear =
        Linear.of(List.of(router), List.of(b.weight("routerBias", 1, routing.experts())));
    return new Mixture(linear, routing, experts);
  }

  private static FeedForward expert(Bench b, int e, boolean used, boolean gated) {
    int inner = 5;
    Weight gate = weight(b, used && gated, "g" + e, inner, 6);
    Weight up = weight(b, used, "u" + e, inner, 6);
    Linear in =
        gated
            ? Linear.of(List.of(gate, up), Collections.nCopies(2, null))
            : Linear.of(List.of(up), List.of(weight(b, used, "ub" + e, 1, inner)));
    Linear down =
        Linear.of(
            List.of(weight(b, used, "d" + e, 6, inner)), List.of(weight(b, used, "db" + e, 1, 6)));
    return new FeedForward(in, down, Activation.SILU);
  }

  private static Weight weight(Bench b, boolean learns, String name, int rows, int cols) {
    if (learns) {
      return b.weight(name, rows, cols);
    }
    MemorySegment memory = Arena.ofAuto().allocate(4L * rows * cols, 64);
    return Weight.stored(name, DType.F32, rows, cols, memory);
  }

  private static Case convolve(boolean biased, int kernel) {
    int channels = 70; // more than a chunk
    return GradientTest.of(
        channels,
        (b, x) ->
            b.tape.convolve(
                x,
                new Convolution(
                    b.weight("w", channels, kernel), biased ? b.weight("b", 1, channels) : null),
                0,
                b.batch));
  }

  private static Case stateSpace(int heads, int dim, int state, int groups, int decays) {
    int in = heads * dim + 2 * groups * state;
    Build build =
        (b, x) -> {
          StateSpace spec =
              new StateSpace(
                  heads,
                  dim,
                  state,
                  groups,
                  negative(b.weight("a", heads, decays)),
                  b.weight("d", 1, heads),
                  b.weight("bias", 1, heads));
          return b.tape.stateSpace(
              b.tape.columns(x, 0, in), b.tape.columns(x, in, heads), spec, 0, b.batch);
        };
    return new Case(in + heads, LONG, 0, build);
  }

  /** Decays are negative. */
  private static Weight negative(Weight weight) {
    MemorySegment data = weight.data();
    for (long i = 0; i < data.byteSize() / 4; i++) {
      float v = data.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      data.setAtIndex(ValueLayout.JAVA_FLOAT, i, -0.1f - Math.abs(v));
    }
    return weight;
  }

  private static Case deltaRule(int keyHeads, int valueHeads, boolean channels) {
    int dim = 4;
    int width = 3;
    int in = 2 * keyHeads * dim + valueHeads * width;
    int decays = channels ? valueHeads * dim : valueHeads;
    Build build =
        (b, x) -> {
          DeltaRule rule =
              new DeltaRule(
                  keyHeads,
                  valueHeads,
                  dim,
                  width,
                  channels,
                  negative(b.weight("a", 1, valueHeads)),
                  b.weight("bias", 1, decays));
          return b.tape.deltaRule(
              b.tape.columns(x, 0, in),
              b.tape.columns(x, in, decays),
              b.tape.columns(x, in + decays, valueHeads),
              rule,
              0,
              b.batch);
        };
    return new Case(in + decays + valueHeads, LONG, 0, build);
  }

  private static Tensor weightedMean(Bench b, Tensor x) {
    WeightedMean spec = new WeightedMean(negative(b.weight("w", 1, 5)), b.weight("u", 1, 5));
    return b.tape.weightedMean(b.tape.columns(x, 0, 5), b.tape.columns(x, 5, 5), spec, 0, b.batch);
  }
}
