// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.model.export.Disk;
import io.jishi.model.export.FolderExport;
import io.jishi.model.export.GgufExport;
import io.jishi.model.export.ModelSource;
import io.jishi.model.export.OutputTensor;
import io.jishi.model.safetensors.SafetensorsFile;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Tensor;
import io.jishi.testkit.Shared;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Heads that guess masked tokens, under the names of each family. */
class MaskedHeadTest {
  /** Logits are sums of 48 products of numbers of order one. */
  private static final float ERROR = 1e-4f;

  private static final String BERT_HEAD = "cls.predictions.";
  private static final int[] TEXT = {3, 5, 8, 13, 21};

  @TempDir Path temp;

  @Test
  void whatStandsAtEachPlaceIsGuessedAsTheReferenceDoes() {
    checkGuesses(golden());
  }

  @Test
  void theNamesOfRobertaAreThoseOfTheSameHead() throws IOException {
    Path folder =
        rewritten(
            Map.of("model_type", "xlm-roberta", "pad_token_id", -1L), // so that no row is skipped
            name ->
                name.replaceFirst("^bert\\.", "roberta.")
                    .replace(BERT_HEAD + "transform.LayerNorm", "lm_head.layer_norm")
                    .replace(BERT_HEAD + "transform.dense", "lm_head.dense")
                    .replace(BERT_HEAD + "bias", "lm_head.bias"),
            List.of());
    checkGuesses(folder);
  }

  @Test
  void gainsUnderTheirOldNamesAreTheSame() throws IOException {
    checkGuesses(
        rewritten(
            Map.of(),
            name ->
                name.replace("LayerNorm.weight", "LayerNorm.gamma")
                    .replace("LayerNorm.bias", "LayerNorm.beta"),
            List.of()));
  }

  @Test
  void whatFilesHaveTwiceOrForAnotherUseIsLeft() throws IOException {
    OutputTensor bias = tensor(golden(), BERT_HEAD + "bias");
    OutputTensor table = tensor(golden(), "bert.embeddings.word_embeddings.weight");
    OutputTensor norm = tensor(golden(), BERT_HEAD + "transform.dense.bias");
    checkGuesses(
        rewritten(
            Map.of(),
            UnaryOperator.identity(),
            List.of(
                bias.named(BERT_HEAD + "decoder.bias"),
                table.named(BERT_HEAD + "decoder.weight"),
                norm.named("cls.seq_relationship.bias"))));
  }

  @Test
  void aMatrixOfItsOwnIsTakenWhereItIsNotTied() throws IOException {
    Path folder =
        rewritten(
            Map.of("tie_word_embeddings", false),
            UnaryOperator.identity(),
            List.of(
                tensor(golden(), "bert.embeddings.word_embeddings.weight")
                    .named(BERT_HEAD + "decoder.weight")));
    checkGuesses(folder);
    Path lacking =
        rewritten(Map.of("tie_word_embeddings", false), UnaryOperator.identity(), List.of());
    assertThatThrownBy(() -> new EncoderGoldenTest.Runner(golden(), lacking, 0))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("cls.predictions.decoder.weight");
  }

  @Test
  void modernBertsHeadIsAProductANormAndTheEmbedding() throws IOException {
    Path bare = Shared.require("goldens/modernbert_embed");
    OutputTensor dense = tensor(golden(), BERT_HEAD + "transform.dense.weight");
    OutputTensor gain = tensor(golden(), BERT_HEAD + "transform.LayerNorm.weight");
    OutputTensor bias = tensor(golden(), BERT_HEAD + "bias");
    List<OutputTensor> all = new ArrayList<>(tensors(bare));
    all.add(dense.named("head.dense.weight"));
    all.add(gain.named("head.norm.weight"));
    all.add(bias.named("decoder.bias"));
    Path folder = temp.resolve("modern");
    Files.createDirectories(folder);
    FolderExport.write(
        Json.parseObject(bare.resolve("config.json")).fields(), all, folder, Disk.LOCAL);
    try (var without = new EncoderGoldenTest.Runner(bare, 0);
        var with = new EncoderGoldenTest.Runner(bare, folder, 0)) {
      assertThat(without.model.decoder().masked()).isNull();
      double[] x = new double[dense.columns()];
      float[] hidden = with.hidden(TEXT, null)[2];
      for (int o = 0; o < x.length; o++) {
        float[] row = row(dense, o);
        for (int i = 0; i < hidden.length; i++) {
          x[o] += hidden[i] * (double) row[i];
        }
        x[o] = x[o] * (1 + erf(x[o] / Math.sqrt(2))) / 2;
      }
      normalise(x, row(gain, 0));
      OutputTensor table = tensor(bare, "embeddings.tok_embeddings.weight");
      float[] logits = guesses(with, TEXT, null)[2];
      for (int v = 0; v < logits.length; v++) {
        double expected = row(bias, 0)[v];
        float[] row = row(table, v);
        for (int i = 0; i < x.length; i++) {
          expected += x[i] * row[i];
        }
        assertThat(logits[v]).as("token %d", v).isCloseTo((float) expected, Offset.offset(ERROR));
      }
    }
  }

