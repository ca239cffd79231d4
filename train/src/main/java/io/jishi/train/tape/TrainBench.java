// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.base.JsonObject;
import io.jishi.model.Model;
import io.jishi.model.RandomSpec;
import io.jishi.model.WeightMix;
import io.jishi.tensor.Backend;
import io.jishi.train.loss.TokenLoss;
import io.jishi.train.optim.AdamW;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Measures whole steps of training: forward, backward, clipping, AdamW, of a model of random
 * weights on random tokens.
 */
public final class TrainBench implements AutoCloseable {
  private static final double RATE = 3e-4;

  /**
   * A Llama-like model and its batch.
   *
   * @param vocabulary tokens; the output is the embedding
   * @param width of the hidden state
   * @param layers of them
   * @param heads query, key and value heads
   * @param inner width of the feed-forward
   * @param context tokens of a sequence
   * @param batch sequences of a step
   */
  public record Shape(
      int vocabulary, int width, int layers, int heads, int inner, int context, int batch) {
    /** 10.06 million parameters: what PyTorch was measured on. */
    public static final Shape DEFAULT = new Shape(8192, 320, 6, 5, 864, 512, 8);

    JsonObject config() {
      return JsonObject.of(
          "bench",
          Map.ofEntries(
              Map.entry("model_type", "llama"),
              Map.entry("hidden_act", "silu"),
              Map.entry("vocab_size", (long) vocabulary),
              Map.entry("hidden_size", (long) width),
              Map.entry("intermediate_size", (long) inner),
              Map.entry("num_hidden_layers", (long) layers),
              Map.entry("num_attention_heads", (long) heads),
              Map.entry("num_key_value_heads", (long) heads),
              Map.entry("max_position_embeddings", (long) context),
              Map.entry("rms_norm_eps", 1e-5),
              Map.entry("rope_theta", 10_000.0),
              Map.entry("tie_word_embeddings", true)));
    }

    /** Tokens of a step. */
    public int tokens() {
      return context * batch;
    }
  }

  private final Shape shape;
  private final Parameters parameters = new Parameters(_ -> true);
  private final Model model;
  private final Trainer trainer;
  private final Examples examples;

  /** A model, a batch and a trainer, ready for {@link #step}. */
  public TrainBench(Shape shape, Backend backend, TrainerOptions options) {
    this.shape = shape;
    RandomSpec spec = new RandomSpec("bench", shape.config(), WeightMix.of("f32"), 1);
    model = Model.random(spec, backend, parameters::place);
    trainer =
        new Trainer(
            model.decoder(),
            parameters,
            Map.of(),
            TokenLoss.plain(),
            (list, m) -> new AdamW(list, m, AdamW.Options.DEFAULT),
            backend,
            options);
    SplittableRandom random = new SplittableRandom(1);
    int[] tokens = random.ints(shape.tokens(), 0, shape.vocabulary).toArray();
    int[] labels = random.ints(shape.tokens(), 0, shape.vocabulary).toArray();
    int[] bounds = new int[shape.batch + 1];
    for (int b = 0; b <= shape.batch; b++) {
      bounds[b] = b * shape.context;
    }
    examples = Examples.of(tokens, bounds, labels);
  }

  /** Numbers that learn. */
  public long parameters() {
    return parameters.count();
  }

  /** Multiplications and additions of a token: 6 N + 6 · layers · width · context. */
  public double operationsPerToken() {
    return 6.0 * parameters.count()
        + 6.0 * shape.layers * shape.width * shape.context;
  }

  /** Tokens of a step. */
  public int tokens() {
    return shape.tokens();
  }

  /** What a step will take of memory. */
  public MemoryPlan plan() {
    return trainer.plan(examples);
  }

  /** What runs the steps. */
  public Trainer trainer() {
    return trainer;
  }

  /**
   * One whole step.
   *
   * @return seconds
   */
  public double step() {
    long start = System.nanoTime();
    trainer.step(examples, RATE);
    return (System.nanoTime() - start) / 1e9;
  }

  @Override
  public void close() {
    trainer.close();
    model.close();
    parameters.close();
  }
}
