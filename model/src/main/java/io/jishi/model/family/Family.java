// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.family;

import io.jishi.base.JishiException;
import io.jishi.model.DecoderSpec;
import io.jishi.model.ModelConfig;
import io.jishi.model.VisionSpec;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The table of families: the name in {@code model_type} or {@code general.architecture}, and the
 * function that reads its configuration. A family that differs only in data is one line more here.
 */
public final class Family {
  private static final Map<String, Function<ModelConfig, DecoderSpec>> TABLE =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("aquila", Llama::llama),
              Map.entry("baichuan", Baichuan::baichuan),
              Map.entry("bert", Bert::bert),
              Map.entry("bloom", Gpt::bloom),
              Map.entry("modern-bert", ModernBert::modernBert),
              Map.entry("modernbert", ModernBert::modernBert),
              Map.entry("nomic-bert", Bert::nomic),
              Map.entry("nomic_bert", Bert::nomic),
              Map.entry("roberta", Bert::roberta),
              Map.entry("xlm-roberta", Bert::roberta),
              Map.entry("chatglm", Glm::chatGlm),
              Map.entry("cohere", Cohere::cohere),
              Map.entry("command-r", Cohere::cohere),
              Map.entry("cohere2", Cohere::cohere2),
              Map.entry("deepseek2", DeepSeek::gguf),
              Map.entry("deepseek_v2", DeepSeek::v2),
              Map.entry("deepseek_v3", DeepSeek::v3),
              Map.entry("ernie4_5", Llama::ernie),
              Map.entry("ernie4_5-moe", Llama::ernieMixture),
              Map.entry("ernie4_5_moe", Llama::ernieMixture),
              Map.entry("exaone4", NormedLast::exaone4),
              Map.entry("falcon", Gpt::falcon),
              Map.entry("falcon-h1", StateSpaces::falconH1),
              Map.entry("falcon_h1", StateSpaces::falconH1),
              Map.entry("gemma", Gemma::gemma),
              Map.entry("gemma2", Gemma::gemma2),
              Map.entry("gemma3_text", Gemma::gemma3),
              Map.entry("glm", Glm::glm),
              Map.entry("glm4", Glm::glm4),
              Map.entry("glm4_moe", Glm::mixture),
              Map.entry("glm4moe", Glm::mixture),
              Map.entry("gpt2", Gpt::gpt2),
              Map.entry("gpt_neox", Gpt::neoX),
              Map.entry("gpt-oss", GptOss::gptOss),
              Map.entry("gpt_oss", GptOss::gptOss),
              Map.entry("granite", Granite::granite),
              Map.entry("granitehybrid", Granite::hybrid),
              Map.entry("granitemoehybrid", Granite::hybrid),
              Map.entry("hunyuan-dense", Hunyuan::dense),
              Map.entry("hunyuan-moe", Hunyuan::mixture),
              Map.entry("hunyuan_v1_dense", Hunyuan::dense),
              Map.entry("hunyuan_v1_moe", Hunyuan::mixture),
              Map.entry("internlm2", Llama::internLm2),
              Map.entry("kimi_k2", DeepSeek::v3),
              Map.entry("kimi-linear", Hybrids::kimiLinear),
              Map.entry("kimi_linear", Hybrids::kimiLinear),
              Map.entry("lfm2", Hybrids::lfm2),
              Map.entry("llama", Llama::llama),
              Map.entry("mamba", StateSpaces::mamba),
              Map.entry("mamba2", StateSpaces::mamba2),
              Map.entry("minicpm", MiniCpm::miniCpm),
              Map.entry("minicpm3", MiniCpm::miniCpm3),
              Map.entry("mistral", Llama::mistral),
              Map.entry("mixtral", Llama::mixtral),
              Map.entry("nemotron", LayerNormed::nemotron),
              Map.entry("olmo2", NormedLast::olmo2),
              Map.entry("phi", Phi::phi),
              Map.entry("phi2", Phi::phi),
              Map.entry("gemma3", Gemma::gemma3),
              Map.entry("gptneox", Gpt::neoX),
              Map.entry("phi3", Phi::phi3),
              Map.entry("qwen2", Qwen::qwen2),
              Map.entry("qwen2_5_vl_text", Qwen::qwen2),
              Map.entry("qwen2_vl_text", Qwen::qwen2),
              Map.entry("qwen2vl", Qwen::qwen2),
              Map.entry("qwen2_moe", Qwen::qwen2Mixture),
              Map.entry("qwen2moe", Qwen::qwen2Mixture),
              Map.entry("qwen3", Qwen::qwen3),
              Map.entry("qwen3_5_text", Qwen::qwen35),
              Map.entry("qwen35", Qwen::qwen35),
              Map.entry("qwen3_moe", Qwen::qwen3Mixture),
              Map.entry("qwen3moe", Qwen::qwen3Mixture),
              Map.entry("qwen3_next", Qwen::qwen3Next),
              Map.entry("qwen3next", Qwen::qwen3Next),
              Map.entry("rwkv", Hybrids::rwkv4),
              Map.entry("seed_oss", Llama::seedOss),
              Map.entry("smollm3", Llama::smolLm3),
              Map.entry("stablelm", LayerNormed::stableLm),
              Map.entry("starcoder2", LayerNormed::starCoder2)));

  private static final Map<String, Function<ModelConfig, VisionSpec>> SEEING =
      new TreeMap<>(
          Map.of(
              "llava", Vision::llava,
              "smolvlm", Vision::smolVlm,
              "idefics3", Vision::smolVlm,
              "qwen2_vl", Vision::qwen2,
              "qwen2_5_vl", Vision::qwen25,
              "minicpmv4_6", Vision::miniCpm));

  private Family() {}

  /** What a model that sees is made of, or null where it does not see. */
  public static VisionSpec vision(ModelConfig config) {
    Function<ModelConfig, VisionSpec> family = SEEING.get(config.architecture());
    return family == null ? null : family.apply(config);
  }

  /** The names that are known. */
  public static java.util.Set<String> names() {
    return TABLE.keySet();
  }

  /**
   * The spec of a configuration.
   *
   * @throws JishiException.Unsupported where the family is unknown, or uses what is not there yet
   * @throws JishiException.BadFile where sizes are missing or contradict each other
   */
  public static DecoderSpec spec(ModelConfig config) {
    Function<ModelConfig, DecoderSpec> family = TABLE.get(config.architecture());
    if (family == null) {
      throw new JishiException.Unsupported(
          config.source()
              + ": the architecture '"
              + config.architecture()
              + "' is not supported; supported are "
              + String.join(", ", TABLE.keySet())
              + "; with images "
              + String.join(", ", SEEING.keySet()));
    }
    return family.apply(config);
  }
}
