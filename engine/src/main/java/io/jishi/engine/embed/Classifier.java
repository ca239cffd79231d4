// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.embed;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model with a trained head that says the class of a text, or a number: what a recipe with {@code
 * finetune.objective: classify} or {@code regress} makes. Safe for use by several threads, whose
 * calls run one after another.
 *
 * <pre>{@code
 * try (Classifier classifier = Classifier.open(Path.of("runs/spam/model"))) {
 *   System.out.println(classifier.classify(List.of("You have won!")).getFirst().label());
 * }
 * }</pre>
 */
public final class Classifier implements AutoCloseable {
  /** The file beside a model that says what its head is: pooling, and the classes in order. */
  public static final String HEAD = "head.json";

  /**
   * The file of the head's weights: {@code head.weight [rows, width]}, {@code head.bias [rows]}.
   */
  public static final String HEAD_WEIGHTS = "head.safetensors";

  private static final String ADAPTER = "adapter_config.json";

  private final Embedder embedder;
  private final PooledHead head;

  /**
   * What a head says of a text.
   *
   * @param label the likeliest class, the first of equals; null where the head says a number
   * @param value its probability, or the number
   * @param probabilities of all classes in the head's order; empty for a number
   */
  public record Verdict(String label, double value, Map<String, Double> probabilities) {}

  private Classifier(Embedder embedder, PooledHead head) {
    this.embedder = embedder;
    this.head = head;
  }

  /** Loads a model and its head; see {@link #open(Path, EmbedderOptions)}. */
  public static Classifier open(Path folder) {
    return open(folder, EmbedderOptions.DEFAULT);
  }

  /**
   * Loads a model and its head.
   *
   * @param folder with {@code head.json} and {@code head.safetensors} beside a model; or beside an
   *     adapter, whose {@code adapter_config.json} says where its base is
   * @param options of which pooling and length do not count: the head's are right
   * @throws JishiException.BadFile where something is missing, damaged or does not fit
   * @throws JishiException.Unsupported where the model is of an unknown family
   * @throws JishiException.OutOfResources where memory does not suffice
   */
  public static Classifier open(Path folder, EmbedderOptions options) {
    if (!Files.isRegularFile(folder.resolve(HEAD))) {
      throw new JishiException.BadFile(
          folder
              + ": holds no "
              + HEAD
              + ": a head is made by 'jishi train' with finetune.objective: classify or regress");
    }
    boolean adapted = Files.isRegularFile(folder.resolve(ADAPTER));
    Path model = adapted ? base(folder.resolve(ADAPTER)) : folder;
    EmbedderOptions raw = options.with(EmbedderOptions.Length.RAW);
    Embedder any = Embedder.open(model, raw, adapted ? folder : null);
    try {
      PooledHead head = PooledHead.read(folder, any.dimensions());
      return new Classifier(any.pooledBy(head.pooling()), head);
    } catch (RuntimeException | Error e) {
      any.close();
      throw e;
    }
  }

  private static Path base(Path config) {
    JsonObject json = Json.parseObject(config);
    String field = "base_model_name_or_path";
    Path base = Path.of(json.text(field).orElseThrow(() -> json.missing(field)));
    if (!Files.exists(base)) {
      throw new JishiException.BadFile(
          config + ": '" + field + "' is " + base + ", where there is no model");
    }
    return base;
  }

  /** Verdicts of texts, in order; texts that are too long are refused. */
  public List<Verdict> classify(List<String> texts) {
    return classify(texts, false);
  }

  /**
   * Verdicts of texts, in order.
   *
   * @param truncate whether the end of texts that are too long is cut off, as in training
   * @throws JishiException.BadRequest where a text is empty or too long
   * @throws JishiException.Busy where the queue is full
   */
  public List<Verdict> classify(List<String> texts, boolean truncate) {
    List<Input> inputs = texts.stream().map(Input::of).toList();
    List<Verdict> verdicts = new ArrayList<>();
    for (float[] state : embedder.embed(new EmbedRequest(inputs, 0, "", truncate)).vectors()) {
      verdicts.add(verdict(head.apply(state)));
    }
    return verdicts;
  }

  private Verdict verdict(double[] y) {
    if (head.classes().isEmpty()) {
      return new Verdict(null, y[0], Map.of());
    }
    double max = Arrays.stream(y).max().orElseThrow();
    double sum = Arrays.stream(y).map(v -> Math.exp(v - max)).sum();
    Map<String, Double> probabilities = new LinkedHashMap<>();
    int best = 0;
    for (int o = 0; o < y.length; o++) {
      best = y[o] > y[best] ? o : best;
      probabilities.put(head.classes().get(o), Math.exp(y[o] - max) / sum);
    }
    String label = head.classes().get(best);
    return new Verdict(label, probabilities.get(label), probabilities);
  }

  /** The classes in the head's order; empty where it says a number. */
  public List<String> classes() {
    return head.classes();
  }

  /** The model's own name, or the file's. */
  public String name() {
    return embedder.name();
  }

  /** The most tokens of a text. */
  public int context() {
    return embedder.context();
  }

  /** Waits for what runs, then gives back all memory. */
  @Override
  public void close() {
    embedder.close();
  }
}
