// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.vision;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * From an image to the patches that a tower reads, as {@code preprocessor_config.json} says. Made
 * by {@link #of}; for many threads.
 */
public final class ImageProcessor {
  /** Resize factor between patches and the tokens of MiniCPM-V: two merges of 2 × 2. */
  private static final int SLICED_MERGE = 4;

  private static final int MOST_SIDE = 1 << 14;

  private final Arrangement arrangement;
  private final Resampling resampling;
  private final Normalization normalization;
  private final int patch;

  private ImageProcessor(
      Arrangement arrangement, Resampling resampling, Normalization normalization, int patch) {
    this.arrangement = arrangement;
    this.resampling = resampling;
    this.normalization = normalization;
    this.patch = patch;
  }

  /**
   * Reads a processor's configuration.
   *
   * @param patch side of the tower's patches, in pixels
   * @throws JishiException.Unsupported for a processor that is not known
   * @throws JishiException.BadFile where a field is wrong
   */
  public static ImageProcessor of(JsonObject config, int patch) {
    String name =
        config
            .text("image_processor_type")
            .or(() -> config.text("feature_extractor_type"))
            .orElseThrow(() -> config.missing("image_processor_type"));
    String kind = name.replaceFirst("(ImageProcessor|FeatureExtractor)(Fast|Pil)?$", "");
    double[] mean = Normalization.HALF;
    double[] std = Normalization.HALF;
    Resampling resampling = Resampling.BICUBIC;
    Arrangement arrangement;
    switch (kind) {
      case "CLIP", "Llava" -> {
        arrangement = middle(config);
        mean = Normalization.CLIP_MEAN;
        std = Normalization.CLIP_STD;
      }
      case "Siglip" -> arrangement = stretched(config);
      case "Qwen2VL", "Qwen2_5_VL" -> {
        arrangement = nativeSize(config, patch);
        mean = Normalization.CLIP_MEAN;
        std = Normalization.CLIP_STD;
      }
      case "SmolVLM", "Idefics3" -> {
        arrangement = tiled(config);
        resampling = Resampling.LANCZOS;
      }
      case "MiniCPMV4_6" -> {
        int scale = side(config, "scale_resolution", 448);
        int most = config.bool("slice_mode").orElse(true) ? side(config, "max_slice_nums", 9) : 1;
        arrangement = new Arrangement.Sliced(scale, SLICED_MERGE * patch, most);
      }
      default ->
          throw new JishiException.Unsupported(
              config.source()
                  + ": the image processor '"
                  + name
                  + "' is not known; known are those of CLIP, SigLIP, Qwen2-VL, SmolVLM, MiniCPM-V"
                  + " 4.6");
    }
    Normalization normalization =
        new Normalization(
            config.number("rescale_factor").orElse(1 / 255.0),
            numbers(config, "image_mean", mean),
            numbers(config, "image_std", std));
    return new ImageProcessor(arrangement, resampling(config, resampling), normalization, patch);
  }

  /**
   * What a folder of a published model says of its processor, or null where it says nothing.
   *
   * @throws JishiException.BadFile where its file is damaged
   */
  public static JsonObject config(Path folder) {
    Path file = folder.resolve("preprocessor_config.json");
    Path other = folder.resolve("processor_config.json"); // of newer files, with others
    if (Files.exists(file)) {
      return Json.parseObject(file);
    }
    return Files.exists(other)
        ? Json.parseObject(other).object("image_processor").orElse(null)
        : null;
  }

  /** What is subtracted of red, green and blue, once they are between 0 and 1. */
  public double[] mean() {
    return normalization.mean().clone();
  }

  /** By what the rest is divided. */
  public double[] std() {
    return normalization.std().clone();
  }

  /** The patches of an image. */
  public Pixels patches(Image image) {
    Arrangement.Arranged arranged = arrangement.arrange(image, resampling);
    List<PatchGrid> grids =
        arranged.images().stream().map(i -> normalization.patches(i, patch)).toList();
    return new Pixels(grids, arranged.tileRows(), arranged.tileColumns());
  }

  /** The most patches of one image or tile, whatever the image. */
  public long mostPatches() {
    return Math.ceilDiv(arrangement.mostPixels(), (long) patch * patch);
  }

  private static Arrangement middle(JsonObject config) {
    int[] crop = sides(config, "crop_size", "size");
    int edge =
        config
            .object("size")
            .map(size -> side(size, "shortest_edge", Math.max(crop[0], crop[1])))
            .orElseGet(() -> side(config, "size", crop[0]));
    return new Arrangement.Middle(edge, crop[0], crop[1]);
  }

  private static Arrangement stretched(JsonObject config) {
    int[] sides = sides(config, "size", "crop_size");
    return new Arrangement.Stretched(sides[0], sides[1]);
  }

  private static Arrangement nativeSize(JsonObject config, int patch) {
    int unit = patch * side(config, "merge_size", 2);
    JsonObject size = config.object("size").orElse(config);
    long least =
        config
            .longInteger("min_pixels")
            .or(() -> size.longInteger("shortest_edge"))
            .orElse(56L * 56);
    long most =
        config
            .longInteger("max_pixels")
            .or(() -> size.longInteger("longest_edge"))
            .orElse(28L * 28 * 1280);
    if (least < 1 || most < least || most > (long) MOST_SIDE * MOST_SIDE) {
      throw config.wrong("max_pixels", "a number of pixels from min_pixels to 2^28");
    }
    return new Arrangement.Native(unit, least, most);
  }

  private static Arrangement tiled(JsonObject config) {
    int longest = config.object("size").map(s -> side(s, "longest_edge", 1456)).orElse(1456);
    int tile = config.object("max_image_size").map(s -> side(s, "longest_edge", 364)).orElse(364);
    boolean split = config.bool("do_image_splitting").orElse(true);
    return new Arrangement.Tiled(longest, tile, split);
  }

  private static Resampling resampling(JsonObject config, Resampling usual) {
    int number = config.integer("resample").orElse(usual.ordinal());
    if (number < 0 || number >= Resampling.values().length) {
      throw config.wrong("resample", "a number from 0 to 5, as Pillow counts its filters");
    }
    return Resampling.values()[number];
  }

  private static int[] sides(JsonObject config, String field, String other) {
    JsonObject size = config.object(field).or(() -> config.object(other)).orElse(config);
    int one = side(size, "shortest_edge", 224);
    return new int[] {side(size, "width", one), side(size, "height", one)};
  }

  private static int side(JsonObject config, String field, int usual) {
    int side = config.integer(field).orElse(usual);
    if (side < 1 || side > MOST_SIDE) {
      throw config.wrong(field, "a whole number from 1 to " + MOST_SIDE);
    }
    return side;
  }

  private static double[] numbers(JsonObject config, String field, double[] usual) {
    List<Object> list = config.array(field).orElse(null);
    if (list == null) {
      return usual;
    }
    double[] out = new double[3];
    for (int i = 0; i < 3; i++) {
      if (list.size() != 3 || !(list.get(i) instanceof Number n)) {
        throw config.wrong(field, "three numbers");
      }
      out[i] = n.doubleValue();
    }
    return out;
  }
}
