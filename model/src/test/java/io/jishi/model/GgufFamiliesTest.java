// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.model.family.Family;
import io.jishi.tensor.DType;
import io.jishi.tensor.Dequantizer;
import io.jishi.testkit.GgufWriter;
import io.jishi.testkit.Shared;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Checkpoints that are converted to GGUF as llama.cpp's converters do (keys, names, order of rotary
 * rows, gains, stacked experts) give the logits of the checkpoint. Longer than other files: the
 * converter of all families is here, since nothing but this test may know it.
 */
class GgufFamiliesTest {
  /** Models for which this test stands. */
  static final List<String> TESTED =
      List.of(
          "llama_bias",
          "qwen2",
          "qwen3",
          "mixtral",
          "qwen2_moe",
          "gemma",
          "cohere",
          "phi3",
          "gpt2",
          "internlm2",
          "baichuan_7b",
          "granite",
          "deepseek_v2_lite",
          "deepseek_v3",
          "minicpm3",
          "gpt_oss",
          "mamba2");

  /** Rotary rows stand in another order: the same products, added in the same order. */
  private static final float SAME = 2e-5f;

  @TempDir Path temp;

  static List<String> tested() {
    return TESTED;
  }

  @ParameterizedTest
  @MethodSource("tested")
  void aConvertedCheckpointGivesTheSameLogits(String name) throws Exception {
    Path folder =
        getClass().getResource("/goldens/" + name + "/config.json") == null
            ? Shared.require("goldens/" + name)
            : GoldenTest.resource(name);
    Path file = temp.resolve(name + ".gguf");
    convert(folder, file);
    int[] tokens = java.util.stream.IntStream.range(0, 40).map(i -> (i * 31 + 7) % 250).toArray();
    try (GoldenTest.Runner checkpoint = new GoldenTest.Runner(folder, DType.F32);
        GoldenTest.Runner converted = new GoldenTest.Runner(file, DType.F32)) {
      float[][] expected = checkpoint.logits(tokens);
      float[][] actual = converted.logits(tokens);
      for (int t = 0; t < tokens.length; t++) {
        for (int v = 0; v < expected[t].length; v++) {
          assertThat(actual[t][v]).isCloseTo(expected[t][v], Offset.offset(SAME));
        }
      }
    }
  }

  private static void convert(Path folder, Path file) {
    try (HuggingFaceFolder from = new HuggingFaceFolder(folder)) {
      ModelConfig config = from.config();
      DecoderSpec spec = Family.spec(config);
      String arch =
          switch (config.architecture()) {
            case "mixtral" -> "llama";
            case "qwen2_moe" -> "qwen2moe";
            case "cohere" -> "command-r";
            case "deepseek_v2", "deepseek_v3" -> "deepseek2";
            case "gpt_oss" -> "gpt-oss";
            default -> config.architecture();
          };
      GgufWriter to = new GgufWriter().put("general.architecture", arch);
      metadata(config, spec, arch, to);
      Map<String, float[]> tensors = new LinkedHashMap<>();
      Map<String, long[]> shapes = new LinkedHashMap<>();
      // Norms after parts have names that other families give to norms before them.
      Set<TensorRole> absent = EnumSet.of(TensorRole.MIXER_POST_NORM, TensorRole.CHANNEL_POST_NORM);
      for (TensorRole role : EnumSet.complementOf(EnumSet.copyOf(absent))) {
        for (int l = 0; l < spec.layers().size(); l++) {
          new Renamed(from.weights(), spec, arch, role, l)
              .copy(
                  (name, values) -> tensors.put(name, values),
                  (name, shape) -> shapes.put(name, shape));
        }
      }
      tensors.forEach((name, values) -> to.tensor(name, 0, shapes.get(name), bytes(values)));
      to.write(file);
    }
  }