  @Test
  void aFileForOtherEnginesIsWrittenWithoutIt() {
    Path file = temp.resolve("model.gguf");
    try (ModelSource source = ModelSource.open(golden())) {
      GgufExport.write(source, file, DType.F32, Disk.LOCAL);
    }
    try (var runner = new EncoderGoldenTest.Runner(golden(), file, 0);
        var before = new EncoderGoldenTest.Runner(golden(), 0)) {
      assertThat(runner.model.decoder().masked()).isNull();
      assertThat(runner.hidden(TEXT, null)[4]).hasSameSizeAs(before.hidden(TEXT, null)[4]);
    }
  }

  private static Path golden() {
    return Shared.require("goldens/bert_mlm");
  }

  private static void checkGuesses(Path model) {
    try (var runner = new EncoderGoldenTest.Runner(golden(), model, 0);
        SafetensorsFile golden = SafetensorsFile.open(golden().resolve("golden.safetensors"))) {
      List<int[]> texts = runner.texts("input_ids");
      List<int[]> types = runner.texts("token_type_ids");
      for (int i = 0; i < texts.size(); i++) {
        float[][] logits = guesses(runner, texts.get(i), types.get(i));
        float[] expected =
            golden.tensors().get("logits." + i).data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
        assertThat(logits.length * logits[0].length).isEqualTo(expected.length);
        for (int k = 0; k < expected.length; k++) {
          assertThat(logits[k / logits[0].length][k % logits[0].length])
              .as("text %d, value %d", i, k)
              .isCloseTo(expected[k], Offset.offset(ERROR));
        }
      }
    }
  }

  private static float[][] guesses(EncoderGoldenTest.Runner runner, int[] tokens, int[] types) {
    Batch batch = new Batch();
    batch.addSpan(tokens, 0, tokens.length, tokens.length);
    Batch kinds = null;
    if (types != null) {
      kinds = new Batch();
      kinds.addSpan(types, 0, types.length, 0);
    }
    Decoder decoder = runner.model.decoder();
    Tensor hidden = decoder.hidden(runner.ops, batch, kinds, runner.precision, LayerObserver.NONE);
    Tensor logits = decoder.masked().logits(runner.ops, hidden, runner.precision);
    float[][] rows = new float[tokens.length][];
    for (int t = 0; t < rows.length; t++) {
      rows[t] = logits.row(t);
    }
    return rows;
  }

  /** The reference model with another configuration, other names and more tensors. */
  private Path rewritten(
      Map<String, Object> config, UnaryOperator<String> names, List<OutputTensor> more)
      throws IOException {
    Path folder = Files.createTempDirectory(temp, "model");
    Map<String, Object> fields =
        new LinkedHashMap<>(Json.parseObject(golden().resolve("config.json")).fields());
    fields.putAll(config);
    List<OutputTensor> all = new ArrayList<>(more);
    tensors(golden()).forEach(t -> all.add(t.named(names.apply(t.name()))));
    FolderExport.write(fields, all, folder, Disk.LOCAL);
    return folder;
  }

  private static List<OutputTensor> tensors(Path folder) {
    List<OutputTensor> all = new ArrayList<>();
    try (SafetensorsFile file = SafetensorsFile.open(folder.resolve("model.safetensors"))) {
      for (StoredTensor tensor : file.tensors().values()) {
        OutputTensor from = OutputTensor.of(tensor);
        float[][] rows = new float[(int) from.rowCount()][from.columns()];
        for (int r = 0; r < rows.length; r++) {
          from.rows().read(r, rows[r]);
        }
        all.add(
            new OutputTensor(
                from.name(),
                from.type(),
                from.shape(),
                (row, out) -> System.arraycopy(rows[(int) row], 0, out, 0, out.length)));
      }
    }
    return all;
  }

  private static OutputTensor tensor(Path folder, String name) {
    return tensors(folder).stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow();
  }

  private static float[] row(OutputTensor tensor, int row) {
    float[] out = new float[tensor.columns()];
    tensor.rows().read(row, out);
    return out;
  }

  private static void normalise(double[] x, float[] gain) {
    double mean = 0;
    double squares = 0;
    for (double v : x) {
      mean += v / x.length;
    }
    for (double v : x) {
      squares += (v - mean) * (v - mean) / x.length;
    }
    for (int i = 0; i < x.length; i++) {
      x[i] = (x[i] - mean) / Math.sqrt(squares + 1e-5) * gain[i];
    }
  }

  /** Maclaurin's series, which converges everywhere. */
  private static double erf(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; n < 200; n++) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return 2 / Math.sqrt(Math.PI) * sum;
  }
}
