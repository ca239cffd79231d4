// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano;

import io.jishi.base.JishiException;
import io.jishi.engine.Engine;
import io.jishi.engine.EngineOptions;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * The built-in model. It is small, and {@link #card} says what it can do and what it cannot.
 *
 * <pre>{@code
 * try (Engine engine = Nano.open()) {
 *   engine.generate(Request.chat(Message.user("What is 123 + 456?")), System.out::print);
 * }
 * }</pre>
 *
 * <p>An engine maps its weights from a file, so the resource is unpacked once into the user's cache
 * folder, under a name that its checksum gives it; see {@link #file}.
 */
public final class Nano {
  /** What the command line calls it. */
  public static final String NAME = "nano";

  /** Prompts that show what it can do, each of another kind; {@code docs/NANO.md} has answers. */
  public static final List<String> EXAMPLES =
      List.of(
          "What is 123 + 456?",
          "Tom has 12 apples and gives away 5. How many are left?",
          "请算一下 81 - 27。",
          "Leo ordered 4 plates on Monday. Answer in JSON:"
              + " {\"name\":\"string\",\"item\":\"string\"}",
          "Translate 'water' into Chinese.",
          "Please put the numbers in order",
          "How do I start a server with Jishi?",
          "Will it rain next year?",
          "你好");

  private static final String WEIGHTS = "nano.gguf";
  private static final String CHECKSUM = "nano.gguf.sha256";
  private static final String CARD = "CARD.md";

  private Nano() {}

  /** Loads it for use by many threads. */
  public static Engine open() {
    return open(EngineOptions.DEFAULT);
  }

  /** Loads it with options. */
  public static Engine open(EngineOptions options) {
    return Engine.open(file(), options);
  }

  /** Whether this build carries the weights. */
  public static boolean present() {
    return Nano.class.getResource(WEIGHTS) != null;
  }

  /**
   * A file with the weights. Where they come in a jar, a copy is unpacked on first use: into the
   * cache folder of the user ({@code XDG_CACHE_HOME}, else {@code ~/.cache/jishi}, or what macOS
   * and Windows have instead), or, where that cannot be written to, into a temporary folder of this
   * process, with a warning in the log. A copy is used only if its SHA-256 is right.
   *
   * @throws JishiException.Unsupported where this build carries no weights
   * @throws JishiException.OutOfResources where they can be unpacked nowhere
   */
  public static Path file() {
    URL weights = Nano.class.getResource(WEIGHTS);
    if (weights == null) {
      throw new JishiException.Unsupported(
          "this build of Jishi carries no built-in model: name one with -m, a GGUF file or a folder"
              + " with config.json and safetensors");
    }
    if (weights.getProtocol().equals("file")) {
      return local(weights); // classes in a folder, as in a build
    }
    String sum = text(CHECKSUM).strip().split("\\s+", 2)[0];
    return new Unpacker(WEIGHTS, sum, Nano::weights).unpack(CacheFolders.of(System.getenv()));
  }

  private static Path local(URL url) {
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException("a resource of a folder is a file: " + url, e);
    }
  }

  private static InputStream weights() {
    return Nano.class.getResourceAsStream(WEIGHTS);
  }

  /**
   * The model card, in Markdown: abilities and limits, data and licence, what the training cost,
   * and the measured scores.
   *
   * @throws JishiException.Unsupported where this build carries none
   */
  public static String card() {
    return text(CARD);
  }

  private static String text(String name) {
    try (InputStream in = Nano.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new JishiException.Unsupported(
            "this build of Jishi is incomplete: '" + name + "' of the built-in model is missing");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new JishiException.BadFile(name + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
