// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import io.jishi.model.vision.Image;
import io.jishi.model.vision.ImageProcessor;
import io.jishi.model.vision.PatchGrid;
import io.jishi.model.vision.Pixels;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.text.Tokenizer;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/** How a model sees: from an image to vectors that stand among its embeddings. */
public final class Vision {
  private final VisionSpec spec;
  private final Tower tower;
  private final ImageProcessor processor;

  /**
   * An image as the language model gets it.
   *
   * @param vectors {@code [tokens, width]}, of all tiles one after another
   * @param tokens of each tile
   * @param rows tokens to a column of the first tile
   * @param columns tokens to a row of it
   * @param tileRows rows of tiles, 0 where the image was not cut
   * @param tileColumns columns of tiles
   */
  public record Seen(
      float[][] vectors, int[] tokens, int rows, int columns, int tileRows, int tileColumns) {}

  private Vision(VisionSpec spec, Tower tower, ImageProcessor processor) {
    this.spec = spec;
    this.tower = tower;
    this.processor = processor;
  }

  static Vision load(
      VisionSpec spec, ModelFiles files, Backend backend, Arena arena, boolean pack) {
    JsonObject config = files.imageProcessor();
    if (config == null) {
      throw new JishiException.BadFile(
          files.weights().path()
              + ": preprocessor_config.json is missing, which says how images become pixels");
    }
    WeightFile file = files.towerWeights(spec);
    Tower tower = new TowerLoader(spec, file, backend, arena, pack).load(file.tensors().keySet());
    boolean numbered = config.bool("use_image_id").orElse(true);
    return new Vision(
        numbered ? spec : spec.unnumbered(),
        tower,
        ImageProcessor.of(config, spec.tower().patch()));
  }

  /** What it is. */
  public VisionSpec spec() {
    return spec;
  }

  /** Pixels as the tower reads them. */
  public Pixels pixels(Image image) {
    return processor.patches(image);
  }

  /** The most patches of one image or tile, whatever the image. */
  public long mostPatches() {
    return processor.mostPatches();
  }

  /** Tokens that pixels become. */
  public int tokens(Pixels pixels) {
    return pixels.grids().stream().mapToInt(tower::tokens).sum();
  }

  /**
   * What stands in a prompt for an image: its image tokens and what is written around them.
   *
   * @param index of the image in the prompt, from 0
   * @throws JishiException.BadFile where the vocabulary is that of another model
   */
  public int[] prompt(Tokenizer tokenizer, Pixels pixels, int index) {
    int[] counts = pixels.grids().stream().mapToInt(tower::tokens).toArray();
    return spec.around()
        .tokens(
            tokenizer, spec.imageToken(), counts, pixels.tileRows(), pixels.tileColumns(), index);
  }

  /** Runs the tower. */
  public Seen see(Ops ops, Pixels pixels, Precision precision) {
    Seeing seeing = seeing(ops, pixels, precision);
    Seen seen = seeing.next();
    while (seen == null) {
      seen = seeing.next();
    }
    return seen;
  }

  /** Runs the tower part by part, so that others can compute in between. */
  public Seeing seeing(Ops ops, Pixels pixels, Precision precision) {
    return new Seeing(ops, pixels, precision);
  }

  /** An image on its way through the tower, one tile after another. For one thread at a time. */
  public final class Seeing {
    private final Ops ops;
    private final Pixels pixels;
    private final Precision precision;
    private final int[] tokens;
    private final List<float[]> vectors = new ArrayList<>();
    private int tile;
    private Tower.Encoding encoding;

    private Seeing(Ops ops, Pixels pixels, Precision precision) {
      this.ops = ops;
      this.pixels = pixels;
      this.precision = precision;
      this.tokens = pixels.grids().stream().mapToInt(tower::tokens).toArray();
    }

    /**
     * Computes a layer of a tile.
     *
     * @return null where there is more to compute, else all of it
     */
    public Seen next() {
      if (encoding == null) {
        encoding = tower.encoding(ops, pixels.grids().get(tile), precision);
      }
      float[][] made = encoding.next();
      if (made == null) {
        return null;
      }
      vectors.addAll(List.of(made));
      encoding = null;
      return ++tile < tokens.length ? null : seen();
    }

    private Seen seen() {
      PatchGrid first = pixels.grids().getFirst();
      int unit = spec.tower().unit();
      return new Seen(
          vectors.toArray(float[][]::new),
          tokens,
          first.rows() / unit,
          first.columns() / unit,
          pixels.tileRows(),
          pixels.tileColumns());
    }
  }
}
