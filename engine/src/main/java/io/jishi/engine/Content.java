// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import io.jishi.model.vision.Image;
import io.jishi.model.vision.ImageFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** A piece of what is said in a turn: words, or an image. */
public sealed interface Content {
  /** The largest image file that is read, bytes. */
  long MOST_FILE_BYTES = 64L << 20;

  /**
   * Words.
   *
   * @param text never read as control tokens
   */
  record Text(String text) implements Content {
    /** Refuses null. */
    public Text {
      Objects.requireNonNull(text, "text");
    }
  }

  /**
   * An image.
   *
   * @param image in memory
   */
  record Picture(Image image) implements Content {
    /** Refuses null. */
    public Picture {
      Objects.requireNonNull(image, "image");
    }
  }

  /** Words. */
  static Content text(String text) {
    return new Text(text);
  }

  /**
   * The image of a PNG, JPEG, GIF or BMP file. Its size is checked before its pixels are read.
   *
   * @throws JishiException.BadFile where it cannot be read, is no image, damaged or too large
   */
  static Content image(Path file) {
    try {
      long size = Files.size(file);
      if (size > MOST_FILE_BYTES) {
        throw new JishiException.BadFile(
            file + ": has " + size + " bytes, and an image has at most " + MOST_FILE_BYTES);
      }
      return image(file.toString(), Files.readAllBytes(file));
    } catch (IOException e) {
      throw new JishiException.BadFile(file + ": cannot be read: " + e, e);
    }
  }

  /**
   * The image of a file's bytes; see {@link #image(Path)}.
   *
   * @param name of the image, for messages
   */
  static Content image(String name, byte[] file) {
    return new Picture(ImageFiles.decode(name, file));
  }
}
