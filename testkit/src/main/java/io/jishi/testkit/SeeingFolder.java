// SPDX-License-Identifier: Apache-2.0
package io.jishi.testkit;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;

/**
 * Folders of tiny models that see, made of reference models, which have no vocabulary: here each id
 * below 256 is one character, and each id above has a name, so that any sequence of ids can be
 * written as a chat.
 */
public final class SeeingFolder {
  /** The token that stands for an image in all reference models. */
  public static final int IMAGE = 260;

  private static final int FIRST_NAME = 256;

  private SeeingFolder() {}

  /**
   * Writes a model.
   *
   * @param golden for example {@code vlm_qwen2_vl}; the test is skipped where it is absent
   * @param image what the chat template writes for an image
   * @param names of tokens from 256 on; null or none is {@code <v256>} and so on
   */
  public static Path write(Path folder, String golden, String image, String... names)
      throws IOException {
    Path source = Shared.require("goldens/" + golden);
    Files.createDirectories(folder);
    for (String file :
        new String[] {"config.json", "model.safetensors", "preprocessor_config.json"}) {
      Files.write(folder.resolve(file), Files.readAllBytes(source.resolve(file)));
    }
    int size = number(Files.readString(source.resolve("config.json")), "vocab_size");
    Files.writeString(folder.resolve("tokenizer.json"), tokenizer(size, names));
    Files.writeString(
        folder.resolve("chat_template.jinja"),
        "{% for m in messages %}{% for c in m.content %}{% if c.type == 'image' %}"
            + image
            + "{% else %}{{ c.text }}{% endif %}{% endfor %}{% endfor %}");
    return folder;
  }

  private static String tokenizer(int size, String... names) {
    StringBuilder added = new StringBuilder();
    StringBuilder vocabulary = new StringBuilder();
    for (int id = 0; id < size; id++) {
      if (id < FIRST_NAME) {
        String piece = character(id) == '\n' ? "\\n" : String.valueOf(character(id));
        vocabulary.append(id == 0 ? "" : ",").append("\"%s\":%d".formatted(piece, id));
      } else {
        int at = id - FIRST_NAME;
        String name = at < names.length && names[at] != null ? names[at] : "<v" + id + ">";
        added
            .append(id == FIRST_NAME ? "" : ",")
            .append("{\"id\":%d,\"content\":\"%s\",\"special\":true}".formatted(id, name));
      }
    }
    return """
    {"added_tokens":[%s],"normalizer":null,"pre_tokenizer":null,"post_processor":null,
    "decoder":{"type":"Fuse"},"model":{"type":"BPE","vocab":{%s},"merges":[]}}
    """
        .formatted(added, vocabulary);
  }

  /** The line feed and digits, which stand around images, are themselves. */
  private static char character(int id) {
    return id == '\n' || Character.isDigit(id) ? (char) id : (char) (0x4E00 + id);
  }

  /** Ids below 256 as text. */
  public static String text(int... ids) {
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(character(id));
    }
    return text.toString();
  }

  /** The image of a reference model as a PNG file. */
  public static byte[] png(String golden) throws IOException {
    byte[] bytes = Files.readAllBytes(Shared.require("goldens/" + golden).resolve("image.npy"));
    int header = 10 + (bytes[8] & 255 | (bytes[9] & 255) << 8); // NumPy: a dictionary of text
    String text = new String(bytes, 10, header - 10, StandardCharsets.US_ASCII);
    String[] shape = text.replaceFirst("(?s).*\\(([^)]*)\\).*", "$1").split(", *");
    BufferedImage image =
        new BufferedImage(
            Integer.parseInt(shape[1]), Integer.parseInt(shape[0]), BufferedImage.TYPE_INT_RGB);
    for (int at = header, i = 0; at < bytes.length; at += 3, i++) {
      int rgb = (bytes[at] & 255) << 16 | (bytes[at + 1] & 255) << 8 | bytes[at + 2] & 255;
      image.setRGB(i % image.getWidth(), i / image.getWidth(), rgb);
    }
    return png(image);
  }

  /** A black image as a PNG file. */
  public static byte[] black(int width, int height) throws IOException {
    return png(new BufferedImage(width, height, BufferedImage.TYPE_BYTE_BINARY));
  }

  private static byte[] png(BufferedImage image) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, "png", out);
    return out.toByteArray();
  }

  private static int number(String json, String field) {
    Matcher matcher = Pattern.compile("\"" + field + "\": *(\\d+)").matcher(json);
    if (!matcher.find()) {
      throw new IllegalStateException(field);
    }
    return Integer.parseInt(matcher.group(1));
  }
}
