// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.vision;

/**
 * Resizing of 8-bit images as Pillow does it ({@code Image.resize}), to the bit: a filter stretched
 * over all source pixels of a target pixel, rows first, then columns, each pass in fixed point with
 * {@value #BITS} bits and rounded to 8 bits.
 */
public enum Resampling {
  /** The nearest pixel. */
  NEAREST(0),
  /** Lanczos, three lobes. */
  LANCZOS(3),
  /** A triangle. */
  BILINEAR(1),
  /** Cubic convolution with a = −0.5. */
  BICUBIC(2),
  /** The mean of the pixels below. */
  BOX(0.5),
  /** A raised cosine. */
  HAMMING(1);

  private static final int BITS = 32 - 8 - 2;

  private final double support;

  Resampling(double support) {
    this.support = support;
  }

  /** The image in another size. */
  public Image resize(Image image, int width, int height) {
    if (width == image.width() && height == image.height()) {
      return image;
    }
    if (this == NEAREST) {
      return nearest(image, width, height);
    }
    Image wide = width == image.width() ? image : rows(image, width);
    return height == wide.height() ? wide : columns(wide, height);
  }

  /** The source pixels of each target pixel along one side, and their shares. */
  private record Shares(int[] first, int[] count, int[][] weights) {}

  private Shares shares(int in, int out) {
    double scale = (double) in / out;
    double stretch = Math.max(scale, 1);
    double reach = support * stretch;
    int[] first = new int[out];
    int[] count = new int[out];
    int[][] weights = new int[out][];
    for (int i = 0; i < out; i++) {
      double center = (i + 0.5) * scale;
      first[i] = (int) Math.max(0, center - reach + 0.5);
      count[i] = (int) Math.min(in, center + reach + 0.5) - first[i];
      double[] shares = new double[count[i]];
      double sum = 0;
      for (int k = 0; k < shares.length; k++) {
        shares[k] = at((k + first[i] - center + 0.5) * (1 / stretch));
        sum += shares[k];
      }
      weights[i] = new int[shares.length];
      for (int k = 0; k < shares.length; k++) {
        double share = sum == 0 ? shares[k] : shares[k] * (1 / sum);
        weights[i][k] = (int) ((share < 0 ? -0.5 : 0.5) + share * (1 << BITS));
      }
    }
    return new Shares(first, count, weights);
  }

  /** The filter at a distance from its center. */
  private double at(double distance) {
    double x = Math.abs(distance);
    return switch (this) {
      case NEAREST -> throw new IllegalStateException();
      case BOX -> distance > -0.5 && distance <= 0.5 ? 1 : 0;
      case BILINEAR -> Math.max(0, 1 - x);
      case HAMMING -> x == 0 ? 1 : x >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x));
      case BICUBIC ->
          x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
      case LANCZOS -> x < 3 ? sinc(x) * sinc(x / 3) : 0;
    };
  }

  private static double sinc(double x) {
    return x == 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  }

  private Image rows(Image image, int width) {
    Shares shares = shares(image.width(), width);
    byte[] in = image.rgb();
    byte[] out = new byte[3 * width * image.height()];
    for (int y = 0; y < image.height(); y++) {
      int row = y * image.width();
      for (int x = 0; x < width; x++) {
        int at = 3 * (row + shares.first[x]);
        sum(in, at, 3, shares.weights[x], out, 3 * (y * width + x));
      }
    }
    return new Image(width, image.height(), out);
  }

  private Image columns(Image image, int height) {
    int width = image.width();
    Shares shares = shares(image.height(), height);
    byte[] in = image.rgb();
    byte[] out = new byte[3 * width * height];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int at = 3 * (shares.first[y] * width + x);
        sum(in, at, 3 * width, shares.weights[y], out, 3 * (y * width + x));
      }
    }
    return new Image(width, height, out);
  }

  /** One pixel of three colours from pixels {@code step} bytes apart. */
  private static void sum(byte[] in, int from, int step, int[] weights, byte[] out, int to) {
    int red = 1 << BITS - 1;
    int green = red;
    int blue = red;
    int at = from;
    for (int weight : weights) {
      red += (in[at] & 255) * weight;
      green += (in[at + 1] & 255) * weight;
      blue += (in[at + 2] & 255) * weight;
      at += step;
    }
    out[to] = clip(red);
    out[to + 1] = clip(green);
    out[to + 2] = clip(blue);
  }

  private static byte clip(int sum) {
    return (byte) Math.clamp(sum >> BITS, 0, 255);
  }

  private static Image nearest(Image image, int width, int height) {
    byte[] out = new byte[3 * width * height];
    double sx = (double) image.width() / width;
    double sy = (double) image.height() / height;
    for (int y = 0; y < height; y++) {
      int row = (int) ((y + 0.5) * sy) * image.width();
      for (int x = 0; x < width; x++) {
        int from = 3 * (row + (int) ((x + 0.5) * sx));
        System.arraycopy(image.rgb(), from, out, 3 * (y * width + x), 3);
      }
    }
    return new Image(width, height, out);
  }
}
