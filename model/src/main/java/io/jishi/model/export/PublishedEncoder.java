// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import io.jishi.model.Checkpoint;
import io.jishi.model.DecoderSpec;
import io.jishi.model.DecoderSpec.BidirectionalAttention;
import io.jishi.model.StoredTensor;
import io.jishi.model.TensorRole;
import io.jishi.model.gguf.GgufFile;
import io.jishi.model.gguf.GgufMetadata;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** In what encoders are published otherwise than decoders: names, classes, labels, positions. */
final class PublishedEncoder {
  /** The key of the names of what a classifier scores. */
  static final String LABELS = "classifier.output_labels";

  private static final String PADDING = "tokenizer.ggml.padding_token_id";

  /** The padding of RoBERTa's kin, which counts positions from behind it. */
  private static final int ROBERTA_PADDING = 1;

  private PublishedEncoder() {}

  /** Which of the families that GGUF calls {@code bert}: they differ in their vocabularies. */
  static String family(GgufMetadata metadata) {
    return switch (metadata.string("tokenizer.ggml.model", "bert")) {
      case "t5" -> "xlm-roberta";
      case "gpt2" -> "roberta";
      default -> "bert";
    };
  }

  /** The names of a checkpoint that was saved without heads. */
  static Checkpoint bare(Checkpoint names) {
    String embedding = names.weight(TensorRole.EMBEDDING, 0);
    return names.fitted(Set.of(embedding.substring(embedding.indexOf('.') + 1)));
  }

  /** What the configurations of encoders say that those of decoders do not. */
  static void complete(
      LinkedHashMap<String, Object> config, DecoderSpec spec, String family, GgufFile file) {
    String type = PublishedClass.ofEncoder(family, spec.scores());
    config.putFirst("architectures", List.of(type));
    if (config.get("head_dim") instanceof Long dim
        && config.get("num_attention_heads") instanceof Long heads
        && dim * heads == spec.width()) {
      config.remove("head_dim");
    }
    int padding = file.metadata().intValue(PADDING, -1);
    if (padding >= 0) {
      config.put("pad_token_id", (long) padding);
    }
    if (spec.scores()) {
      putLabels(config, family, file);
    }
    if (family.equals("modernbert")) {
      nearAndFar(config, spec);
      return;
    }
    config.put("type_vocab_size", (long) spec.embedding().types());
    config.remove("attention_bias");
    if (family.endsWith("roberta")) {
      int pad = padding < 0 ? ROBERTA_PADDING : padding;
      config.put("pad_token_id", (long) pad);
      config.put("max_position_embeddings", spec.context() + 1L + pad);
    } else if (family.equals("nomic_bert")) {
      config.put("hidden_act", "silu");
    }
  }

  /** ModernBERT: a rotary base for layers that see all, another for those that see near tokens. */
  private static void nearAndFar(Map<String, Object> config, DecoderSpec spec) {
    config.remove("rope_theta");
    config.remove("sliding_window");
    for (int l = 0; l < spec.layers().size(); l++) {
      for (DecoderSpec.Part part : spec.layers().get(l).parts()) {
        if (part instanceof BidirectionalAttention a) {
          if (l > 0 && a.reach() == 0 && !config.containsKey("layer_types")) {
            config.putIfAbsent("global_attn_every_n_layers", (long) l);
          }
          boolean near = a.reach() > 0;
          config.put(
              near ? "local_rope_theta" : "global_rope_theta",
              RecordedConfig.plain(a.heads().rope().base()));
          if (near) {
            config.put("local_attention", 2L * a.reach());
          }
        }
      }
    }
  }

  private static void putLabels(Map<String, Object> config, String family, GgufFile file) {
    String name = TensorRole.SUMMARY_OUT.gguf(0) + ".weight";
    StoredTensor matrix = file.tensors().get(name);
    int count =
        matrix == null || matrix.shape().size() < 2
            ? 1
            : Math.toIntExact(matrix.shape().getFirst());
    String architecture = file.metadata().string("general.architecture");
    Map<String, Object> labels = new LinkedHashMap<>();
    Map<String, Object> ids = new LinkedHashMap<>();
    String[] stated =
        file.metadata().get(architecture + "." + LABELS) instanceof String[] all ? all : null;
    if (stated != null && stated.length != count) {
      throw new JishiException.BadFile(
          file.path() + ": names " + stated.length + " labels, but scores " + count);
    }
    for (int i = 0; i < count; i++) {
      String label = stated == null ? "LABEL_" + i : stated[i];
      labels.put(String.valueOf(i), label);
      ids.put(label, i);
    }
    config.put("id2label", labels);
    config.put("label2id", ids);
  }

  /** The names of what a published classifier scores, in order; none where it does not say. */
  static List<String> labels(JsonObject config) {
    List<String> labels = new ArrayList<>();
    Optional<JsonObject> named = config.object("id2label");
    while (named.isPresent() && named.get().has(String.valueOf(labels.size()))) {
      String id = String.valueOf(labels.size());
      labels.add(named.get().text(id).orElse("LABEL_" + id));
    }
    return labels;
  }
}
