// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.engine.Content;
import io.jishi.engine.Message;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Images that go with what is asked. */
final class ImageOption {
  @Option(
      names = "--image",
      paramLabel = "FILE",
      description = "show the model an image (PNG, JPEG, GIF, BMP) before the words; repeatable")
  private List<Path> files = List.of();

  /** Whether there are any. */
  boolean given() {
    return !files.isEmpty();
  }

  /** Reads them all; what is no image is told before a model is loaded. */
  List<Content> read() {
    return files.stream().map(Content::image).toList();
  }

  /** A turn of the user: images, then words. */
  static Message turn(List<Content> images, String words) {
    if (images.isEmpty()) {
      return Message.user(words);
    }
    List<Content> pieces = new ArrayList<>(images);
    pieces.add(Content.text(words));
    return Message.user(pieces);
  }
}
