// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import io.jishi.model.Model;
import io.jishi.model.export.Disk;
import io.jishi.model.export.FolderExport;
import io.jishi.model.export.GgufExport;
import io.jishi.model.export.ModelSource;
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
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdapterTest {
  /** The products of A and B are rounded between, where the merged matrix rounds once. */
  private static final float SAME = 5e-5f;

  private static final int[] TOKENS = {5, 17, 3, 99, 42, 200, 7};
  private static final int RANK = 3;

  @TempDir Path temp;

  private static Adapter random(Path folder, List<String> targets) {
    SplittableRandom random = new SplittableRandom(1);
    Map<String, Adapter.Pair> pairs = new LinkedHashMap<>();
    try (ModelSource model = ModelSource.open(folder)) {
      model
          .tensors()
          .forEach(
              t -> {
                String stem = t.name().replaceFirst("\\.weight$", "");
                if (targets.contains(stem.substring(stem.lastIndexOf('.') + 1))
                    && t.name().endsWith(".weight")) {
                  int out = (int) t.rowCount();
                  float[] a = values(random, RANK * t.columns());
                  float[] b = values(random, RANK * out);
                  pairs.put(stem, new Adapter.Pair(RANK, t.columns(), out, a, b));
                }
              });
    }
    return new Adapter("random", 6, Adapter.Order.HALVES, pairs);
  }

  private static float[] values(SplittableRandom random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextDouble(-0.2, 0.2);
    }
    return values;
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen3", "granite", "smollm3", "cohere2"})
  void anAdapterGivesTheLogitsOfTheMergedModelFromAllForms(String family) {
    Path base = Shared.require("goldens/" + family);
    List<String> targets =
        List.of("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj");
    Adapter adapter = random(base, targets);
    Path peft = temp.resolve("peft");
    Path gguf = temp.resolve("adapter.gguf");
    Path merged = temp.resolve("merged");
    Path baseGguf = temp.resolve("base.gguf");
    int headDim;
    try (ModelSource model = ModelSource.open(base)) {
      JsonObject config = model.config();
      int width = config.requireInt("hidden_size");
      int heads = config.requireInt("num_attention_heads");
      headDim = config.integer("head_dim").orElse(width / heads);
    }
    AdapterExport.folder(adapter, "base", peft, Disk.LOCAL);
    AdapterExport.gguf(adapter, family, headDim, gguf, Disk.LOCAL);
    try (ModelSource model = ModelSource.open(base)) {
      GgufExport.write(model, baseGguf, DType.F32, Disk.LOCAL);
      FolderExport.write(
          model.map(t -> AdapterExport.merged(adapter, t)), merged, DType.F32, Disk.LOCAL);
    }
    float[] expected = logits(merged, null);
    assertThat(farthest(logits(base, null), expected)).isGreaterThan(0.01f); // it does something
    for (Path model : List.of(base, baseGguf)) {
      for (Path with : List.of(peft, gguf)) {
        assertThat(farthest(logits(model, with), expected)).isCloseTo(0, within(SAME));
      }
    }
  }

  @Test
  void oneMatrixOfSeveralThatShareAnInputCanHaveAnAdapter() {
    Path base = Shared.require("goldens/llama");
    Adapter adapter = random(base, List.of("v_proj", "up_proj"));
    Path peft = temp.resolve("peft");
    Path merged = temp.resolve("merged");
    AdapterExport.folder(adapter, "base", peft, Disk.LOCAL);
    try (ModelSource model = ModelSource.open(base)) {
      FolderExport.write(
          model.map(t -> AdapterExport.merged(adapter, t)), merged, DType.F32, Disk.LOCAL);
    }
    assertThat(farthest(logits(base, peft), logits(merged, null))).isCloseTo(0, within(SAME));
  }

  @Test
  void anAdapterOfAnotherModelIsRefused() {
    Path base = Shared.require("goldens/llama");
    Path peft = temp.resolve("peft");
    AdapterExport.folder(random(base, List.of("q_proj")), "base", peft, Disk.LOCAL);
    assertThatThrownBy(() -> logits(Shared.require("goldens/qwen3"), peft))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("of another model");
  }

  @Test
  void otherKindsOfAdaptersAreRefused() throws Exception {
    Path peft = temp.resolve("peft");
    AdapterExport.folder(
        random(Shared.require("goldens/llama"), List.of("q_proj")), "base", peft, Disk.LOCAL);
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
