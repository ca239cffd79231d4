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
 * rows, gains, stacked experts) give the logits of the checkpoint.
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
          "granite");

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
    DecoderSpec.GroupedAttention a =
        (DecoderSpec.GroupedAttention) spec.layers().getFirst().parts().getFirst();
    to.put(arch + ".vocab_size", spec.vocabulary())
        .put(arch + ".embedding_length", spec.width())
        .put(arch + ".block_count", spec.layers().size())
        .put(arch + ".context_length", spec.context())
        .put(arch + ".attention.head_count", a.heads())
        .put(arch + ".attention.head_count_kv", a.kvHeads())
        .put(arch + ".attention.key_length", a.headDim())
        .put(
            arch
                + (spec.norm().kind() == io.jishi.tensor.Norm.Kind.RMS
                    ? ".attention.layer_norm_rms_epsilon"
                    : ".attention.layer_norm_epsilon"),
            spec.norm().eps());
    if (a.rope() != null) {
      to.put(arch + ".rope.freq_base", (float) a.rope().base())
          .put(arch + ".rope.dimension_count", a.rope().dims());
    }
    if (a.scores().window() > 0) {
      to.put(arch + ".attention.sliding_window", a.scores().window());
    }
    for (DecoderSpec.Part part : spec.layers().getFirst().parts()) {
      switch (part) {
        case DecoderSpec.FeedForward f -> to.put(arch + ".feed_forward_length", f.inner());
        case DecoderSpec.Mixture m ->
            to.put(
                    arch
                        + (arch.equals("llama")
                            ? ".feed_forward_length"
                            : ".expert_feed_forward_length"),
                    m.expert().inner())
                .put(arch + ".expert_count", m.routing().experts())
                .put(arch + ".expert_used_count", m.routing().chosen());
        default -> {}
      }
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
          .put(arch + ".attention.scale", (float) a.scores().scale());
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
      if (role == TensorRole.QKV && List.of("internlm2", "baichuan").contains(arch)) {
        split(tensors, shapes);
        return;
      }
      String target =
          role == TensorRole.GATE_UP
              ? Checkpoint.GGUF.weight(TensorRole.UP, layer)
              : Checkpoint.GGUF.weight(role, layer);
      if (weight != null && file.tensors().containsKey(weight)) {
        StoredTensor stored = file.tensors().get(weight);
        float[] values = floats(stored);
        long[] shape = stored.shape().stream().mapToLong(Long::longValue).toArray();
        if (from.transposed().contains(role)) {
          values = transposed(values, (int) shape[0], (int) shape[1]);
          shape = new long[] {shape[1], shape[0]};
        }
        tensors.accept(target, ordered(plusOne(values)));
        shapes.accept(target, shape);
      }
      if (bias != null && file.tensors().containsKey(bias)) {
        StoredTensor stored = file.tensors().get(bias);
        String name = target.replace(".weight", ".bias");
        tensors.accept(name, ordered(floats(stored)));
        shapes.accept(name, new long[] {stored.elements()});
      }
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

    private static float[] transposed(float[] values, int rows, int cols) {
      float[] out = new float[values.length];
      for (int r = 0; r < rows; r++) {
        for (int c = 0; c < cols; c++) {
          out[c * rows + r] = values[r * cols + c];
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
