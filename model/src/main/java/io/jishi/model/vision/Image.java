// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.vision;

/**
 * An image in memory.
 *
 * @param width in pixels, at least 1
 * @param height in pixels, at least 1
 * @param rgb bytes {@code [height, width, 3]}: red, green, blue of sRGB
 */
public record Image(int width, int height, byte[] rgb) {
  /** Checks the sizes. */
  public Image {
    if (width <= 0 || height <= 0 || rgb.length != 3L * width * height) {
      throw new IllegalArgumentException(width + " x " + height + ", " + rgb.length + " bytes");
    }
  }

  /** A rectangle of this image; what lies outside is black. */
  Image crop(int left, int top, int cropWidth, int cropHeight) {
    byte[] out = new byte[3 * cropWidth * cropHeight];
    int from = Math.max(0, -left);
    int to = Math.min(cropWidth, width - left);
    for (int y = Math.max(0, -top); y < Math.min(cropHeight, height - top) && from < to; y++) {
      System.arraycopy(
          rgb,
          3 * ((top + y) * width + left + from),
          out,
          3 * (y * cropWidth + from),
          3 * (to - from));
    }
    return new Image(cropWidth, cropHeight, out);
  }
}
