// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.family.Family;
import io.jishi.model.gguf.GgufMetadata;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The metadata of a GGUF file of the architecture {@code clip} as what {@code config.json} and
 * {@code preprocessor_config.json} would say, so that towers are written once, in {@code family}.
 * Sizes that converters got wrong or left out are taken from the tensors.
 */
public final class ClipReader {
  /** What llama.cpp takes where a file says nothing, as the published models have it. */
  private static final int WINDOW = 112;

  private static final int INSERTED_AFTER = 6;
  private static final int MERGED_TWICE = 4;
  private static final double QWEN_EPS = 1e-6;
  private static final int MOST_LAYERS = 4096;

  private final String source;
  private final GgufMetadata metadata;
  private final Map<String, StoredTensor> tensors;
  private final ClipLayout layout;

  private ClipReader(String source, GgufMetadata metadata, Map<String, StoredTensor> tensors) {
    this.source = source;
    this.metadata = metadata;
    this.tensors = tensors;
    String architecture = metadata.string("general.architecture");
    if (!architecture.equals(ClipLayout.ARCHITECTURE)) {
      throw new JishiException.BadFile(
          source
              + ": is a model of the architecture '"
              + architecture
              + "', not a tower with its projector ('clip', files named mmproj-*.gguf)");
    }
    String key = "clip.projector_type";
    String type =
        metadata.string(metadata.has(key) ? key : ClipLayout.VISION + "projector_type", "");
    layout = ClipLayout.of(type);
    if (layout == null || !metadata.booleanValue("clip.has_vision_encoder", true)) {
      throw new JishiException.Unsupported(
          source
              + ": the projector '"
              + type
              + "' is not supported; supported are "
              + String.join(", ", ClipLayout.projectors())
              + ", of images");
    }
  }

  /**
   * What a file's tower is.
   *
   * @param source for messages
   * @param text the language model beside it
   * @param vocabulary its tokens, or null where it has none
   * @throws JishiException.BadFile where something is missing or cannot be
   * @throws JishiException.Unsupported for another projector
   */
  public static VisionSpec vision(
      String source,
      GgufMetadata metadata,
      Map<String, StoredTensor> tensors,
      ModelConfig text,
      String[] vocabulary) {
    ClipReader reader = new ClipReader(source, metadata, tensors);
    return reader.vision(text, reader.imageToken(vocabulary));
  }

  /** How images become pixels. */
  static JsonObject imageProcessor(
      String source, GgufMetadata metadata, Map<String, StoredTensor> tensors) {
    ClipReader reader = new ClipReader(source, metadata, tensors);
    String own = metadata.string(ClipLayout.PROCESSOR, "");
    String field = source + ": '" + ClipLayout.PROCESSOR + "'";
    return own.isEmpty()
        ? new JsonObject(source, reader.processor())
        : JsonObject.of(field, Json.parse(field, own));
  }

  private int heads(int width) {
    int heads = size("attention.head_count");
    if (width % heads != 0) {
      throw new JishiException.BadFile(
          source + ": a width of " + width + " does not share out to " + heads + " heads");
    }
    return heads;
  }

