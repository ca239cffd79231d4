// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jishi.base.JishiException;
import io.jishi.tensor.Activation;
import io.jishi.tensor.Attention;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.BidirectionalAttention;
import io.jishi.tensor.DType;
import io.jishi.tensor.FeedForward;
import io.jishi.tensor.Linear;
import io.jishi.tensor.MatrixProducts;
import io.jishi.tensor.Norm;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Rope;
import io.jishi.tensor.Scores;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The gradient of each operation of the waist against finite differences. An operation without a
 * case here fails the test. Longer than other files: one case an operation, all in one table.
 */
class GradientTest {
  /** A step at which single precision and curvature disturb about equally. */
  static final double STEP = 1e-2;

  /** Of the product of the norms of gradient and direction. */
  private static final double ERROR = 2e-3;

  private static final int DIRECTIONS = 3;

  /** An operation on an input of so many columns. */
  record Case(int cols, int[] spans, int outputs, Build build) {}

  @FunctionalInterface
  interface Build {
    Tensor build(Bench b, Tensor x);
  }

  /** What a case is made of. */
  static final class Bench implements AutoCloseable {
    final SplittableRandom random = new SplittableRandom(7);
    final Parameters parameters = new Parameters(_ -> true);
    final Map<String, LowRank> adapters = new LinkedHashMap<>();
    final Batch batch = new Batch();
    Tape tape;

    Weight weight(String name, int rows, int cols) {
      Trainable t = parameters.add(name, rows, cols);
      fill(random, t.data(), rows == 1 ? 1 : 1 / Math.sqrt(cols));
      return Weight.stored(name, DType.F32, rows, cols, t.data());
    }

    @Override
    public void close() {
      parameters.close();
    }
  }

  static final int[] SPANS = {5, 1, 9, 2};

  private static final float[] SLOPES = {0.5f, 0.25f, 0.7f, 0.1f};

  private static final Map<String, List<Case>> CASES = cases();

  private static Map<String, List<Case>> cases() {
    Map<String, List<Case>> all = new TreeMap<>();
    all.put("embed", List.of(of(4, (b, x) -> b.tape.embed(b.weight("e", 11, 7), b.batch))));
    all.put("rmsNorm", List.of(of(24, (b, x) -> b.tape.rmsNorm(x, b.weight("g", 1, 24), 1e-5f))));
    all.put(
        "norm",
        List.of(
            of(24, (b, x) -> b.tape.norm(x, norm(b, Norm.Kind.RMS, 1, 24, false))),
            of(24, (b, x) -> b.tape.norm(x, norm(b, Norm.Kind.RMS, 3, 24, false))),
            of(24, (b, x) -> b.tape.norm(x, norm(b, Norm.Kind.RMS, 3, 8, true))),
            of(24, (b, x) -> b.tape.norm(x, norm(b, Norm.Kind.LAYER, 1, 24, true))),
            of(24, (b, x) -> b.tape.norm(x, norm(b, Norm.Kind.LAYER, 4, 6, false)))));
    all.put("linear", List.of(of(12, GradientTest::linear), of(12, GradientTest::adapted)));
    all.put(
        "gate",
        Arrays.stream(Activation.values())
            .filter(a -> a != Activation.RELU) // its kink is nothing for finite differences
            .map(a -> of(10, (b, x) -> b.tape.gate(x, a)))
            .toList());
    all.put(
        "add",
        List.of(
            of(6, (b, x) -> b.tape.add(x, x)),
            of(6, (b, x) -> b.tape.add(x, plain(b, x, "w"))),
            of(6, (b, x) -> b.tape.add(plain(b, x, "w"), x)),
            of(6, (b, x) -> b.tape.add(plain(b, x, "v"), plain(b, x, "w")))));
    int[] far = {600, 3};
    all.put(
        "attention",
        List.of(
            of(attention(4, 2, 8, Rope.Style.HALVES, 8, false)),
            of(attention(4, 4, 8, Rope.Style.PAIRS, 4, true)),
            of(attention(2, 1, 16, Rope.Style.HALVES, 16, true)),
            new Case(3 * 16, far, 0, attend(attention(1, 1, 16, null, 0, false))),
            MoreGradients.attention(2, 1, new Scores(3, 0, null, null), SPANS),
            MoreGradients.attention(1, 1, new Scores(70, 0, null, null), far),
            MoreGradients.attention(2, 2, new Scores(0, 2, null, null), SPANS),
            MoreGradients.attention(4, 2, new Scores(0, 0, SLOPES, null), SPANS),
            MoreGradients.attention(4, 2, new Scores(4, 3, SLOPES, null), SPANS),
            MoreGradients.sinks(4, 2, SPANS),
            MoreGradients.sinks(1, 1, far),
            MoreGradients.turnedFirst()));
    all.put(
        "bidirectionalAttention",
        List.of(
            of(bidirectional(4, 2, 8, 0, true)),
            of(bidirectional(2, 2, 6, 2, false)),
            new Case(3 * 8, far, 0, attend(bidirectional(1, 1, 8, 0, false))),
            new Case(3 * 8, far, 0, attend(bidirectional(1, 1, 8, 70, false)))));
    all.put(
        "outputs",
        List.of(
            new Case(6, SPANS, 1, (b, x) -> b.tape.outputs(x, b.batch)),
            new Case(6, SPANS, 1, (b, x) -> b.tape.outputs(plain(b, x, "w"), b.batch))));
    all.put("feedForward", List.of(of(8, GradientTest::feedForward)));
    all.putAll(MoreGradients.cases());
    return all;
  }

