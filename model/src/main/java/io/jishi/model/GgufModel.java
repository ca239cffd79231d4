// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JsonObject;
import io.jishi.model.gguf.GgufFile;
import io.jishi.text.GgufTokenizer;
import io.jishi.text.Tokenizer;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/** A model in one GGUF file, or in several parts of one. */
final class GgufModel implements ModelFiles {
  /** Control tokens that end a turn where the metadata names only the end of the text. */
  private static final List<String> END_OF_TURN =
      List.of(
          "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end|>", "<|endoftext|>", "<end_of_turn>");

  private static final List<String> END_KEYS =
      List.of("tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id");

  private static final String SAMPLING = "general.sampling.";

  private final GgufFile file;
  private final GgufProjector projector;

  /**
   * Opens the files.
   *
   * @param tower of a model that sees, or null
   */
  GgufModel(Path path, Path tower) {
    file = GgufFile.open(path);
    try {
      projector = tower == null ? null : new GgufProjector(tower);
    } catch (RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  @Override
  public VisionSpec vision() {
    return projector == null
        ? null
        : projector.vision(config(), file.metadata("tokenizer.ggml.tokens"));
  }

  @Override
  public WeightFile textWeights(VisionSpec seeing) {
    return file;
  }

  @Override
  public WeightFile towerWeights(VisionSpec seeing) {
    return seeing.towerFile(projector.weights());
  }

  @Override
  public Collection<StoredTensor> others() {
    return projector == null ? List.of() : projector.weights().tensors().values();
  }

  @Override
  public JsonObject imageProcessor() {
    return projector == null ? null : projector.imageProcessor();
  }

  @Override
  public WeightFile weights() {
    return file;
  }

  @Override
  public Checkpoint checkpoint(DecoderSpec spec) {
    return GgufLayout.of(spec.architecture()).checkpoint(spec);
  }

  @Override
  public ModelConfig config() {
    return new GgufConfig(file.path().toString(), file.metadata(), file.tensors());
  }

  @Override
  public Tokenizer tokenizer() {
    String source = file.path().toString();
    return file.metadata().has("tokenizer.ggml.model")
        ? GgufTokenizer.read(source, file::metadata)
        : new NoTokenizer(source, config().require("vocab_size"));
  }

  @Override
  public String chatTemplate() {
    return file.metadata().string("tokenizer.chat_template", null);
  }

  @Override
  public GenerationDefaults defaults(Tokenizer tokenizer) {
    Set<Integer> ends = new TreeSet<>();
    tokenizer.eos().ifPresent(ends::add);
    for (String key : END_KEYS) {
      int token = file.metadata().intValue(key, -1);
      if (token >= 0) {
        ends.add(token);
      }
    }
    for (String piece : END_OF_TURN) {
      tokenizer.token(piece).stream().filter(tokenizer::isControl).forEach(ends::add);
    }
    return sampling(ends);
  }

  /** What the keys of llama.cpp say of {@code generation_config.json}. */
  private GenerationDefaults sampling(Set<Integer> ends) {
    int topK = file.metadata().intValue(SAMPLING + "top_k", 0);
    OptionalDouble temperature = number("temp");
    return new GenerationDefaults(
        temperature.isPresent() && temperature.getAsDouble() == 0,
        temperature,
        topK > 0 ? OptionalInt.of(topK) : OptionalInt.empty(), // -1 is off
        number("top_p"),
        number("min_p"),
        Set.copyOf(ends));
  }

  private OptionalDouble number(String key) {
    return file.metadata().has(SAMPLING + key)
        ? OptionalDouble.of(file.metadata().floatValue(SAMPLING + key))
        : OptionalDouble.empty();
  }

  @Override
  public EmbeddingDefaults embedding() {
    Pooling pooling =
        Pooling.ofGguf(file.metadata().intValue(config().architecture() + ".pooling_type", -1));
    return pooling == null
        ? EmbeddingDefaults.NONE
        : new EmbeddingDefaults(pooling, true, 0, Map.of(), null);
  }

  @Override
  public String name() {
    String name = file.metadata().string("general.name", "");
    return name.isBlank() ? file.path().getFileName().toString() : name;
  }

  @Override
  public void close() {
    file.close();
    if (projector != null) {
      projector.close();
    }
  }
}
