// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jishi.base.JishiException;
import io.jishi.model.Model;
import io.jishi.model.export.Disk;
import io.jishi.model.export.FolderExport;
import io.jishi.model.export.GgufExport;
import io.jishi.model.export.ModelSource;
import io.jishi.model.export.OutputTensor;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StatePool;
import io.jishi.testkit.Shared;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdapterTest {
  /** The products of A and B are rounded between, where the merged matrix rounds once. */
  private static final float SAME = 1e-4f;

  private static final int[] TOKENS = {5, 17, 3, 99, 42, 200, 7};
  private static final int RANK = 3;

  @TempDir Path temp;

  private static Adapter random(Path folder, Predicate<String> chosen) {
    SplittableRandom random = new SplittableRandom(1);
    Map<String, Adapter.Pair> pairs = new LinkedHashMap<>();
    try (ModelSource model = ModelSource.open(folder)) {
      Set<String> turned = model.turned();
      for (OutputTensor t : model.tensors()) {
        String stem = t.name().replaceFirst("\\.weight$", "");
        int dims = t.shape().size();
        boolean stack = dims == 3 && !t.name().contains("conv");
        if (chosen.test(stem) && (dims == 2 && t.name().endsWith(".weight") || stack)) {
          boolean over = turned.contains(t.name());
          int experts = stack ? t.shape().getFirst().intValue() : 1;
          int high = t.shape().get(dims - 2).intValue();
          if (stack && !over && high == t.columns()) {
            continue; // which way these stand, files do not tell
          }
          int in = over ? high : t.columns();
          int out = over ? t.columns() : high;
          float[] a = values(random, RANK * experts * in);
          float[] b = values(random, RANK * experts * out);
          pairs.put(stem, new Adapter.Pair(experts, RANK, in, out, a, b));
        }
      }
    }
    return new Adapter("random", 6, pairs);
  }

  private static Adapter random(Path folder, List<String> targets) {
    return random(folder, stem -> targets.contains(stem.substring(stem.lastIndexOf('.') + 1)));
  }

  private static float[] values(SplittableRandom random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextDouble(-0.2, 0.2);
    }
    return values;
  }

  /** All matrices of layers: packed, turned, stacked, absorbed, of recurrent mixers. */
  private static boolean ofALayer(String stem) {
    return stem.matches(".*\\.[0-9]+\\..*") && !stem.matches(".*(norm|A_log|sinks|conv1d).*");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama",
        "qwen3",
        "granite",
        "smollm3",
        "cohere2", // a tensor for each matrix
        "phi3",
        "glm4",
        "chatglm3",
        "baichuan_7b",
        "starcoder2", // queries, keys, values in one
        "gpt_neox",
        "internlm2",
        "bloom",
        "falcon_7b_style", // in groups
        "gpt2", // turned
        "mixtral",
        "qwen2_moe",
        "gpt_oss",
        "glm4_moe",
        "ernie4_5_moe", // experts, one by one
        "deepseek_v3",
        "kimi_k2",
        "minicpm3", // latent attention
        "granitemoehybrid",
        "qwen3_next",
        "lfm2",
        "mamba2",
        "falcon_h1" // experts in one; recurrent
      })
  void anAdapterGivesTheLogitsOfTheMergedModelFromAllForms(String family) {
    Path base = Shared.require("goldens/" + family);
    Adapter adapter = random(base, AdapterTest::ofALayer);
    Path peft = temp.resolve("peft");
    Path gguf = temp.resolve("adapter.gguf");
    Path merged = temp.resolve("merged");
    Path baseGguf = temp.resolve("base.gguf");
    try (ModelSource model = ModelSource.open(base)) {
      AdapterExport.folder(adapter, model, peft, Disk.LOCAL);
      AdapterExport.gguf(adapter, model, gguf, Disk.LOCAL);
      GgufExport.write(model, baseGguf, DType.F32, Disk.LOCAL);
    }
    try (ModelSource model = ModelSource.open(base)) {
      FolderExport.write(AdapterExport.merged(adapter, model), merged, DType.F32, Disk.LOCAL);
    }
    float[] expected = logits(merged, null);
    float effect = farthest(logits(base, null), expected);
    assertThat(effect).isGreaterThan(0.01f); // it does something
    for (Path model : List.of(base, baseGguf)) {
      for (Path with : List.of(peft, gguf)) {
        if (family.equals("falcon_h1") && model == baseGguf && with == peft) {
          assertThatThrownBy(() -> logits(model, with))
              .isInstanceOf(JishiException.Unsupported.class)
              .hasMessageContaining("multipliers");
          continue;
        }
        assertThat(farthest(logits(model, with), expected))
            .as(model + " with " + with)
            .isCloseTo(0, within(SAME));
      }
    }
  }

  @Test
  void oneMatrixOfSeveralThatShareAnInputCanHaveAnAdapter() {
    Path base = Shared.require("goldens/llama");
    Adapter adapter = random(base, List.of("v_proj", "up_proj"));
    Path peft = temp.resolve("peft");
    Path merged = temp.resolve("merged");
    write(adapter, base, peft);
    try (ModelSource model = ModelSource.open(base)) {
      FolderExport.write(AdapterExport.merged(adapter, model), merged, DType.F32, Disk.LOCAL);
    }
    assertThat(farthest(logits(base, peft), logits(merged, null))).isCloseTo(0, within(SAME));
  }

  @Test
  void anAdapterOfAnotherModelIsRefused() {
    Path base = Shared.require("goldens/llama");
    Path peft = temp.resolve("peft");
    write(random(base, List.of("q_proj")), base, peft);
    Path published = Shared.require("goldens/qwen3");
    assertThatThrownBy(() -> logits(published, peft))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("of another model");
  }

  @Test
  void otherKindsOfAdaptersAreRefused() throws Exception {
    Path peft = temp.resolve("peft");
    Path base = Shared.require("goldens/llama");
    write(random(base, List.of("q_proj")), base, peft);
    Path config = peft.resolve(AdapterFiles.CONFIG);
    String json = Files.readString(config);
    Files.writeString(config, json.replace("\"LORA\"", "\"IA3\""));
    assertThatThrownBy(() -> AdapterFiles.read(peft))
        .isInstanceOf(JishiException.Unsupported.class)
        .hasMessageContaining("IA3");
    Files.writeString(config, json.replace("{\"peft", "{\"use_dora\":true,\"peft"));
    assertThatThrownBy(() -> AdapterFiles.read(peft))
        .isInstanceOf(JishiException.Unsupported.class)
        .hasMessageContaining("DoRA");
    assertThatThrownBy(() -> AdapterFiles.read(temp.resolve("none")))
        .isInstanceOf(JishiException.BadFile.class);
  }

  /** rsLoRA: what a pair adds is α / √rank of its product, where the plain form has α / rank. */
  @Test
  void rankStabilisedScalesAreTheSquareRootOfTheRankTimesThePlainOnes() throws Exception {
    Path peft = temp.resolve("peft");
    Path base = Shared.require("goldens/llama");
    write(random(base, List.of("q_proj")), base, peft);
    Map<String, Adapter.Pair> plain = AdapterFiles.read(peft).pairs();
    Path config = peft.resolve(AdapterFiles.CONFIG);
    String json = Files.readString(config);
    Files.writeString(config, json.replace("{\"peft", "{\"use_rslora\":true,\"peft"));
    Map<String, Adapter.Pair> stable = AdapterFiles.read(peft).pairs();
    assertThat(stable.keySet()).isEqualTo(plain.keySet()).isNotEmpty();
    plain.forEach(
        (name, pair) -> {
          assertThat(pair.rank()).isGreaterThan(1);
          float root = (float) Math.sqrt(pair.rank());
          assertThat(stable.get(name).a()).isEqualTo(pair.a());
          for (int i = 0; i < pair.b().length; i++) {
            assertThat(stable.get(name).b()[i]).isEqualTo(pair.b()[i] * root);
          }
        });
  }

  @Test
  void theHeadersTellWhatAnAdapterTakes() {
    Path peft = temp.resolve("peft");
    Path base = Shared.require("goldens/llama");
    write(random(base, List.of("q_proj", "down_proj")), base, peft);
    long bytes = 0;
    for (Adapter.Pair pair : AdapterFiles.read(peft).pairs().values()) {
      bytes += 4L * (pair.a().length + pair.b().length);
    }
    assertThat(AdapterFiles.bytes(peft)).isEqualTo(bytes).isPositive();
    assertThatThrownBy(() -> AdapterFiles.bytes(temp.resolve("none")))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("no such adapter");
  }

  private static void write(Adapter adapter, Path base, Path folder) {
    try (ModelSource model = ModelSource.open(base)) {
      AdapterExport.folder(adapter, model, folder, Disk.LOCAL);
    }
  }

  private static float farthest(float[] a, float[] b) {
    float most = 0;
    for (int i = 0; i < a.length; i++) {
      most = Math.max(most, Math.abs(a[i] - b[i]));
    }
    return most;
  }

  private static float[] logits(Path path, Path adapterPath) {
    try (Model model = Model.open(path, Backend.cpu());
        Ops ops = ops(model, adapterPath);
        StatePool pool = new StatePool(model.decoder().stateSpec(DType.F32), 64);
        SequenceState state = pool.newState()) {
      Batch batch = new Batch();
      batch.add(state, TOKENS, 0, TOKENS.length, 1);
      return model.decoder().forward(ops, batch, Precision.EXACT).row(0);
    }
  }

  private static Ops ops(Model model, Path adapterPath) {
    if (adapterPath == null) {
      return Backend.cpu().ops(1);
    }
    Adapter adapter = AdapterFiles.read(adapterPath);
    var pairs = adapter.forModel(model);
    return new AdapterOps(Backend.cpu().ops(1), adapter, pairs);
  }
}
