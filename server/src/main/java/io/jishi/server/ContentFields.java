// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.base.JishiException;
import io.jishi.engine.Content;
import io.jishi.model.vision.Image;
import io.jishi.model.vision.ImageFiles;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/**
 * Reads what messages say: texts, and {@code image_url} parts whose address is the image itself
 * ({@code data:image/png;base64,…}). No other address is ever opened: a server that fetched what
 * callers name would fetch for them what only it can reach.
 */
final class ContentFields {
  /** More images in a request than this are refused. */
  static final int MOST_IMAGES = 16;

  /** Pixels of all images of a request together: 96 MB once they are decoded. */
  static final long MOST_PIXELS = 32L << 20;

  private int images;
  private long pixels;

  /** For the messages of one request, which share its limits. */
  ContentFields() {}

  /**
   * The pieces of a message; one that is a bare string has one.
   *
   * @param where the message stands
   */
  List<Content> read(String where, String role, Fields message) {
    if (message.raw("content") instanceof String text) {
      return List.of(Content.text(text));
    }
    List<Object> parts =
        message
            .array("content")
            .orElseThrow(() -> message.wrong("content", "a string or an array of parts"));
    List<Content> pieces = new ArrayList<>(parts.size());
    for (int i = 0; i < parts.size(); i++) {
      pieces.add(part(Fields.of(where + ".content[" + i + "]", parts.get(i)), role));
    }
    return pieces;
  }

  /** A message's pieces, or none where all are words. */
  static List<Content> withImages(List<Content> pieces) {
    return pieces.stream().anyMatch(Content.Picture.class::isInstance) ? pieces : List.of();
  }

  private Content part(Fields part, String role) {
    String type = part.text("type").orElseThrow(() -> part.wrong("type", "a string"));
    return switch (type) {
      case "text" ->
          Content.text(part.text("text").orElseThrow(() -> part.wrong("text", "a string")));
      case "image_url" -> image(part, role);
      default ->
          throw part.bad(
              "type",
              "parts of type '" + type + "' are not supported, only 'text' and 'image_url' are");
    };
  }

  private Content image(Fields part, String role) {
    if (!role.equals("user")) {
      throw part.bad("type", "images stand in messages of the user, not of the role " + role);
    }
    if (++images > MOST_IMAGES) {
      throw part.bad("image_url", "a request has at most " + MOST_IMAGES + " images");
    }
    Fields holder =
        part.object("image_url")
            .orElseThrow(() -> part.wrong("image_url", "an object with the field 'url'"));
    String url = holder.text("url").orElseThrow(() -> holder.wrong("url", "a string"));
    byte[] file = bytes(holder, url);
    try {
      Image image = ImageFiles.decode("the image", file, MOST_PIXELS - pixels);
      pixels += (long) image.width() * image.height();
      return new Content.Picture(image);
    } catch (JishiException.BadFile e) {
      throw holder.bad("url", e.getMessage());
    }
  }

  private static byte[] bytes(Fields holder, String url) {
    int comma = url.indexOf(',');
    String head = comma < 0 ? "" : url.substring(0, comma).toLowerCase(Locale.ROOT);
    if (!head.startsWith("data:image/") || !head.endsWith(";base64")) {
      throw holder.bad(
          "url",
          "an image is sent in its address, data:image/png;base64,…; this server opens no other"
              + " address");
    }
    try {
      return Base64.getDecoder().decode(url.substring(comma + 1));
    } catch (IllegalArgumentException e) {
      throw holder.bad("url", "the image is no base64: " + e.getMessage());
    }
  }
}
