// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.vision;

import io.jishi.base.JishiException;
import java.util.ArrayList;
import java.util.List;

/** How an image becomes images of sizes that a tower takes. */
sealed interface Arrangement {
  /** One or several images from one. */
  record Arranged(List<Image> images, int tileRows, int tileColumns) {
    static Arranged whole(Image image) {
      return new Arranged(List.of(image), 0, 0);
    }
  }

  /** Does it. */
  Arranged arrange(Image image, Resampling resampling);

  /** The most pixels of one of the images that come out. */
  long mostPixels();

  /** The shorter side becomes {@code edge}, then the middle is cut out (CLIP). */
  record Middle(int edge, int width, int height) implements Arrangement {
    @Override
    public long mostPixels() {
      return (long) width * height;
    }

    @Override
    public Arranged arrange(Image image, Resampling resampling) {
      int shorter = Math.min(image.width(), image.height());
      int longer = (int) ((long) edge * Math.max(image.width(), image.height()) / shorter);
      boolean tall = image.height() > image.width();
      Image resized = resampling.resize(image, tall ? edge : longer, tall ? longer : edge);
      int left = Math.floorDiv(resized.width() - width, 2);
      int top = Math.floorDiv(resized.height() - height, 2);
      return Arranged.whole(resized.crop(left, top, width, height));
    }
  }

  /** One size for all, whatever the proportions (SigLIP). */
  record Stretched(int width, int height) implements Arrangement {
    @Override
    public long mostPixels() {
      return (long) width * height;
    }

    @Override
    public Arranged arrange(Image image, Resampling resampling) {
      return Arranged.whole(resampling.resize(image, width, height));
    }
  }

  /**
   * Sides become multiples of {@code unit} near the image's own, within a number of pixels
   * (Qwen2-VL).
   */
  record Native(int unit, long leastPixels, long mostPixels) implements Arrangement {
    private static final int MOST_RATIO = 200;

    @Override
    public Arranged arrange(Image image, Resampling resampling) {
      double h = image.height();
      double w = image.width();
      if (Math.max(h, w) / Math.min(h, w) > MOST_RATIO) {
        throw new JishiException.BadRequest(
            "image",
            String.format(
                "an image of %d x %d pixels is too long for its width: this model takes up to %d :"
                    + " 1",
                image.width(), image.height(), MOST_RATIO));
      }
      double height = Math.rint(h / unit) * unit;
      double width = Math.rint(w / unit) * unit;
      if (height * width > mostPixels) {
        double shrink = Math.sqrt(h * w / mostPixels);
        height = Math.max(unit, Math.floor(h / shrink / unit) * unit);
        width = Math.max(unit, Math.floor(w / shrink / unit) * unit);
      } else if (height * width < leastPixels) {
        double grow = Math.sqrt(leastPixels / (h * w));
        height = Math.ceil(h * grow / unit) * unit;
        width = Math.ceil(w * grow / unit) * unit;
      }
      return Arranged.whole(resampling.resize(image, (int) width, (int) height));
    }
  }

  /**
   * The longer side becomes {@code longest}, both sides whole tiles; the tiles row by row, then all
   * of the image as one tile (SmolVLM, Idefics 3).
   */
  record Tiled(int longest, int tile, boolean split) implements Arrangement {
    @Override
    public long mostPixels() {
      return (long) tile * tile;
    }

    @Override
    public Arranged arrange(Image image, Resampling resampling) {
      double ratio = (double) image.width() / image.height();
      boolean wide = image.width() >= image.height();
      int width = wide ? longest : even((int) (longest * ratio));
      int height = wide ? even((int) (longest / ratio)) : longest;
      Image resized = resampling.resize(image, width, height);
      if (!split) {
        return Arranged.whole(resampling.resize(resized, tile, tile));
      }
      double now = (double) width / height;
      int tiledWidth = wide ? whole(width) : whole((int) (whole(height) * now));
      int tiledHeight = wide ? whole((int) (tiledWidth / now)) : whole(height);
      Image tiled = resampling.resize(resized, tiledWidth, tiledHeight);
      if (tiledWidth <= tile && tiledHeight <= tile) {
        return Arranged.whole(tiled);
      }
      List<Image> out = new ArrayList<>();
      for (int y = 0; y < tiledHeight; y += tile) {
        for (int x = 0; x < tiledWidth; x += tile) {
          out.add(tiled.crop(x, y, tile, tile));
        }
      }
      out.add(resampling.resize(tiled, tile, tile));
      return new Arranged(List.copyOf(out), tiledHeight / tile, tiledWidth / tile);
    }

    private static int even(int side) {
      return Math.max(2, side + side % 2);
    }

    private int whole(int side) {
      return Math.max(1, Math.ceilDiv(side, tile)) * tile;
    }
  }

  /**
   * All of the image at about {@code scale²} pixels, then, where it holds more than those, slices
   * of about that size each, as many as the image asks for (MiniCPM-V).
   */
  record Sliced(int scale, int unit, int most) implements Arrangement {
    @Override
    public long mostPixels() {
      // Sides are rounded to the nearest unit, each up to half a unit above.
      long side = scale + unit;
      return side * side;
    }

    @Override
    public Arranged arrange(Image image, Resampling resampling) {
      int[] grid = grid(image.width(), image.height());
      int[] size = size(image.width(), image.height(), grid == null);
      Image all = resampling.resize(image, size[0], size[1]);
      if (grid == null) {
        return Arranged.whole(all);
      }
      double sliceWidth = divisible(image.width(), grid[0]) / grid[0];
      double sliceHeight = divisible(image.height(), grid[1]) / grid[1];
      int[] slice = size(sliceWidth, sliceHeight, true);
      Image refined = resampling.resize(image, slice[0] * grid[0], slice[1] * grid[1]);
      List<Image> out = new ArrayList<>(List.of(all));
      for (int y = 0; y < grid[1]; y++) {
        for (int x = 0; x < grid[0]; x++) {
          out.add(refined.crop(x * slice[0], y * slice[1], slice[0], slice[1]));
        }
      }
      return new Arranged(List.copyOf(out), grid[1], grid[0]);
    }

    /** Columns and rows of slices, or null where the image is one. */
    private int[] grid(int width, int height) {
      double wanted = Math.ceil((double) width * height / ((double) scale * scale));
      int count = (int) Math.min(wanted, most);
      if (count <= 1) {
        return null;
      }
      double ratio = Math.log((double) width / height);
      int[] best = {1, 1};
      double least = Double.POSITIVE_INFINITY;
      for (int n = count - 1; n <= Math.min(count + 1, most); n++) {
        for (int columns = 1; n > 1 && columns <= n; columns++) {
          double off = Math.abs(ratio - Math.log((double) columns / (n / columns)));
          if (n % columns == 0 && off < least) {
            least = off;
            best = new int[] {columns, n / columns};
          }
        }
      }
      return best;
    }

    /** Width and height near {@code scale²} pixels, in whole units. */
    private int[] size(double width, double height, boolean enlarge) {
      double w = width;
      double h = height;
      if (w * h > (double) scale * scale || enlarge) {
        double ratio = w / h;
        h = (int) (scale / Math.sqrt(ratio));
        w = (int) (h * ratio);
      }
      return new int[] {(int) divisible(w, unit), (int) divisible(h, unit)};
    }

    private static double divisible(double length, int by) {
      return Math.max(Math.rint(length / by) * by, by);
    }
  }
}