  static Case of(int cols, Build build) {
    return new Case(cols, SPANS, 0, build);
  }

  private record Heads(
      int heads, int kvHeads, int dim, Rope.Style style, int rotary, boolean normed) {}

  private static Heads attention(
      int heads, int kvHeads, int dim, Rope.Style style, int rotary, boolean normed) {
    return new Heads(heads, kvHeads, dim, style, rotary, normed);
  }

  private static Case of(Heads h) {
    return of((h.heads + 2 * h.kvHeads) * h.dim, attend(h));
  }

  private static Build attend(Heads h) {
    return (b, x) -> {
      float[] frequencies = new float[h.rotary / 2];
      for (int i = 0; i < frequencies.length; i++) {
        frequencies[i] = 1f / (i + 1);
      }
      Rope rope = h.style == null ? null : new Rope(h.style, h.rotary, frequencies);
      Attention attention =
          new Attention(
              h.heads,
              h.kvHeads,
              h.dim,
              rope,
              h.normed ? b.weight("q", 1, h.dim) : null,
              h.normed ? b.weight("k", 1, h.dim) : null,
              1e-5f,
              (float) (1 / Math.sqrt(h.dim)));
      return b.tape.attention(x, attention, 0, b.batch);
    };
  }

  private static BidirectionalAttention bidirectional(
      int heads, int kvHeads, int dim, int reach, boolean turned) {
    Rope rope = turned ? new Rope(Rope.Style.HALVES, dim, new float[] {1, 0.5f, 0.3f, 0.1f}) : null;
    return new BidirectionalAttention(
        heads, kvHeads, dim, rope, (float) (1 / Math.sqrt(dim)), reach);
  }

  private static Case of(BidirectionalAttention spec) {
    return of(spec.inputWidth(), attend(spec));
  }

  private static Build attend(BidirectionalAttention spec) {
    return (b, x) -> b.tape.bidirectionalAttention(x, spec, b.batch);
  }

  private static Norm norm(Bench b, Norm.Kind kind, int groups, int size, boolean biased) {
    Weight bias = biased ? b.weight("n", 1, size) : null;
    return new Norm(kind, groups, b.weight("g", 1, size), bias, 1e-5f);
  }

  static Tensor plain(Bench b, Tensor x, String name) {
    Weight w = b.weight(name, x.cols(), x.cols());
    return b.tape.linear(x, Linear.of(w), Precision.EXACT);
  }