  private VisionSpec vision(ModelConfig text, int imageToken) {
    Map<String, Object> config = new LinkedHashMap<>();
    Map<String, Object> tower = new LinkedHashMap<>();
    int width = size("embedding_length");
    Map<TensorRole, String> names = layout.names(tensors, width);
    tower.put("hidden_size", (long) width);
    tower.put("num_attention_heads", (long) heads(width));
    tower.put("num_hidden_layers", (long) layers());
    tower.put("patch_size", (long) size("patch_size"));
    tower.put("image_size", (long) size("image_size"));
    tower.put("layer_norm_eps", (double) number("attention.layer_norm_epsilon"));
    tower.put("intermediate_size", rows(names.get(TensorRole.UP).replace("%d", "0")));
    tower.put("hidden_act", activation());
    long out = text.require("hidden_size");
    config.put("image_token_id", (long) imageToken);
    config.put("vision_config", tower);
    config.put("text_config", Map.of("model_type", "text", "hidden_size", out));
    switch (layout.projector()) {
      case ClipLayout.QWEN2 -> qwen2(config, tower, width, out);
      case ClipLayout.QWEN25 -> qwen25(config, tower, out);
      case ClipLayout.IDEFICS3 -> {
        config.put("model_type", "smolvlm");
        config.put("scale_factor", (long) optional("projector.scale_factor", 2));
      }
      case ClipLayout.MINICPM -> miniCpm(config, tower);
      default -> llava(config, tower);
    }
    VisionSpec read = Family.vision(ModelConfig.of(new JsonObject(source, config)));
    return new VisionSpec(
        read.tower().withInsertedNames(Checkpoint.named(layout.inserted())),
        Checkpoint.named(names),
        Map.of("", ""),
        text,
        Map.of(),
        imageToken,
        read.grid(),
        read.around());
  }

  private void llava(Map<String, Object> config, Map<String, Object> tower) {
    boolean clip = tensors.containsKey("v.class_embd");
    config.put("model_type", "llava");
    config.put("vision_feature_layer", (long) layers());
    config.put("vision_feature_select_strategy", clip ? "default" : "full");
    tower.put("model_type", clip ? "clip_vision_model" : "siglip_vision_model");
  }

  private void qwen2(Map<String, Object> config, Map<String, Object> tower, int width, long out) {
    config.put("model_type", "qwen2_vl");
    tower.put("embed_dim", (long) width);
    tower.put("mlp_ratio", (long) tower.get("intermediate_size") / (double) width);
    qwen(tower);
    tower.put("hidden_size", out);
  }

  private void qwen25(Map<String, Object> config, Map<String, Object> tower, long out) {
    config.put("model_type", "qwen2_5_vl");
    qwen(tower);
    tower.put("out_hidden_size", out);
    tower.put("window_size", (long) optional("window_size", WINDOW));
    int every = optional("n_wa_pattern", 0);
    List<Object> whole = new ArrayList<>();
    for (long l = 0; l < layers(); l++) {
      if (every <= 0 || (l + 1) % every == 0) {
        whole.add(l);
      }
    }
    tower.put("fullatt_block_indexes", whole);
  }

  private void qwen(Map<String, Object> tower) {
    if (Math.abs(number("attention.layer_norm_epsilon") - QWEN_EPS) > QWEN_EPS / 1000) {
      throw new JishiException.Unsupported(
          source + ": norms with another epsilon than 1e-6 are not known of these towers");
    }
    tower.put("depth", (long) layers());
    tower.put("num_heads", tower.get("num_attention_heads"));
    tower.put("spatial_merge_size", (long) optional("spatial_merge_size", 2));
  }

  /** Its table of positions is larger than its images: they are a size of the processor's. */
  private void miniCpm(Map<String, Object> config, Map<String, Object> tower) {
    if (optional("projector.scale_factor", MERGED_TWICE) != MERGED_TWICE) {
      throw new JishiException.Unsupported(
          source + ": towers that merge patches once ('projector.scale_factor') are not supported");
    }
    long side = Math.round(Math.sqrt(rows("v.position_embd")));
    tower.put("image_size", side * size("patch_size"));
    config.put("model_type", "minicpmv4_6");
    config.put(
        "insert_layer_id",
        metadata.get(ClipLayout.VISION + "wa_layer_indexes") instanceof int[] at && at.length > 0
            ? (long) at[0]
            : INSERTED_AFTER);
  }

  /** Up to the layer whose result is taken; a file may have more, or say that it has. */
  private int layers() {
    int all = size("block_count");
    String key = ClipLayout.VISION + "feature_layer";
    int taken = all;
    switch (metadata.get(key)) {
      case null -> {}
      case int[] one when one.length == 1 -> taken = one[0];
      default ->
          throw new JishiException.Unsupported(
              source + ": '" + key + "' must name one layer: several are not supported");
    }
    if (all > MOST_LAYERS || taken < 1 || taken > all) {
      throw new JishiException.BadFile(
          source + ": " + taken + " layers of " + all + " cannot be taken");
    }
    return taken;
  }

