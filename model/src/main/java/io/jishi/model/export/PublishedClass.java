// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import java.util.Locale;
import java.util.Map;

/** The class that {@code config.json} names under {@code architectures}. */
final class PublishedClass {
  private static final Map<String, String> OTHERS =
      Map.ofEntries(
          Map.entry("chatglm", "ChatGLMModel"),
          Map.entry("gemma3_text", "Gemma3ForCausalLM"),
          Map.entry("gpt2", "GPT2LMHeadModel"),
          Map.entry("gpt_neox", "GPTNeoXForCausalLM"),
          Map.entry("granitemoehybrid", "GraniteMoeHybridForCausalLM"),
          Map.entry("hunyuan_v1_dense", "HunYuanDenseV1ForCausalLM"),
          Map.entry("hunyuan_v1_moe", "HunYuanMoEV1ForCausalLM"),
          Map.entry("internlm2", "InternLM2ForCausalLM"),
          Map.entry("minicpm", "MiniCPMForCausalLM"),
          Map.entry("minicpm3", "MiniCPM3ForCausalLM"),
          Map.entry("ernie4_5", "Ernie4_5ForCausalLM"),
          Map.entry("ernie4_5_moe", "Ernie4_5_MoeForCausalLM"),
          Map.entry("smollm3", "SmolLM3ForCausalLM"),
          Map.entry("stablelm", "StableLmForCausalLM"));

  private static final Map<String, String> ENCODERS =
      Map.of(
          "bert", "Bert",
          "modernbert", "ModernBert",
          "nomic_bert", "NomicBert",
          "roberta", "Roberta",
          "xlm-roberta", "XLMRoberta");

  private PublishedClass() {}

  /** That of an encoder. */
  static String ofEncoder(String modelType, boolean scores) {
    return ENCODERS.get(modelType) + (scores ? "ForSequenceClassification" : "Model");
  }

  /** That of a decoder's {@code model_type}; most are its words with capitals. */
  static String of(String modelType) {
    String known = OTHERS.get(modelType);
    if (known != null) {
      return known;
    }
    StringBuilder name = new StringBuilder();
    for (String word : modelType.split("_")) {
      name.append(word.substring(0, 1).toUpperCase(Locale.ROOT)).append(word.substring(1));
    }
    return name + "ForCausalLM";
  }
}
