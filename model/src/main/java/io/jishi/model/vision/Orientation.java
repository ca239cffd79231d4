// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.vision;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * How a camera was held: the orientation tag of EXIF (CIPA DC-008, tag 0x0112) in a JPEG file.
 * Anything unreadable counts as upright.
 *
 * @param tag 1 … 8
 */
record Orientation(int tag) {
  private static final Orientation UPRIGHT = new Orientation(1);
  private static final int START_OF_SCAN = 0xDA;
  private static final int APP1 = 0xE1;
  private static final int TAG = 0x0112;
  private static final int ENTRY_BYTES = 12;

  static Orientation of(byte[] file) {
    try {
      return read(ByteBuffer.wrap(file));
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      return UPRIGHT; // a segment that ends early
    }
  }

  private static Orientation read(ByteBuffer file) {
    if ((file.getShort(0) & 0xFFFF) != 0xFFD8) {
      return UPRIGHT;
    }
    for (int at = 2; (file.get(at) & 255) == 0xFF; ) {
      int marker = file.get(at + 1) & 255;
      int length = file.getShort(at + 2) & 0xFFFF;
      if (marker == START_OF_SCAN || length < 2) {
        return UPRIGHT;
      }
      if (marker == APP1 && length > 16 && file.getInt(at + 4) == 0x45786966) { // "Exif"
        return exif(file.slice(at + 10, length - 8));
      }
      at += 2 + length;
    }
    return UPRIGHT;
  }

  private static Orientation exif(ByteBuffer tiff) {
    boolean little = tiff.getShort(0) == 0x4949;
    tiff.order(little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    int directory = tiff.getInt(4);
    int entries = tiff.getShort(directory) & 0xFFFF;
    for (int i = 0; i < entries; i++) {
      int entry = directory + 2 + i * ENTRY_BYTES;
      if ((tiff.getShort(entry) & 0xFFFF) == TAG) {
        int value = tiff.getShort(entry + 8) & 0xFFFF;
        return value >= 1 && value <= 8 ? new Orientation(value) : UPRIGHT;
      }
    }
    return UPRIGHT;
  }

  /** The image as it was seen. */
  Image turn(Image image) {
    if (tag == 1) {
      return image;
    }
    boolean swapped = tag >= 5;
    int width = swapped ? image.height() : image.width();
    int height = swapped ? image.width() : image.height();
    byte[] out = new byte[image.rgb().length];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int[] from = source(x, y, image.width() - 1, image.height() - 1);
        System.arraycopy(
            image.rgb(), 3 * (from[1] * image.width() + from[0]), out, 3 * (y * width + x), 3);
      }
    }
    return new Image(width, height, out);
  }

  private int[] source(int x, int y, int right, int bottom) {
    return switch (tag) {
      case 2 -> new int[] {right - x, y};
      case 3 -> new int[] {right - x, bottom - y};
      case 4 -> new int[] {x, bottom - y};
      case 5 -> new int[] {y, x};
      case 6 -> new int[] {y, bottom - x};
      case 7 -> new int[] {right - y, bottom - x};
      case 8 -> new int[] {right - y, x};
      default -> new int[] {x, y};
    };
  }
}
