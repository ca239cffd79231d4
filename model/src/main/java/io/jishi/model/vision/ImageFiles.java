// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.vision;

import io.jishi.base.JishiException;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Reads PNG, JPEG, GIF (its first picture), BMP and what else {@code javax.imageio} has. Sizes are
 * checked before pixels are read. What is transparent loses its transparency; a photograph is
 * turned as its EXIF orientation says, as the published processors do.
 */
public final class ImageFiles {
  /** Pixels of the largest image that is read: about that of the best cameras. */
  public static final long MOST_PIXELS = 64L << 20;

  private static final String WHAT_TO_DO = "give a PNG, JPEG, GIF or BMP image";

  private ImageFiles() {}

  /**
   * Decodes an image.
   *
   * @param name of the image, for messages
   * @throws JishiException.BadFile where the bytes are no image, are damaged or too large
   */
  public static Image decode(String name, byte[] file) {
    return decode(name, file, MOST_PIXELS);
  }

  /**
   * The same with a limit of the caller's.
   *
   * @param most pixels of the largest image that is read, at most {@link #MOST_PIXELS}
   */
  public static Image decode(String name, byte[] file, long most) {
    try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw new JishiException.BadFile(name + ": is no image that can be read; " + WHAT_TO_DO);
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(in, true, true);
        long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
        if (pixels > Math.min(most, MOST_PIXELS) || pixels <= 0) {
          throw new JishiException.BadFile(
              String.format(
                  "%s: has %d x %d pixels, and at most %d can be read here; make it smaller",
                  name, reader.getWidth(0), reader.getHeight(0), Math.min(most, MOST_PIXELS)));
        }
        return Orientation.of(file).turn(pixels(reader.read(0)));
      } finally {
        reader.dispose();
      }
    } catch (IOException | RuntimeException e) { // readers throw anything on a damaged file
      if (e instanceof JishiException known) {
        throw known;
      }
      throw new JishiException.BadFile(
          name + ": is damaged or of an unknown kind (" + e.getMessage() + "); " + WHAT_TO_DO, e);
    }
  }

  private static Image pixels(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    byte[] out = new byte[3 * width * height];
    if (isGray(image.getColorModel())) {
      gray(image.getRaster(), out);
      return new Image(width, height, out);
    }
    int[] row = new int[width];
    int at = 0;
    for (int y = 0; y < height; y++) {
      image.getRGB(0, y, width, 1, row, 0, width);
      for (int rgb : row) {
        out[at++] = (byte) (rgb >> 16);
        out[at++] = (byte) (rgb >> 8);
        out[at++] = (byte) rgb;
      }
    }
    return new Image(width, height, out);
  }

  /** Java would convert grey between two gammas; others take the number as it stands. */
  private static boolean isGray(ColorModel model) {
    return model.getColorSpace().getType() == ColorSpace.TYPE_GRAY
        && model.getComponentSize(0) == 8
        && !(model instanceof java.awt.image.IndexColorModel);
  }

  private static void gray(Raster raster, byte[] out) {
    int[] row = new int[raster.getWidth()];
    int at = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getSamples(0, y, row.length, 1, 0, row);
      for (int value : row) {
        out[at] = (byte) value;
        out[at + 1] = (byte) value;
        out[at + 2] = (byte) value;
        at += 3;
      }
    }
  }
}