  private static Tensor linear(Bench b, Tensor x) {
    List<Weight> biases = Arrays.asList(b.weight("b1", 1, 5), null);
    List<Weight> weights = List.of(b.weight("w1", 5, x.cols()), b.weight("w2", 9, x.cols()));
    return b.tape.linear(x, Linear.of(weights, biases), Precision.FAST);
  }

  private static Tensor adapted(Bench b, Tensor x) {
    Weight w = b.weight("w", 5, x.cols());
    Weight v = b.weight("v", 6, x.cols());
    Trainable low = b.parameters.add("a", 3, x.cols());
    Trainable high = b.parameters.add("b", 6, 3);
    fill(b.random, low.data(), 0.3);
    fill(b.random, high.data(), 0.3);
    b.adapters.put("v", new LowRank(low, high, 2));
    b.tape = new Tape(b.parameters, b.adapters);
    b.tape.begin(b.batch);
    Tensor again = b.tape.input(x.rows(), x.cols());
    return b.tape.linear(
        again, Linear.of(List.of(w, v), Collections.nCopies(2, null)), Precision.EXACT);
  }

  private static Tensor feedForward(Bench b, Tensor x) {
    Linear up =
        Linear.of(
            List.of(b.weight("g", 12, x.cols()), b.weight("u", 12, x.cols())),
            Collections.nCopies(2, null));
    Linear down = Linear.of(b.weight("d", x.cols(), 12));
    Tensor y = b.tape.feedForward(x, new FeedForward(up, down, Activation.SILU), Precision.EXACT);
    return b.tape.add(x, y);
  }

  static Set<String> operations() {
    return CASES.keySet();
  }

  @Test
  void everyOperationOfTheWaistHasACaseHere() {
    Set<String> waist =
        Arrays.stream(Ops.class.getMethods())
            .filter(m -> m.getReturnType() == Tensor.class)
            .map(Method::getName)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(new TreeSet<>(operations())).isEqualTo(waist);
  }

  @Test
  void anAdapterBesideAPartOrACopyOfATensorIsRefusedByName() {
    try (Bench b = new Bench()) {
      Weight w = b.weight("w", 4, 4);
      b.adapters.put("w", new LowRank(b.parameters.add("a", 2, 5), b.parameters.add("b", 4, 2), 1));
      b.tape = new Tape(b.parameters, b.adapters);
      b.batch.addSpan(new int[] {1}, 0, 1, 1);
      b.tape.begin(b.batch);
      Tensor x = b.tape.input(1, 4);
      assertThatThrownBy(() -> b.tape.linear(x, Linear.of(w), Precision.EXACT))
          .isInstanceOf(JishiException.Unsupported.class)
          .hasMessageContaining("'w'");
    }
  }

  @Test
  void aCopyOfWhatLearnsIsRefusedRatherThanLeftAsItIs() {
    try (Bench b = new Bench()) {
      b.weight("w", 4, 4);
      Weight copy =
          Weight.stored("w", DType.F32, 4, 4, java.lang.foreign.Arena.ofAuto().allocate(64));
      b.tape = new Tape(b.parameters, b.adapters);
      b.batch.addSpan(new int[] {1}, 0, 1, 1);
      b.tape.begin(b.batch);
      Tensor x = b.tape.input(1, 4);
      assertThatThrownBy(() -> b.tape.linear(x, Linear.of(copy), Precision.EXACT))
          .isInstanceOf(JishiException.Unsupported.class)
          .hasMessageContaining("'w'");
    }
  }

  @ParameterizedTest
  @MethodSource("operations")
  void gradientsAreThoseOfFiniteDifferences(String operation) {
    for (Case c : CASES.get(operation)) {
      try (Bench b = new Bench();
          Machine machine = new Machine(Backend.cpu(), 0, MatrixProducts.Inputs.FP32)) {
        check(operation, c, b, machine);
      }
    }
  }

