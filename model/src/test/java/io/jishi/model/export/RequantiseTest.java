// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.model.StoredTensor;
import io.jishi.model.WeightMix;
import io.jishi.model.gguf.GgufFile;
import io.jishi.tensor.DType;
import io.jishi.testkit.BlockType;
import io.jishi.testkit.RandomModel;
import io.jishi.testkit.Shared;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequantiseTest {
  private static final int[] TOKENS = {5, 17, 3, 99, 42, 250, 7};

  @TempDir Path temp;

  /** The bound is of the root mean square of logits: about twice what the types' steps make. */
  @ParameterizedTest
  @CsvSource({
    "f32,0.001", "bf16,0.02", "q8_0,0.03", "q6_k,0.1", "q5_k_m,0.2", "q5_1,0.2", "q5_0,0.2",
    "q4_k_m,0.3", "q4_k,0.3", "q4_1,0.4", "q4_0,0.4", "iq4_nl,0.3", "iq4_xs,0.3", "mxfp4,0.5",
    "q3_k_m,0.6", "q2_k,1", "tq2_0,2", "tq1_0,2"
  })
  void aModelOfAnotherTypeLoadsAndStaysNear(String type, double bound) {
    Path from = random();
    Path to = temp.resolve(type + ".gguf");
    GgufRequantise.write(from, to, WeightMix.of(type), Disk.LOCAL, Progress.NONE);
    float[] expected = logits(from);
    float[] actual = logits(to);
    double miss = 0;
    double square = 0;
    for (int i = 0; i < expected.length; i++) {
      miss += Math.pow(actual[i] - expected[i], 2);
      square += Math.pow(expected[i], 2);
    }
    assertThat(Math.sqrt(miss / square)).isLessThan(bound);
    try (GgufFile file = GgufFile.open(to)) {
      DType base = WeightMix.of(type).base();
      assertThat(file.tensors().get("blk.0.attn_q.weight").type()).isEqualTo(base);
      assertThat(file.tensors().get("blk.0.attn_norm.weight").type()).isEqualTo(DType.F32);
      if (type.equals("q4_k_m")) {
        assertThat(file.tensors().get("output.weight").type()).isEqualTo(DType.Q6_K);
        assertThat(file.metadata().intValue("general.file_type")).isEqualTo(15);
      }
    }
  }

  @Test
  void metadataAreCopiedToTheByteAndTensorsThatKeepTheirTypeToo() {
    Path from = random();
    Path to = temp.resolve("copy.gguf");
    List<String> told = new ArrayList<>();
    GgufRequantise.write(
        from, to, WeightMix.of("f16"), Disk.LOCAL, (tensor, done, total) -> told.add(tensor));
    try (GgufFile a = GgufFile.open(from);
        GgufFile b = GgufFile.open(to)) {
      for (String key : a.metadata().keys()) {
        if (!key.equals("general.file_type")) {
          assertThat(b.metadata().stored(key)).as(key).isEqualTo(a.metadata().stored(key));
        }
      }
      assertThat(b.tensors().keySet()).isEqualTo(a.tensors().keySet());
      assertThat(told).containsExactlyElementsOf(a.tensors().keySet());
      for (StoredTensor tensor : a.tensors().values()) {
        assertThat(b.tensors().get(tensor.name()).data().mismatch(tensor.data()))
            .as(tensor.name())
            .isEqualTo(-1);
      }
    }
  }

  @Test
  void aRealModelSurvives() {
    Path from = Shared.require("weights/stories260K/stories260K-F32.gguf");
    Path to = temp.resolve("q8.gguf");
    assertThat(GgufRequantise.write(from, to, WeightMix.of("q8_0"), Disk.LOCAL, Progress.NONE))
        .isFalse();
    assertThat(best(logits(to))).isEqualTo(best(logits(from)));
    assertThat(
            GgufRequantise.write(
                to, temp.resolve("q5.gguf"), WeightMix.of("q5_1"), Disk.LOCAL, Progress.NONE))
        .isTrue();
  }

  @Test
  void whatCannotBeWrittenIsRefusedAndNothingRemains() throws Exception {
    Path from = random();
    assertThatThrownBy(
            () ->
                GgufRequantise.write(
                    from, temp.resolve("x"), WeightMix.of("iq2_s"), Disk.LOCAL, Progress.NONE))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageContaining("iq2_s");
    Path there = Files.writeString(temp.resolve("there.gguf"), "mine");
    assertThatThrownBy(
            () ->
                GgufRequantise.write(from, there, WeightMix.of("q8_0"), Disk.LOCAL, Progress.NONE))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("exists already");
    assertThat(there).hasContent("mine");
    try (var left = Files.list(temp)) {
      assertThat(left).containsExactlyInAnyOrder(from, there);
    }
  }

  private Path random() {
    Path path = temp.resolve("random.gguf");
    if (!Files.exists(path)) {
      RandomModel.write(path, new RandomModel.Shape(2, 256, 512, 4, 2, 320, 64, BlockType.F16, 1));
    }
    return path;
  }

  private static int best(float[] logits) {
    int best = 0;
    for (int i = 0; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }

  private static float[] logits(Path path) {
    return Logits.of(path, TOKENS);
  }
}
