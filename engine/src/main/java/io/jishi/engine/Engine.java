// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.model.RandomSpec;
import io.jishi.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A model, loaded and ready for many callers. Safe for use by any number of threads, virtual ones
 * too. Requests run side by side, each with the very answer that it would have alone; what does not
 * find place waits in a bounded queue. What was computed of a prompt is kept as long as there is
 * memory, and not computed again for the next one that begins the same way.
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
    return EngineLoader.load(model, options);
  }

  /**
   * An engine over a model of random weights, made in memory: for measurements. It speaks in token
   * ids alone.
   *
   * @throws io.jishi.base.JishiException.OutOfResources where memory does not suffice
   */
  static Engine random(RandomSpec spec, EngineOptions options) {
    return EngineLoader.random(spec, options);
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

  /**
   * Starts several answers to one prompt, which is computed once. Seeds that are set count up from
   * answer to answer.
   *
   * @throws io.jishi.base.JishiException.BadRequest where {@code count} is below 1 or more than may
   *     be under way; else see {@link #start(Request)}
   */
  default List<Generation> start(Request request, int count) {
    List<Generation> all = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        all.add(start(choice(request, i)));
      }
      return all;
    } catch (RuntimeException e) {
      all.forEach(Generation::cancel);
      throw e;
    }
  }

  /** The request for one of several answers: the same but for its seed. */
  static Request choice(Request request, int index) {
    Sampling sampling = request.sampling();
    return index == 0 || sampling == null || sampling.seed() == null
        ? request
        : request.with(sampling.withSeed(sampling.seed() + index));
  }

  /** Generates to the end; interrupting the thread cancels. See {@link #start} for errors. */
  default Answer generate(Request request) {
    return generate(request, _ -> {});
  }

  /** Generates and hands on each piece of text as it comes, on the caller's thread. */
  default Answer generate(Request request, Consumer<String> pieces) {
    return start(request).forEach(pieces);
  }

  /**
   * Starts to look for the best of many answers, and returns at once; see {@link Search}.
   *
   * @throws io.jishi.base.JishiException.BadRequest where the request asks for what such a search
   *     has not; else see {@link #start(Request)}
   */
  default Search.Run search(Request request, Search search) {
    return switch (search) {
      case Search.BestOf best -> BestOfRun.start(this, request, best);
      case Search.Beams _ -> throw new UnsupportedOperationException("this engine has no beams");
    };
  }

  /**
   * The raw logits, with {@code EXACT} precision and an FP32 cache.
   *
   * @param tokens fed exactly as they are
   * @param all logits after each token, or after the last one only
   * @return {@code [positions, vocabulary]}
   */
  float[][] logits(int[] tokens, boolean all);

  /**
   * Loads a low-rank adapter that requests may ask for by name, several of them in one batch; the
   * model's weights stay as they are.
   *
   * @param path a folder of PEFT or a GGUF file
   * @throws io.jishi.base.JishiException.BadFile where it is damaged, or of another model
   * @throws io.jishi.base.JishiException.BadRequest where the name is taken
   */
  default void addAdapter(String name, Path path) {
    throw new UnsupportedOperationException("this engine takes no adapters");
  }

  /**
   * Removes an adapter; answers under way go on with it.
   *
   * @throws io.jishi.base.JishiException.BadRequest where there is none of that name
   */
  default void removeAdapter(String name) {
    throw new UnsupportedOperationException("this engine takes no adapters");
  }

  /**
   * Writes what is held of a prompt's computation to a file, for example that of a conversation
   * with its last answer. Nothing is computed for it. Of images the file holds a digest, neither
   * pixels nor vectors: the same image is found again, and the tower looks at it once more.
   *
   * @param file replaced where it exists; it appears whole or not at all
   * @return how many of the prompt's tokens were held and written
   * @throws io.jishi.base.JishiException.BadRequest where nothing of it is held
   */
  default int save(Prompt prompt, Path file) {
    throw new UnsupportedOperationException("this engine keeps no sessions");
  }

  /**
   * Reads what {@link #save} wrote, so that prompts that begin so need not be computed: by the same
   * model, options and kind of processor.
   *
   * @return the tokens that were restored
   * @throws io.jishi.base.JishiException.BadFile where the file is damaged, or another model's
   * @throws io.jishi.base.JishiException.OutOfResources where there is no place for it now
   */
  default int[] restore(Path file) {
    throw new UnsupportedOperationException("this engine keeps no sessions");
  }

  /** What is loaded and what it takes. */
  ModelInfo info();

  /** What was done since the engine was opened. */
  default EngineMetrics metrics() {
    throw new UnsupportedOperationException("this engine does not count");
  }

  /** Tells a listener of every step and every end from now on. */
  default void listen(EngineListener listener) {
    throw new UnsupportedOperationException("this engine has no listeners");
  }

  /** The model's tokenizer. */
  Tokenizer tokenizer();

  /** Cancels what runs and waits, then gives back all memory. Further calls do nothing. */
  @Override
  void close();
}