  private static void metadata(ModelConfig config, DecoderSpec spec, String arch, GgufWriter to) {
    to.put(arch + ".vocab_size", spec.vocabulary())
        .put(arch + ".embedding_length", spec.width())
        .put(arch + ".block_count", spec.layers().size())
        .put(arch + ".context_length", spec.context())
        .put(
            arch
                + (spec.norm().kind() == io.jishi.tensor.Norm.Kind.RMS
                    ? ".attention.layer_norm_rms_epsilon"
                    : ".attention.layer_norm_epsilon"),
            spec.norm().eps());
    for (DecoderSpec.Part part : spec.layers().getFirst().parts()) {
      switch (part) {
        case DecoderSpec.GroupedAttention a -> grouped(a, arch, to);
        case DecoderSpec.LatentAttention a -> latent(a, config, arch, to);
        case DecoderSpec.Mamba2 m ->
            to.put(arch + ".ssm.conv_kernel", m.kernel())
                .put(arch + ".ssm.inner_size", m.inner())
                .put(arch + ".ssm.state_size", m.state())
                .put(arch + ".ssm.time_step_rank", m.heads())
                .put(arch + ".ssm.group_count", m.groups());
        case DecoderSpec.FeedForward f -> to.put(arch + ".feed_forward_length", f.inner());
        default -> {}
      }
    }
    for (DecoderSpec.Part part : spec.layers().getLast().parts()) {
      if (part instanceof DecoderSpec.Mixture m) {
        mixture(m, config, arch, to);
      }
    }
    if (arch.equals("minicpm3")) { // the published models have what llama.cpp takes for granted
      to.put(arch + ".logit_scale", 1 / spec.head().scale());
    }
    if (arch.equals("qwen2moe")) {
      to.put(
          arch + ".expert_shared_feed_forward_length",
          config.require("shared_expert_intermediate_size"));
      to.put(arch + ".feed_forward_length", config.require("intermediate_size"));
    }
    if (arch.equals("command-r")) {
      to.put(arch + ".logit_scale", spec.head().scale());
    }
    if (arch.equals("granite")) {
      to.put(arch + ".logit_scale", 1 / spec.head().scale())
          .put(arch + ".embedding_scale", spec.embedding().scale())
          .put(arch + ".residual_scale", spec.layers().getFirst().blocks().getFirst().multiplier())
          .put(
              arch + ".attention.scale",
              (float)
                  ((DecoderSpec.GroupedAttention) spec.layers().getFirst().parts().getFirst())
                      .scores()
                      .scale());
    }
  }

  private static void grouped(DecoderSpec.GroupedAttention a, String arch, GgufWriter to) {
    to.put(arch + ".attention.head_count", a.heads())
        .put(arch + ".attention.head_count_kv", a.kvHeads())
        .put(arch + ".attention.key_length", a.headDim());
    if (a.rope() != null) {
      to.put(arch + ".rope.freq_base", (float) a.rope().base())
          .put(arch + ".rope.dimension_count", a.rope().dims());
      yarn(a.rope().scaling(), arch, to);
    }
    if (a.scores().window() > 0) {
      to.put(arch + ".attention.sliding_window", a.scores().window());
    }
  }

  private static void latent(
      DecoderSpec.LatentAttention a, ModelConfig config, String arch, GgufWriter to) {
    to.put(arch + ".attention.head_count", a.heads())
        .put(arch + ".attention.kv_lora_rank", a.rank())
        .put(arch + ".rope.freq_base", (float) a.rope().base())
        .put(arch + ".rope.dimension_count", a.rotary());
    if (a.queryRank() > 0) {
      to.put(arch + ".attention.q_lora_rank", a.queryRank());
    }
    if (splitHeads(arch, a)) { // keys and values of heads apart, as newer converters write
      to.put(arch + ".attention.key_length", a.rank() + a.rotary())
          .put(arch + ".attention.value_length", a.rank())
          .put(arch + ".attention.key_length_mla", a.keyDim() + a.rotary())
          .put(arch + ".attention.value_length_mla", a.valueDim());
    } else {
      to.put(arch + ".attention.key_length", a.keyDim() + a.rotary());
      to.put(arch + ".attention.value_length", a.valueDim());
    }
    yarn(a.rope().scaling(), arch, to);
    ModelConfig rope = config.inner("rope_scaling");
    if (rope != null && rope.number("mscale_all_dim").isPresent()) {
      double all = rope.number("mscale_all_dim").getAsDouble();
      to.put(arch + ".rope.scaling.yarn_log_multiplier", (float) (0.1 * all));
    }
  }