  private String activation() {
    boolean gelu = metadata.booleanValue("clip.use_gelu", false);
    boolean silu = metadata.booleanValue("clip.use_silu", false);
    if (gelu && silu) {
      throw new JishiException.BadFile(
          source + ": 'clip.use_gelu' and 'clip.use_silu' exclude each other");
    }
    return gelu ? "gelu_pytorch_tanh" : silu ? "silu" : "quick_gelu";
  }

  private int imageToken(String[] vocabulary) {
    if (metadata.has(ClipLayout.IMAGE_TOKEN)) {
      return metadata.intValue(ClipLayout.IMAGE_TOKEN);
    }
    int token = vocabulary == null ? -1 : Arrays.asList(vocabulary).indexOf(layout.imageToken());
    if (token < 0) {
      throw new JishiException.BadFile(
          source
              + ": the vocabulary of the language model has no token '"
              + layout.imageToken()
              + "', which stands for images: is the projector that of another model?");
    }
    return token;
  }

  private Map<String, Object> processor() {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("image_mean", numbers("image_mean"));
    config.put("image_std", numbers("image_std"));
    Long image = (long) size("image_size");
    switch (layout.projector()) {
      case ClipLayout.QWEN2, ClipLayout.QWEN25 -> {
        config.put("image_processor_type", "Qwen2VLImageProcessor");
        config.put("merge_size", (long) optional("spatial_merge_size", 2));
        pixels(config, "image_min_pixels", "min_pixels");
        pixels(config, "image_max_pixels", "max_pixels");
      }
      case ClipLayout.IDEFICS3 -> {
        config.put("image_processor_type", "Idefics3ImageProcessor");
        config.put("max_image_size", Map.of("longest_edge", image));
        long longest = optional("preproc_image_size", Math.toIntExact(image));
        config.put("size", Map.of("longest_edge", longest));
      }
      case ClipLayout.MINICPM -> {
        config.put("image_processor_type", "MiniCPMV4_6ImageProcessor");
        config.put("scale_resolution", image);
      }
      default -> {
        boolean clip = tensors.containsKey("v.class_embd");
        Map<String, Object> sides = Map.of("width", image, "height", image);
        config.put("image_processor_type", clip ? "CLIPImageProcessor" : "SiglipImageProcessor");
        config.put("size", clip ? Map.of("shortest_edge", image) : sides);
        config.put("crop_size", sides);
      }
    }
    return config;
  }

  private void pixels(Map<String, Object> config, String key, String name) {
    if (metadata.has(ClipLayout.VISION + key)) {
      config.put(name, (long) metadata.intValue(ClipLayout.VISION + key));
    }
  }

  private List<Object> numbers(String key) {
    if (metadata.get(ClipLayout.VISION + key) instanceof float[] all && all.length >= 3) {
      List<Object> three = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        three.add((double) all[i]);
      }
      return three;
    }
    throw new JishiException.BadFile(
        source + ": '" + ClipLayout.VISION + key + "' must be three numbers");
  }

  private int size(String key) {
    int size = metadata.intValue(ClipLayout.VISION + key);
    if (size < 1) {
      throw new JishiException.BadFile(
          source + ": '" + ClipLayout.VISION + key + "' must be positive, found " + size);
    }
    return size;
  }

  private int optional(String key, int absent) {
    return metadata.intValue(ClipLayout.VISION + key, absent);
  }

  private float number(String key) {
    return metadata.floatValue(ClipLayout.VISION + key);
  }

  /** The rows of a matrix that there has to be. */
  private long rows(String stem) {
    StoredTensor tensor = tensors.get(stem + ".weight");
    if (tensor == null || tensor.shape().size() != 2) {
      throw new JishiException.BadFile(
          source + ": the matrix '" + stem + ".weight' is missing; is a part of the file absent?");
    }
    return tensor.shape().getFirst();
  }
}