  private static void check(String operation, Case c, Bench b, Machine machine) {
    for (int length : c.spans) {
      int[] tokens = b.random.ints(length, 0, 11).toArray();
      b.batch.addSpan(tokens, 0, length, c.outputs == 0 ? length : Math.min(length, c.outputs));
    }
    b.tape = new Tape(b.parameters, b.adapters);
    b.tape.begin(b.batch);
    Tensor x = b.tape.input(b.batch.size(), c.cols);
    Tensor y = c.build.build(b, x);
    Value out = b.tape.value(y);
    Value in =
        b.tape.steps().stream()
            .flatMap(s -> s.inputs().stream())
            .filter(v -> v.cols == c.cols && v.rows == b.batch.size())
            .findFirst()
            .orElse(null);
    try (Program program = new Program(b.tape, List.of(out), false)) {
      program.allocate();
      machine.reserve(program.scratchBytes());
      float[] start = in == null ? new float[0] : random(b, in.rows * in.cols);
      float[] seed = random(b, out.rows * out.cols);
      Runner run = new Runner(program, machine, in, out, seed);
      run.objective(start);
      program.beginBackward();
      Rows.write(seed, out.gradient(), 0, seed.length);
      b.parameters.list().forEach(Trainable::clear);
      program.backward(machine);
      float[] dx = in == null ? new float[0] : floats(in.gradient());
      Map<Trainable, float[]> dw = new LinkedHashMap<>();
      b.parameters.list().forEach(t -> dw.put(t, floats(t.summed())));
      if (in != null) {
        for (int d = 0; d < DIRECTIONS; d++) {
          float[] direction = random(b, start.length);
          double up = run.objective(moved(start, direction, STEP));
          double down = run.objective(moved(start, direction, -STEP));
          agree(operation + ": input", dx, direction, (up - down) / (2 * STEP));
        }
      }
      dw.forEach(
          (t, gradient) -> {
            for (int d = 0; d < DIRECTIONS; d++) {
              float[] w = floats(t.data());
              float[] direction = random(b, w.length);
              set(t, moved(w, direction, STEP));
              double up = run.objective(start);
              set(t, moved(w, direction, -STEP));
              double down = run.objective(start);
              set(t, w);
              agree(operation + ": " + t, gradient, direction, (up - down) / (2 * STEP));
            }
          });
    }
  }

  static void set(Trainable t, float[] values) {
    Rows.write(values, t.data(), 0, values.length);
    t.changed();
  }

  private record Runner(Program program, Machine machine, Value in, Value out, float[] seed) {
    double objective(float[] x) {
      if (in != null) {
        Rows.write(x, in.data(), 0, x.length);
      }
      program.forward(machine);
      float[] y = floats(out.data());
      double sum = 0;
      for (int i = 0; i < y.length; i++) {
        sum += (double) y[i] * seed[i];
      }
      return sum;
    }
  }

  static void agree(String what, float[] gradient, float[] direction, double expected) {
    double dot = 0;
    double g = 0;
    double d = 0;
    for (int i = 0; i < gradient.length; i++) {
      dot += (double) gradient[i] * direction[i];
      g += (double) gradient[i] * gradient[i];
      d += (double) direction[i] * direction[i];
    }
    assertThat(g).as(what + " has a gradient").isPositive();
    assertThat(dot).as(what).isCloseTo(expected, within(ERROR * Math.sqrt(g * d)));
  }

  static float[] moved(float[] from, float[] direction, double step) {
    float[] to = new float[from.length];
    for (int i = 0; i < to.length; i++) {
      to[i] = (float) (from[i] + step * direction[i]);
    }
    return to;
  }

  static float[] random(Bench b, int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) b.random.nextGaussian();
    }
    return values;
  }

  static void fill(SplittableRandom random, MemorySegment to, double deviation) {
    for (long i = 0; i < to.byteSize() / 4; i++) {
      to.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (deviation * random.nextGaussian()));
    }
  }

  static float[] floats(MemorySegment from) {
    return from.toArray(ValueLayout.JAVA_FLOAT);
  }
}
