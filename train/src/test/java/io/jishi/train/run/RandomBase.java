// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.Model;
import io.jishi.model.RandomSpec;
import io.jishi.model.WeightMix;
import io.jishi.model.export.OutputTensor;
import io.jishi.model.export.SafetensorsWriter;
import io.jishi.tensor.Backend;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Small models of random weights with a vocabulary of whole words, as folders. */
final class RandomBase {
  /** An encoder. */
  static final String BERT =
      """
      {"architectures": ["BertModel"], "model_type": "bert", "vocab_size": %d, "hidden_size": 32,
       "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64,
       "hidden_act": "gelu", "max_position_embeddings": 32, "type_vocab_size": 2,
       "layer_norm_eps": 1e-12, "torch_dtype": "float32"}
      """;

  /** A mixture of experts. */
  static final String MIXTRAL =
      """
      {"architectures": ["MixtralForCausalLM"], "model_type": "mixtral", "vocab_size": %d,
       "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
       "num_key_value_heads": 1, "intermediate_size": 32, "hidden_act": "silu",
       "num_local_experts": 4, "num_experts_per_tok": 2, "max_position_embeddings": 32,
       "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": false,
       "torch_dtype": "float32"}
      """;

  private static final List<String> SPECIAL = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]");

  private RandomBase() {}

  /** Writes it. */
  static Path write(Path folder, String shape, List<String> words) throws IOException {
    String config = shape.formatted(SPECIAL.size() + words.size());
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("config.json"), config);
    Files.writeString(folder.resolve("tokenizer.json"), Json.write(tokenizer(words)));
    byte[] bytes = config.getBytes(StandardCharsets.UTF_8);
    JsonObject json = JsonObject.of("config", Json.parse("config", bytes));
    try (Model model =
            Model.random(new RandomSpec("tiny", json, WeightMix.of("f32"), 1), Backend.cpu());
        OutputStream out = Files.newOutputStream(folder.resolve("model.safetensors"))) {
      List<OutputTensor> tensors = model.tensors().values().stream().map(OutputTensor::of).toList();
      new SafetensorsWriter(Map.of("format", "pt"), tensors).writeTo(out);
    }
    return folder;
  }

  private static Map<String, Object> tokenizer(List<String> words) {
    Map<String, Object> vocabulary = new LinkedHashMap<>();
    SPECIAL.forEach(token -> vocabulary.put(token, vocabulary.size()));
    words.forEach(word -> vocabulary.put(word, vocabulary.size()));
    List<Object> added =
        SPECIAL.stream()
            .map(
                token ->
                    (Object) Map.of("id", vocabulary.get(token), "content", token, "special", true))
            .toList();
    Object model =
        Map.of(
            "type",
            "WordPiece",
            "unk_token",
            "[UNK]",
            "continuing_subword_prefix",
            "##",
            "max_input_chars_per_word",
            100,
            "vocab",
            vocabulary);
    Object frame =
        Map.of(
            "type",
            "TemplateProcessing",
            "single",
            List.of(special("[CLS]"), part("A"), special("[SEP]")),
            "pair",
            List.of(special("[CLS]"), part("A"), special("[SEP]"), part("B"), special("[SEP]")),
            "special_tokens",
            Map.of("[CLS]", named("[CLS]", 2), "[SEP]", named("[SEP]", 3)));
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("version", "1.0");
    all.put("added_tokens", added);
    all.put("pre_tokenizer", Map.of("type", "BertPreTokenizer"));
    all.put("post_processor", frame);
    all.put("decoder", Map.of("type", "WordPiece", "prefix", "##", "cleanup", true));
    all.put("model", model);
    return all;
  }

  private static Object special(String token) {
    return Map.of("SpecialToken", Map.of("id", token, "type_id", 0));
  }

  private static Object part(String id) {
    return Map.of("Sequence", Map.of("id", id, "type_id", 0));
  }

  private static Object named(String token, int id) {
    return Map.of("id", token, "ids", List.of(id), "tokens", List.of(token));
  }
}
