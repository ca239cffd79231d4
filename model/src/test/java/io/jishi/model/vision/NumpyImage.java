// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.vision;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Images of the reference data. */
public final class NumpyImage {
  private NumpyImage() {}

  /** An array of bytes {@code [height, width, 3]} as NumPy saves it. */
  public static Image read(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int header = 10 + (bytes[8] & 255 | (bytes[9] & 255) << 8);
    String text = new String(bytes, 10, header - 10, java.nio.charset.StandardCharsets.US_ASCII);
    String[] shape = text.replaceFirst(".*\\(([^)]*)\\).*\\s*", "$1").split(", *");
    int height = Integer.parseInt(shape[0]);
    int width = Integer.parseInt(shape[1]);
    return new Image(width, height, Arrays.copyOfRange(bytes, header, bytes.length));
  }
}
