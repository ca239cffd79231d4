// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.embed;

import io.jishi.base.JishiException;
import io.jishi.model.DecoderSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Scores documents for a query. Safe for use by any number of threads; calls run one after another,
 * several documents of a call in one pass.
 *
 * <pre>{@code
 * try (Reranker reranker = Reranker.open(Path.of("bge-reranker-v2-m3"))) {
 *   Ranking ranking =
 *       reranker.rerank(RerankRequest.of("what do cats eat?", List.of("Mice.", "Grass.")));
 * }
 * }</pre>
 */
public final class Reranker implements Encoder, AutoCloseable {
  private final LoadedModel loaded;
  private final PairPrompt prompt;
  private volatile boolean closed;

  private Reranker(LoadedModel loaded) {
    this.loaded = loaded;
    DecoderSpec spec = loaded.model.decoder().spec();
    if (spec.scores()) {
      prompt = PairPrompt.crossEncoder(loaded);
    } else if (spec.head() != null) {
      prompt = PairPrompt.yesOrNo(loaded);
    } else {
      throw new JishiException.Unsupported(
          loaded.model.path() + ": this encoder has no scores; it can make vectors alone");
    }
  }

  /**
   * Loads a model: a cross-encoder (BERT's kin with a classifier of one label), or a chat model
   * that was trained to say whether a document fits, as Qwen3's rerankers.
   *
   * @param model a GGUF file, or a folder with {@code config.json} and safetensors
   * @throws JishiException.BadFile where the files are damaged or missing
   * @throws JishiException.Unsupported where the model gives no scores
   * @throws JishiException.OutOfResources where memory does not suffice
   */
  public static Reranker open(Path model) {
    return open(model, EmbedderOptions.DEFAULT);
  }

  /** What a model will take at most, bytes: see {@link Embedder#bytes}. */
  public static long bytes(Path model, EmbedderOptions options) {
    return LoadedModel.bytes(model, options);
  }

  /** Loads a model with options; see {@link #open(Path)}. */
  public static Reranker open(Path model, EmbedderOptions options) {
    LoadedModel loaded = LoadedModel.open(model, options);
    try {
      return new Reranker(loaded);
    } catch (RuntimeException | Error e) {
      loaded.close();
      throw e;
    }
  }

  /**
   * Scores documents.
   *
   * @throws JishiException.BadRequest where query and document are too long
   * @throws JishiException.Busy where the queue is full
   * @throws JishiException.Closed after {@link #close()}
   */
  public Ranking rerank(RerankRequest request) {
    List<Sequence> pairs = new ArrayList<>();
    int tokens = 0;
    for (String document : request.documents()) {
      pairs.add(prompt.pair(request, document));
      tokens = Math.addExact(tokens, pairs.getLast().tokens().length);
    }
    double[] logits = loaded.run(pairs.size(), tokens, () -> prompt.logits(pairs));
    List<Ranking.Scored> results = new ArrayList<>();
    for (int i = 0; i < logits.length; i++) {
      results.add(new Ranking.Scored(i, 1 / (1 + Math.exp(-logits[i])), logits[i]));
    }
    results.sort(Comparator.comparingDouble(r -> -r.logit()));
    return new Ranking(results, tokens);
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
