// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.embed;

import io.jishi.base.JishiException;
import io.jishi.model.EmbeddingDefaults;
import io.jishi.model.Pooling;
import io.jishi.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Makes vectors of texts, so that texts of like meaning have like vectors. Safe for use by any
 * number of threads; calls run one after another, several texts of a call in one pass.
 *
 * <pre>{@code
 * try (Embedder embedder = Embedder.open(Path.of("bge-small"))) {
 *   List<float[]> vectors = embedder.embed(List.of("a cat", "a dog"));
 * }
 * }</pre>
 */
public final class Embedder implements Encoder, AutoCloseable {
  private final LoadedModel loaded;
  private final Pooling pooling;
  private final boolean unit;
  private final Sequence.Frame frame;
  private volatile boolean closed;

  private Embedder(Embedder from, Pooling pooling) {
    this.loaded = from.loaded;
    this.pooling = pooling;
    this.unit = from.unit;
    this.frame = from.frame;
  }

  /** Takes the place of this one, with another pooling. */
  Embedder pooledBy(Pooling other) {
    return new Embedder(this, other);
  }

  private Embedder(LoadedModel loaded, EmbedderOptions options) {
    this.loaded = loaded;
    EmbeddingDefaults made = loaded.model.embedding();
    Pooling absent = loaded.model.decoder().spec().bidirectional() ? Pooling.MEAN : Pooling.LAST;
    Pooling stated = made.pooling() == null ? absent : made.pooling();
    this.pooling = options.pooling() == null ? stated : options.pooling();
    this.unit =
        switch (options.length()) {
          case AS_MADE -> made.normalise();
          case ONE -> true;
          case RAW -> false;
        };
    this.frame = Sequence.Frame.of(loaded.tokenizer());
  }

  /**
   * Loads a model: an encoder such as BERT, or any other, whose hidden states are pooled.
   *
   * @param model a GGUF file, or a folder with {@code config.json} and safetensors; what Sentence
   *     Transformers' files beside them say is followed
   * @throws JishiException.BadFile where the files are damaged or missing
   * @throws JishiException.Unsupported where the model is of an unknown family
   * @throws JishiException.OutOfResources where memory does not suffice
   */
  public static Embedder open(Path model) {
    return open(model, EmbedderOptions.DEFAULT);
  }

  /**
   * What a model will take at most, bytes of weights, cache and workspace, by the headers of its
   * files: so that one limit can be divided among several before anything is loaded.
   */
  public static long bytes(Path model, EmbedderOptions options) {
    return LoadedModel.bytes(model, options);
  }

  /** Loads a model with options; see {@link #open(Path)}. */
  public static Embedder open(Path model, EmbedderOptions options) {
    return open(model, options, null);
  }

  /**
   * Loads a model with an adapter.
   *
   * @param adapter its folder, or null
   */
  static Embedder open(Path model, EmbedderOptions options, Path adapter) {
    LoadedModel loaded = LoadedModel.open(model, options, adapter);
    try {
      return new Embedder(loaded, options);
    } catch (RuntimeException | Error e) {
      loaded.close();
      throw e;
    }
  }

  /** Vectors of texts, in order; see {@link #embed(EmbedRequest)} for errors. */
  public List<float[]> embed(List<String> texts) {
    return embed(EmbedRequest.of(texts)).vectors();
  }

  /**
   * Vectors of texts or tokens.
   *
   * @throws JishiException.BadRequest where a text is too long, a token unknown, or more dimensions
   *     are asked for than the model has
   * @throws JishiException.Busy where the queue is full
   * @throws JishiException.Closed after {@link #close()}
   */
  public Embeddings embed(EmbedRequest request) {
    int dimensions = dimensions(request.dimensions());
    String prompt = prompt(request.prompt());
    List<Sequence> sequences = new ArrayList<>();
    int tokens = 0;
    for (Input input : request.inputs()) {
      sequences.add(new Sequence(tokens(input, prompt, request.truncate()), null));
      tokens = Math.addExact(tokens, sequences.getLast().tokens().length);
    }
    float[][] pooled =
        loaded.run(sequences.size(), tokens, () -> loaded.passes.pooled(sequences, pooling));
    List<float[]> vectors = new ArrayList<>();
    for (float[] vector : pooled) {
      vectors.add(Passes.shaped(vector, dimensions, unit));
    }
    return new Embeddings(vectors, tokens);
  }

  private int dimensions(int asked) {
    if (asked > dimensions()) {
      throw new JishiException.BadRequest(
          "dimensions",
          asked + " dimensions were asked for, but " + name() + " makes " + dimensions());
    }
    return asked == 0 ? dimensions() : asked;
  }

  private String prompt(String asked) {
    EmbeddingDefaults made = loaded.model.embedding();
    String name = asked == null ? made.defaultPrompt() : asked;
    if (name == null || name.isEmpty()) {
      return "";
    }
    String text = made.prompts().get(name);
    if (text == null) {
      throw new JishiException.BadRequest(
          "prompt", name() + " has no prompt '" + name + "'; it has " + made.prompts().keySet());
    }
    return text;
  }

  private int[] tokens(Input input, String prompt, boolean truncate) {
    int[] tokens =
        switch (input) {
          case Input.Tokens t -> Sequence.fit(t.tokens(), loaded.context, truncate, "input");
          case Input.Text t -> {
            Tokenizer tokenizer = loaded.tokenizer();
            int[] text = tokenizer.encode(prompt + t.text(), Tokenizer.Special.TEXT);
            int room = loaded.context - frame.length();
            yield frame.around(Sequence.fit(text, room, truncate, "input"));
          }
        };
    return loaded.checked(tokens, "input");
  }

  @Override
  public String name() {
    return loaded.model.name();
  }

  @Override
  public EncoderMetrics metrics() {
    return loaded.metrics();
  }

  @Override
  public void listen(EncoderListener listener) {
    loaded.tally.listen(listener);
  }

  /** Values of a vector. */
  public int dimensions() {
    return loaded.model.decoder().spec().width();
  }

  /** The most tokens of a text. */
  public int context() {
    return loaded.context;
  }

  /** How hidden states become one. */
  public Pooling pooling() {
    return pooling;
  }

  /** Texts that can be put before the caller's, by name. */
  public Map<String, String> prompts() {
    return loaded.model.embedding().prompts();
  }

  /** Waits for what runs, then gives back all memory. Further calls do nothing. */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    loaded.close();
  }
}
