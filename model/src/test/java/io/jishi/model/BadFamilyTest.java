// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.tensor.Backend;
import io.jishi.tensor.DType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Configurations and tensors that do not fit are refused with what is wrong. */
class BadFamilyTest {
  @TempDir Path temp;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // family | what is replaced | by what | what the message says
        "kimi_k2 | \"num_experts_per_tok\": 4 | \"num_experts_per_tok\": 40 | choice of experts",
        "kimi_k2 | \"n_group\": 1 | \"n_group\": 2 | choice of experts",
        "kimi_k2 | \"n_routed_experts\": 9 | \"n_routed_experts\": 10 | has shape [9]",
        "kimi_k2 | \"kv_lora_rank\": 20 | \"kv_lora_rank\": 24 | has shape",
        "kimi_k2 | \"first_k_dense_replace\": 1 | \"first_k_dense_replace\": 0 | is missing",
        "kimi_k2 | \"yarn\" | \"spiral\" | rotary scaling 'spiral'",
        "kimi_k2 | \"qk_rope_head_dim\": 8 | \"qk_rope_head_dim\": 7 | rotary values",
        "minicpm3_long | 1.07,1.9 | 1.9 | rotary factors",
        "gpt_oss | \"sliding_attention\",\"full | \"full | 'layer_types' lists 2 of 4",
        "gpt_oss | \"swiglu_limit\": 7.0 | \"swiglu_limit\": 3.0 | swiglu_limit",
        "gemma2 | \"num_key_value_heads\": 2 | \"num_key_value_heads\": 3 | do not group",
        "mamba2 | \"state_size\": 16 | \"state_size\": 8 | has shape",
        "lfm2 | \"conv_L_cache\": 3 | \"conv_L_cache\": 4 | has shape",
        "mistral | \"hidden_act\": \"silu\" | \"hidden_act\": \"sine\" | activation 'sine'",
        "mistral | \"num_hidden_layers\": 2 | \"num_hidden_layers\": 1 | not part of a 'mistral'",
        "mistral | \"num_hidden_layers\": 2 | \"num_hidden_layers\": 3 | is missing",
        "mistral | \"num_hidden_layers\": 2 | \"num_hidden_layers\": 999999999 | must be 1 to",
        "mistral | \"sliding_window\": 8 | \"sliding_window\": -8 | window of -8",
        "mistral | \"mistral\" | \"mistrel\" | supported are"
      })
  void whatIsWrongIsSaid(String family, String from, String to, String message) throws Exception {
    Path golden = GoldenTest.resource(family);
    String config = Files.readString(golden.resolve("config.json")).replaceAll("\\s*\\n\\s*", "");
    String packed = config.replace(" ", "");
    String wanted = from.replace(" ", "");
    assertThat(packed).contains(wanted);
    Path folder = Files.createDirectory(temp.resolve("model"));
    Files.writeString(folder.resolve("config.json"), packed.replace(wanted, to.replace(" ", "")));
    Files.copy(golden.resolve("model.safetensors"), folder.resolve("model.safetensors"));
    assertThatThrownBy(() -> Model.open(folder, Backend.cpu()))
        .isInstanceOf(JishiException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aMissingTensorIsNamedWithItsShape() throws Exception {
    Path golden = GoldenTest.resource("mistral");
    Path folder = Files.createDirectory(temp.resolve("model"));
    Files.copy(golden.resolve("config.json"), folder.resolve("config.json"));
    byte[] bytes = Files.readAllBytes(golden.resolve("model.safetensors"));
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    String changed = text.replace("layers.1.mlp.up_proj", "layers.1.mlp.xx_proj");
    Files.write(folder.resolve("model.safetensors"), changed.getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> Model.open(folder, Backend.cpu()))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("model.layers.1.mlp.up_proj.weight' [136, 64] is missing");
  }

  @Test
  void latentAttentionCachesTheLatentVectorAndTheRotaryPartAlone() throws Exception {
    try (Model model = Model.open(GoldenTest.resource("kimi_k2"), Backend.cpu())) {
      // Three layers of rank 20 and 8 rotated values, two bytes each, in blocks of 64 tokens.
      assertThat(model.decoder().stateSpec(DType.F16).bytes(64)).isEqualTo(64L * 3 * (20 + 8) * 2);
    }
  }

  @Test
  void aModelWhoseRotationsDoNotDependOnTheLengthIsTheSameForAll() throws Exception {
    try (Model model = Model.open(GoldenTest.resource("mistral"), Backend.cpu());
        Model longer = Model.open(GoldenTest.resource("minicpm3_long"), Backend.cpu())) {
      assertThat(model.decoder().forLength(9)).isSameAs(model.decoder());
      assertThat(longer.decoder().forLength(64)).isSameAs(longer.decoder());
      assertThat(longer.decoder().forLength(12)).isNotSameAs(longer.decoder());
    }
  }
}
