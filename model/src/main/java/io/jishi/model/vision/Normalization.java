// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.vision;

/**
 * From bytes to numbers: {@code (byte · factor − mean) / std} for each colour, rounded to single
 * precision after each step as the published processors do.
 *
 * @param factor of the bytes; 1/255 as a rule
 * @param mean of red, green, blue
 * @param std of red, green, blue
 */
record Normalization(double factor, double[] mean, double[] std) {
  static final double[] CLIP_MEAN = {0.48145466, 0.4578275, 0.40821073};
  static final double[] CLIP_STD = {0.26862954, 0.26130258, 0.27577711};
  static final double[] HALF = {0.5, 0.5, 0.5};

  /** All bytes of one colour. */
  float[] table(int colour) {
    float[] out = new float[256];
    for (int i = 0; i < 256; i++) {
      out[i] = ((float) (i * factor) - (float) mean[colour]) / (float) std[colour];
    }
    return out;
  }

  /** Cuts an image, whose sides are multiples of {@code patch}, into patches. */
  PatchGrid patches(Image image, int patch) {
    int rows = image.height() / patch;
    int columns = image.width() / patch;
    float[] out = new float[3 * patch * patch * rows * columns];
    int at = 0;
    float[][] tables = {table(0), table(1), table(2)};
    for (int p = 0; p < rows * columns; p++) {
      int corner = p / columns * patch * image.width() + p % columns * patch;
      for (int c = 0; c < 3; c++) {
        for (int y = 0; y < patch; y++) {
          for (int x = 0; x < patch; x++) {
            out[at++] = tables[c][image.rgb()[3 * (corner + y * image.width() + x) + c] & 255];
          }
        }
      }
    }
    return new PatchGrid(rows, columns, out);
  }
}
