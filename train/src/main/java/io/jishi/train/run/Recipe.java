// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What to train, from what, and how. Everything but the data has a default that follows from the
 * size of the model; what is empty here is decided once the data has been read. Longer than other
 * files: a record for each section of a recipe.
 *
 * @param name of the model
 * @param seed of everything that is drawn
 * @param shape of a new model; where one is fine-tuned, its context alone counts
 * @param data what is learned from
 * @param vocabulary how text becomes tokens
 * @param training steps, rates, optimiser
 * @param gradients how they are made, and what is added to those of the loss
 * @param evaluation on text that is held out
 * @param samples texts on the way
 * @param checkpoints how often, how many
 * @param divergence what to do when the loss breaks
 * @param fineTune what is trained further, where it is no new model
 */
public record Recipe(
    String name,
    long seed,
    Shape shape,
    List<Source> data,
    Vocabulary vocabulary,
    Training training,
    Gradients gradients,
    Evaluation evaluation,
    Samples samples,
    Checkpoints checkpoints,
    Divergence divergence,
    Optional<FineTune> fineTune) {

  /** Copies the list. */
  public Recipe {
    data = List.copyOf(data);
  }

  /** Families that a new model can be of. */
  public enum Family {
    /** Llama. */
    LLAMA,
    /** Biases on queries, keys and values. */
    QWEN2,
    /** Norms over query and key heads. */
    QWEN3
  }

  /**
   * The shape of a model.
   *
   * @param family what its files call it
   * @param width values of a hidden state
   * @param layers number of layers
   * @param heads query heads; their width is {@code width / heads}
   * @param kvHeads key and value heads
   * @param inner values between the projections of the feed-forward
   * @param context tokens of a sequence
   * @param tied whether the output matrix is the embedding
   */
  public record Shape(
      Family family,
      int width,
      int layers,
      int heads,
      int kvHeads,
      int inner,
      int context,
      boolean tied) {

    /** Parameters without embedding and output matrix. */
    public long bodyParameters() {
      long headDim = width / heads;
      long attention = (long) width * width * 2 + 2L * width * kvHeads * headDim;
      long biases = family == Family.QWEN2 ? width + 2 * kvHeads * headDim : 0;
      long norms = 2L * width + (family == Family.QWEN3 ? 2 * headDim : 0);
      return layers * (attention + 3L * width * inner + biases + norms) + width;
    }

    /** All parameters. */
    public long parameters(int vocabulary) {
      return bodyParameters() + (tied ? 1L : 2L) * vocabulary * width;
    }

    /** The shape as a published {@code config.json} says it. */
    public Map<String, Object> config(int vocabulary, int bos, int eos) {
      Map<String, Object> config = new LinkedHashMap<>();
      String type = family.name().toLowerCase(java.util.Locale.ROOT);
      String name = type.substring(0, 1).toUpperCase(java.util.Locale.ROOT) + type.substring(1);
      config.put("architectures", List.of(name + "ForCausalLM"));
      config.put("model_type", type);
      config.put("torch_dtype", "float32");
      config.put("vocab_size", vocabulary);
      config.put("hidden_size", width);
      config.put("intermediate_size", inner);
      config.put("num_hidden_layers", layers);
      config.put("num_attention_heads", heads);
      config.put("num_key_value_heads", kvHeads);
      config.put("head_dim", width / heads);
      config.put("hidden_act", "silu");
      config.put("max_position_embeddings", context);
      config.put("rms_norm_eps", 1e-5);
      config.put("rope_theta", 10000.0);
      config.put("tie_word_embeddings", tied);
      config.put("attention_bias", false);
      config.put("mlp_bias", false);
      config.put("initializer_range", 0.02);
      if (bos >= 0) {
        config.put("bos_token_id", bos);
      }
      if (eos >= 0) {
        config.put("eos_token_id", eos);
      }
      return config;
    }
  }

  /** What a source of data is written in. */
  public enum Format {
    /** By the end of the file's name. */
    AUTO,
    /** Plain text. */
    TEXT,
    /** One JSON object a line, with a field of text. */
    JSONL,
    /** Columns. */
    PARQUET,
    /** One conversation a line: {@code {"messages": […]}}. */
    CHAT,
    /** One pair a line: {@code {"prompt", "chosen", "rejected"}}. */
    PREFERENCE,
    /** One text with its class or number a line: {@code {"text", "label"}}. */
    LABELLED
  }

  /**
   * A file or folder to learn from.
   *
   * @param path where it is
   * @param weight share of the tokens that come from it, beside those of the others
   * @param format what it is written in
   * @param field of JSON or column that holds the text
   */
  public record Source(Path path, double weight, Format format, String field) {}

  /** How text becomes tokens. */
  public sealed interface Vocabulary permits Learned, Existing {}

  /**
   * Learned from the data before training.
   *
   * @param size tokens; 0 follows the size of the model
   */
  public record Learned(int size) implements Vocabulary {}

  /**
   * There already.
   *
   * @param folder with {@code tokenizer.json}; null takes the one of the base model
   */
  public record Existing(Path folder) implements Vocabulary {}

  /** How the learning rate goes. */
  public enum Curve {
    /** Warm-up, stable, decay to zero. */
    WSD,
    /** Warm-up, half a cosine to a tenth. */
    COSINE,
    /** Warm-up, a line to zero. */
    LINEAR
  }

  /** Which optimiser. */
  public enum Optimizer {
    /** Loshchilov and Hutter 2019. */
    ADAMW,
    /** Orthogonal steps for matrices, AdamW for the rest. */
    MUON,
    /** Signs of momentum. */
    LION
  }

  /** What matrix products take. */
  public enum Precision {
    /** Single precision. */
    FP32,
    /** BF16 inputs, FP32 sums. */
    BF16
  }

  /**
   * Steps and rates.
   *
   * @param tokens to see in all; empty follows from sizes of model and data
   * @param steps the same, counted in steps
   * @param batch sequences of one step, two for a pair of answers; empty follows from the tokens
   * @param micro sequences that are computed at a time, gradients added; empty: all
   * @param rate highest learning rate; empty follows from model and tokens
   * @param curve how it goes
   * @param warmUp share of the steps
   * @param decay share of the steps, for {@link Curve#WSD}
   * @param optimizer which
   * @param weightDecay of matrices
   * @param clip largest norm of the gradient
   * @param average decay of an exponential average of the weights; 0 keeps none
   * @param precision of products
   */
  public record Training(
      Optional<Long> tokens,
      Optional<Integer> steps,
      Optional<Integer> batch,
      Optional<Integer> micro,
      Optional<Double> rate,
      Curve curve,
      double warmUp,
      double decay,
      Optimizer optimizer,
      double weightDecay,
      double clip,
      double average,
      Precision precision) {}

  /**
   * How gradients are made.
   *
   * @param checkpointing whether activations of layers are computed again rather than kept: less
   *     memory, a third more work, the same bits
   * @param balance what the load-balancing loss of each mixture counts (Fedus et al. 2021); 0
   *     without
   * @param balanceBias step by which the biases of a mixture's choice follow the load of its
   *     experts (Wang et al. 2024); 0 leaves them as they are
   */
  public record Gradients(boolean checkpointing, double balance, double balanceBias) {
    /** Nothing computed twice, nothing balanced. */
    public static final Gradients PLAIN = new Gradients(false, 0, 0);
  }

  /**
   * Loss on text that is held out.
   *
   * @param every steps between; 0 takes a tenth of the run
   * @param share of the documents that are held out
   * @param tokens to read each time at most
   * @param data what to evaluate on instead; then nothing of the data is held out
   */
  public record Evaluation(int every, double share, long tokens, Optional<Path> data) {}

  /**
   * Texts on the way.
   *
   * @param every steps between; 0 follows the evaluation
   * @param tokens of each
   * @param prompts what they begin with
   */
  public record Samples(int every, int tokens, List<String> prompts) {}

  /**
   * What is kept.
   *
   * @param every steps between; 0 takes a twentieth of the run
   * @param keep the last so many; the best one is kept beside
   */
  public record Checkpoints(int every, int keep) {}

  /** What to do when the loss is no number, or leaps. */
  public enum Policy {
    /** End with an error; the checkpoints are there. */
    STOP,
    /** Back to the last checkpoint, past the batches that did it. */
    ROLLBACK
  }

  /**
   * When a run has diverged.
   *
   * @param policy what then
   * @param spike a loss that is above the recent mean by this many standard deviations, and by 1
   * @param most rollbacks of a run
   */
  public record Divergence(Policy policy, double spike, int most) {}

  /** What of a base model learns. */
  public enum Method {
    /** All weights. */
    FULL,
    /** Low-rank additions (Hu et al. 2021). */
    LORA,
    /** The same over a quantised base (Dettmers et al. 2023). */
    QLORA
  }

  /** What a fine-tuning aims at. */
  public enum Objective {
    /** The answers of the data. */
    SFT,
    /** The better of two answers (Rafailov et al. 2023). */
    DPO,
    /** Tokens that were masked (Devlin et al. 2018). */
    MASKED,
    /** The class of a text. */
    CLASSIFY,
    /** The number that belongs to a text. */
    REGRESS
  }

  /** Which state of a text its class or number is read from. */
  public enum Pooling {
    /** The first token's for encoders, the last one's for others. */
    AUTO,
    /** The first token's. */
    FIRST,
    /** The last token's. */
    LAST,
    /** The mean of all. */
    MEAN
  }

  /**
   * What an objective beyond the next token wants to know.
   *
   * @param pooling for classes and numbers
   * @param masked share of the tokens that are masked
   */
  public record Aim(Pooling pooling, double masked) {
    /** The usual. */
    public static final Aim DEFAULT = new Aim(Pooling.AUTO, 0.15);
  }

  /**
   * Training a model further.
   *
   * @param base a model's file or folder
   * @param method what learns
   * @param objective what for
   * @param rank of the additions
   * @param alpha their scale is {@code alpha / rank}
   * @param targets matrices that get one, by the names of the published layout
   * @param beta how far DPO may go from the base
   * @param bits of the base under QLoRA: 8 or 4
   * @param aim more about the objective
   */
  public record FineTune(
      Path base,
      Method method,
      Objective objective,
      int rank,
      double alpha,
      List<String> targets,
      double beta,
      int bits,
      Aim aim) {
    /** The matrices of a Llama's layer: they stand for all that a model's layers multiply by. */
    public static final List<String> ALL =
        List.of("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj");

    /** A fine-tuning by the next token. */
    public FineTune(
        Path base,
        Method method,
        Objective objective,
        int rank,
        double alpha,
        List<String> targets,
        double beta,
        int bits) {
      this(base, method, objective, rank, alpha, targets, beta, bits, Aim.DEFAULT);
    }

    /** What a checkpoint must agree with; what only some objectives know, only they name. */
    private String identity() {
      String known =
          "FineTune[base=%s, method=%s, objective=%s, rank=%s, alpha=%s, targets=%s, beta=%s, bits=%s]"
              .formatted(base, method, objective, rank, alpha, targets, beta, bits);
      return switch (objective) {
        case SFT, DPO -> known;
        case MASKED, CLASSIFY, REGRESS -> known + " " + aim;
      };
    }

    /** Whether it takes every matrix that can have an addition, rather than some by name. */
    public boolean all() {
      return targets.equals(ALL);
    }
  }

  /** Whether it learns which of two answers is better. */
  boolean prefers() {
    return fineTune.isPresent() && fineTune.get().objective() == Objective.DPO;
  }

  /** Whether it learns what belongs to whole texts: their class, or a number. */
  boolean labels() {
    return objective() == Objective.CLASSIFY || objective() == Objective.REGRESS;
  }

  /** What it aims at; new models say the next token. */
  public Objective objective() {
    return fineTune.map(FineTune::objective).orElse(Objective.SFT);
  }

  /** What a checkpoint must agree with to go on from it, as words for messages. */
  public Map<String, String> identity() {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("seed", Long.toString(seed));
    values.put("model", shape.toString());
    values.put("data", data.toString());
    values.put("tokenizer", vocabulary.toString());
    values.put("train", training.toString());
    if (gradients.balance > 0) {
      values.put("train.balance", Double.toString(gradients.balance));
    }
    if (gradients.balanceBias > 0) {
      values.put("train.balance_bias", Double.toString(gradients.balanceBias));
    }
    values.put("evaluate.held_out", Double.toString(evaluation.share));
    values.put("evaluate.data", evaluation.data.map(Path::toString).orElse("none"));
    values.put("finetune", fineTune.map(FineTune::identity).orElse("none"));
    return values;
  }
}