  private static boolean splitHeads(String arch, DecoderSpec.LatentAttention a) {
    return arch.equals("deepseek2") && a.queryRank() > 0;
  }

  private static void yarn(RopeSpec.Scaling scaling, String arch, GgufWriter to) {
    String prefix = arch + ".rope.scaling.";
    if (scaling instanceof RopeSpec.Yarn y) {
      to.put(prefix + "type", "yarn")
          .put(prefix + "factor", (float) y.factor())
          .put(prefix + "original_context_length", (int) y.original())
          .put(prefix + "yarn_beta_fast", (float) y.fast())
          .put(prefix + "yarn_beta_slow", (float) y.slow());
    }
    if (scaling instanceof RopeSpec.LongFactors f) {
      to.put(prefix + "original_context_length", (int) f.original())
          .put(prefix + "attn_factor", (float) f.magnitude());
      for (boolean longer : new boolean[] {false, true}) {
        double[] factors = longer ? f.longFactors() : f.shortFactors();
        float[] values = new float[factors.length];
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) factors[i];
        }
        String name = "rope_factors_" + (longer ? "long" : "short") + ".weight";
        to.tensor(name, 0, new long[] {values.length}, bytes(values));
      }
    }
  }

  private static void mixture(
      DecoderSpec.Mixture m, ModelConfig config, String arch, GgufWriter to) {
    to.put(
            arch + (arch.equals("llama") ? ".feed_forward_length" : ".expert_feed_forward_length"),
            m.expert().inner())
        .put(arch + ".expert_count", m.routing().experts())
        .put(arch + ".expert_used_count", m.routing().chosen());
    if (arch.equals("deepseek2")) {
      boolean sigmoid = m.routing().scoring() == io.jishi.tensor.Routing.Scoring.SIGMOID;
      to.put(arch + ".expert_gating_func", sigmoid ? 2 : 1)
          .put(arch + ".expert_weights_scale", m.routing().scale())
          .put(arch + ".expert_weights_norm", GgufWriter.Type.BOOL, m.routing().normalise())
          .put(arch + ".expert_shared_count", config.require("n_shared_experts"))
          .put(arch + ".expert_group_count", m.routing().groups())
          .put(arch + ".expert_group_used_count", m.routing().openGroups())
          .put(arch + ".leading_dense_block_count", config.require("first_k_dense_replace"));
    }
  }

  private static byte[] bytes(float[] values) {
    ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      buffer.putFloat(value);
    }
    return buffer.array();
  }

  /** A role's tensors of one layer under their other names. */
  private record Renamed(
      WeightFile file, DecoderSpec spec, String arch, TensorRole role, int layer) {
    private static final List<String> PERMUTED =
        List.of("llama", "internlm2", "baichuan", "granite");

    void copy(BiConsumer<String, float[]> tensors, BiConsumer<String, long[]> shapes) {
      Checkpoint from = spec.checkpoint();
      String weight = from.weight(role, layer);
      String bias = from.bias(role, layer);
      if (weight != null && weight.contains("%e")) {
        experts(tensors, shapes);
        return;
      }
      if (role == TensorRole.EXPERT_GATE_UP && weight != null) {
        gatesAndUps(tensors, shapes);
        return;
      }
      if (role == TensorRole.KV_B
          && spec.layers().getFirst().parts().getFirst() instanceof DecoderSpec.LatentAttention a
          && splitHeads(arch, a)) {
        keysAndValues(a, tensors, shapes);
        return;
      }
      if (role == TensorRole.QKV && List.of("internlm2", "baichuan").contains(arch)) {
        split(tensors, shapes);
        return;
      }
      String target =
          role == TensorRole.GATE_UP
              ? Checkpoint.GGUF.weight(TensorRole.UP, layer)
              : Checkpoint.gguf(arch).weight(role, layer);
      if (weight != null && file.tensors().containsKey(weight)) {
        StoredTensor stored = file.tensors().get(weight);
        float[] values = floats(stored);
        long[] shape = stored.shape().stream().mapToLong(Long::longValue).toArray();
        if (from.transposed().contains(role)) {
          int last = shape.length - 1;
          values = transposed(values, (int) shape[last - 1], (int) shape[last]);
          long rows = shape[last - 1];
          shape[last - 1] = shape[last];
          shape[last] = rows;
        }
        if (role == TensorRole.DECAY) {
          for (int i = 0; i < values.length; i++) {
            values[i] = (float) -Math.exp(values[i]);
          }
        }
        tensors.accept(target, ordered(plusOne(values)));
        shapes.accept(target, shape);
      }
      if (bias != null && file.tensors().containsKey(bias)) {
        StoredTensor stored = file.tensors().get(bias);
        String name = target.replace(".weight", ".bias");
        tensors.accept(name, ordered(floats(stored)));
        boolean experts = role.name().startsWith("EXPERT");
        long[] all = stored.shape().stream().mapToLong(Long::longValue).toArray();
        shapes.accept(name, experts ? all : new long[] {stored.elements()});
      }
    }

    /** Rows of gates and ups that alternate, {@code [experts, in, out]}, as two stacks. */
    private void gatesAndUps(
        BiConsumer<String, float[]> tensors, BiConsumer<String, long[]> shapes) {
      StoredTensor stored = file.tensors().get(spec.checkpoint().weight(role, layer));
      StoredTensor biases = file.tensors().get(spec.checkpoint().bias(role, layer));
      int experts = Math.toIntExact(stored.shape().get(0));
      int in = Math.toIntExact(stored.shape().get(1));
      int out = Math.toIntExact(stored.shape().get(2)) / 2;
      float[] all = transposed(floats(stored), in, 2 * out);
      for (TensorRole part : new TensorRole[] {TensorRole.EXPERT_GATE, TensorRole.EXPERT_UP}) {
        int odd = part == TensorRole.EXPERT_UP ? 1 : 0;
        String name = Checkpoint.GGUF.weight(part, layer);
        tensors.accept(name, every(all, in, odd));
        shapes.accept(name, new long[] {experts, out, in});
        String bias = Checkpoint.GGUF.bias(part, layer);
        tensors.accept(bias, every(floats(biases), 1, odd));
        shapes.accept(bias, new long[] {experts, out});
      }
    }

    private static float[] every(float[] rows, int length, int odd) {
      float[] half = new float[rows.length / 2];
      for (int r = 0; r < half.length / length; r++) {
        System.arraycopy(rows, (2 * r + odd) * length, half, r * length, length);
      }
      return half;
    }

    /** Each head's key rows turned, and its value rows. */
    private void keysAndValues(
        DecoderSpec.LatentAttention a,
        BiConsumer<String, float[]> tensors,
        BiConsumer<String, long[]> shapes) {
      float[] both = floats(file.tensors().get(spec.checkpoint().weight(role, layer)));
      int rank = a.rank();
      float[] keys = new float[a.heads() * a.keyDim() * rank];
      float[] values = new float[a.heads() * a.valueDim() * rank];
      int head = a.keyDim() + a.valueDim();
      for (int h = 0; h < a.heads(); h++) {
        int from = h * head * rank;
        System.arraycopy(both, from, keys, h * a.keyDim() * rank, a.keyDim() * rank);
        int value = from + a.keyDim() * rank;
        System.arraycopy(both, value, values, h * a.valueDim() * rank, a.valueDim() * rank);
      }
      String key = Checkpoint.GGUF.weight(TensorRole.KEY_B, layer);
      tensors.accept(key, transposed(keys, a.keyDim(), rank));
      shapes.accept(key, new long[] {a.heads(), rank, a.keyDim()});
      String value = Checkpoint.GGUF.weight(TensorRole.VALUE_B, layer);
      tensors.accept(value, values);
      shapes.accept(value, new long[] {a.heads(), a.valueDim(), rank});
    }

    private float[] plusOne(float[] values) {
      boolean gain = role.name().endsWith("NORM");
      for (int i = 0; gain && spec.norm().plusOne() && i < values.length; i++) {
        values[i]++;
      }
      return values;
    }

    /** Rows of queries and keys so that rotary pairs are neighbours. */
    private float[] ordered(float[] values) {
      boolean rotated = role == TensorRole.QUERY || role == TensorRole.KEY;
      return rotated && PERMUTED.contains(arch) ? permuted(values) : values;
    }

    private float[] permuted(float[] values) {
      DecoderSpec.GroupedAttention a =
          (DecoderSpec.GroupedAttention) spec.layers().getFirst().parts().getFirst();
      int dim = a.headDim();
      int rows = dim * (role == TensorRole.KEY ? a.kvHeads() : a.heads());
      int cols = values.length / rows;
      float[] out = new float[values.length];
      for (int r = 0; r < rows; r++) {
        int i = r % dim;
        int source = r / dim * dim + i / 2 + i % 2 * (dim / 2);
        System.arraycopy(values, source * cols, out, r * cols, cols);
      }
      return out;
    }

    private void experts(BiConsumer<String, float[]> tensors, BiConsumer<String, long[]> shapes) {
      List<float[]> all = new ArrayList<>();
      List<Long> shape = List.of();
      String name;
      while (file.tensors().containsKey(name = spec.checkpoint().expert(role, layer, all.size()))) {
        shape = file.tensors().get(name).shape();
        all.add(floats(file.tensors().get(name)));
      }
      if (!all.isEmpty()) {
        float[] joined = new float[all.size() * all.getFirst().length];
        for (int e = 0; e < all.size(); e++) {
          System.arraycopy(all.get(e), 0, joined, e * all.get(e).length, all.get(e).length);
        }
        tensors.accept(Checkpoint.GGUF.weight(role, layer), joined);
        shapes.accept(
            Checkpoint.GGUF.weight(role, layer),
            new long[] {all.size(), shape.get(0), shape.get(1)});
      }
    }

    /** Packed projections as three tensors. */
    private void split(BiConsumer<String, float[]> tensors, BiConsumer<String, long[]> shapes) {
      DecoderSpec.GroupedAttention a =
          (DecoderSpec.GroupedAttention) spec.layers().getFirst().parts().getFirst();
      float[] packed = floats(file.tensors().get(spec.checkpoint().weight(role, layer)));
      int head = a.headDim() * spec.width();
      int group = a.heads() / a.kvHeads();
      boolean grouped = spec.checkpoint().groupedQkv();
      TensorRole[] roles = {TensorRole.QUERY, TensorRole.KEY, TensorRole.VALUE};
      int before = 0;
      for (int p = 0; p < 3; p++) {
        int heads = p == 0 ? a.heads() : a.kvHeads();
        float[] part = new float[heads * head];
        for (int h = 0; h < heads; h++) {
          int source =
              !grouped
                  ? before + h
                  : p == 0 ? h / group * (group + 2) + h % group : h * (group + 2) + group + p - 1;
          System.arraycopy(packed, source * head, part, h * head, head);
        }
        before += heads;
        Renamed named = new Renamed(file, spec, arch, roles[p], layer);
        String name = Checkpoint.GGUF.weight(roles[p], layer);
        tensors.accept(name, named.ordered(part));
        shapes.accept(name, new long[] {(long) heads * a.headDim(), spec.width()});
      }
    }

    /** Each of the matrices {@code [rows, cols]} that follow one another. */
    private static float[] transposed(float[] values, int rows, int cols) {
      float[] out = new float[values.length];
      for (int from = 0; from < values.length; from += rows * cols) {
        for (int r = 0; r < rows; r++) {
          for (int c = 0; c < cols; c++) {
            out[from + c * rows + r] = values[from + r * cols + c];
          }
        }
      }
      return out;
    }

    private static float[] floats(StoredTensor tensor) {
      float[] values = new float[(int) tensor.elements()];
      Dequantizer.dequantize(
          tensor.type(), tensor.data().toArray(ValueLayout.JAVA_BYTE), values.length, values);
      return values;
    }
  }
}
