// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.text.Tokenizer;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * A model, loaded and ready for many callers. Safe for use by any number of threads, virtual ones
 * too; requests run one after another, the rest waits in a bounded queue.
 *
 * <pre>{@code
 * try (Engine engine = Engine.open(Path.of("model.gguf"))) {
 *   Answer answer = engine.generate(Request.chat(Message.user("Hello!")), System.out::print);
 * }
 * }</pre>
 */
public interface Engine extends AutoCloseable {

  /**
   * Loads a model.
   *
   * @param model a GGUF file, or a folder with {@code config.json} and safetensors
   * @throws io.jishi.base.JishiException.BadFile where the files are damaged or missing
   * @throws io.jishi.base.JishiException.Unsupported where the model is of an unknown family
   * @throws io.jishi.base.JishiException.OutOfResources where memory does not suffice
   */
  static Engine open(Path model) {
    return open(model, EngineOptions.DEFAULT);
  }

  /** Loads a model with options; see {@link #open(Path)}. */
  static Engine open(Path model, EngineOptions options) {
    return LocalEngine.load(model, options);
  }

  /**
   * Starts a generation and returns at once.
   *
   * @throws io.jishi.base.JishiException.BadRequest where the request cannot be served: the prompt
   *     is longer than the context, or a chat is asked of a model without a template
   * @throws io.jishi.base.JishiException.Busy where the queue is full
   * @throws io.jishi.base.JishiException.Closed after {@link #close()}
   */
  Generation start(Request request);

  /** Generates to the end; interrupting the thread cancels. See {@link #start} for errors. */
  default Answer generate(Request request) {
    return generate(request, _ -> {});
  }

  /** Generates and hands on each piece of text as it comes, on the caller's thread. */
  default Answer generate(Request request, Consumer<String> pieces) {
    return start(request).forEach(pieces);
  }

  /**
   * The raw logits, with {@code EXACT} precision and an FP32 cache.
   *
   * @param tokens fed exactly as they are
   * @param all logits after each token, or after the last one only
   * @return {@code [positions, vocabulary]}
   */
  float[][] logits(int[] tokens, boolean all);

  /** What is loaded and what it takes. */
  ModelInfo info();

  /** The model's tokenizer. */
  Tokenizer tokenizer();

  /** Cancels what runs and waits, then gives back all memory. Further calls do nothing. */
  @Override
  void close();
}
