// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.ClipLayout;
import io.jishi.model.DecoderSpec;
import io.jishi.model.NormSpec;
import io.jishi.model.TowerSpec;
import io.jishi.model.VisionSpec;
import io.jishi.model.vision.ImageProcessor;
import io.jishi.tensor.Activation;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;

/** A tower as the metadata of a GGUF file, under the keys that llama.cpp's converters write. */
final class ClipKeys {
  /** What converters write for towers that take images of all sizes. */
  private static final int ANY_SIZE = 560;

  private static final int MERGED_TWICE = 4;

  private final TowerSpec tower;
  private final Map<String, Object> keys = new LinkedHashMap<>();

  private ClipKeys(TowerSpec tower) {
    this.tower = tower;
  }

  /**
   * The pairs.
   *
   * @throws JishiException.BadFile where nothing says how images become pixels
   */
  static Map<String, Object> of(ModelSource model, VisionSpec seeing, ClipLayout layout) {
    JsonObject processor = ImageProcessor.config(model.folder());
    if (processor == null) {
      throw new JishiException.BadFile(
          model.folder()
              + ": preprocessor_config.json is missing, which says how images become pixels");
    }
    ClipKeys all = new ClipKeys(seeing.tower());
    all.keys.put("general.architecture", ClipLayout.ARCHITECTURE);
    all.keys.put("general.type", "mmproj");
    all.keys.put("general.name", model.name());
    all.keys.put("clip.has_vision_encoder", true);
    all.keys.put("clip.projector_type", layout.projector());
    all.sizes();
    all.activation();
    all.images(processor, layout);
    all.projector(layout);
    all.keys.put(ClipLayout.IMAGE_TOKEN, seeing.imageToken());
    return all.keys;
  }

  private void put(String key, Object value) {
    keys.put(ClipLayout.VISION + key, value);
  }

  private void sizes() {
    DecoderSpec layers = tower.layers();
    DecoderSpec.Block first = layers.layers().getFirst().blocks().getFirst();
    NormSpec norm = first.branches().getFirst().pre().norm();
    put("patch_size", tower.patch());
    put("embedding_length", layers.width());
    put("block_count", layers.layers().size());
    put("projection_dim", tower.projector().out());
    put("attention.layer_norm_epsilon", norm.eps());
    for (DecoderSpec.Part part : layers.layers().getFirst().parts()) {
      switch (part) {
        case DecoderSpec.BidirectionalAttention a -> put("attention.head_count", a.heads().heads());
        case DecoderSpec.FeedForward f -> put("feed_forward_length", f.inner());
        case DecoderSpec.SharpFeedForward f -> put("feed_forward_length", f.inner());
        default -> throw new IllegalStateException("no part of a tower: " + part);
      }
    }
  }

  /** Without a key it is QuickGELU; the exact one has no key, and is found when this is read. */
  private void activation() {
    for (DecoderSpec.Part part : tower.layers().layers().getFirst().parts()) {
      if (part instanceof DecoderSpec.FeedForward f) {
        keys.put(f.activation() == Activation.SILU ? "clip.use_silu" : "clip.use_gelu", true);
      }
    }
  }

  private void images(JsonObject config, ClipLayout layout) {
    ImageProcessor processor = ImageProcessor.of(config, tower.patch());
    put("image_mean", floats(processor.mean()));
    put("image_std", floats(processor.std()));
    int side = tower.positions() == null ? ANY_SIZE : tower.positions().side() * tower.patch();
    switch (layout.projector()) {
      case ClipLayout.MINICPM -> put("image_size", config.integer("scale_resolution").orElse(448));
      case ClipLayout.IDEFICS3 -> {
        put("image_size", side);
        config
            .object("size")
            .map(size -> size.integer("longest_edge"))
            .ifPresent(edge -> edge.ifPresent(pixels -> put("preproc_image_size", pixels)));
      }
      default -> {
        put("image_size", side);
        config.integer("min_pixels").ifPresent(pixels -> put("image_min_pixels", pixels));
        config.integer("max_pixels").ifPresent(pixels -> put("image_max_pixels", pixels));
      }
    }
    keys.put(ClipLayout.PROCESSOR, Json.write(config.fields()));
  }

  private void projector(ClipLayout layout) {
    int merge = tower.projector().merge();
    switch (layout.projector()) {
      case ClipLayout.MLP -> put("feature_layer", new int[] {tower.layers().layers().size()});
      case ClipLayout.IDEFICS3 -> put("projector.scale_factor", merge);
      case ClipLayout.MINICPM -> {
        put("projector.scale_factor", MERGED_TWICE);
        put("wa_layer_indexes", new int[] {tower.inserted().after()});
      }
      case ClipLayout.QWEN25 -> {
        put("spatial_merge_size", merge);
        put("window_size", tower.window() * merge * tower.patch());
        int none = tower.layers().layers().size() + 1;
        put(
            "n_wa_pattern",
            tower.whole().isEmpty() ? none : 1 + new TreeSet<>(tower.whole()).first());
      }
      default -> put("spatial_merge_size", merge);
    }
  }

  private static float[] floats(double[] doubles) {
    float[] floats = new float[doubles.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) doubles[i];
    }
    return floats;
  }
}
