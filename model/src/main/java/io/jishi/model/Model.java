// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.tensor.Backend;
import io.jishi.text.Tokenizer;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * A model in memory: its decoder, its tokenizer and what its makers recommend. Its memory is given
 * back by {@link #close()}; nothing of it may run then.
 */
public final class Model implements AutoCloseable {
  /** The folder within that of a training run. */
  private static final String MADE = "model";

  private final Decoder decoder;
  private final Vision vision;
  private final Tokenizer tokenizer;
  private final ModelFiles files;
  private final Arena arena;
  private final boolean packed;
  private final boolean packedExperts;

  private Model(
      Decoder decoder,
      Vision vision,
      Tokenizer tokenizer,
      ModelFiles files,
      Arena arena,
      boolean packed,
      boolean packedExperts) {
    this.decoder = decoder;
    this.vision = vision;
    this.tokenizer = tokenizer;
    this.files = files;
    this.arena = arena;
    this.packed = packed;
    this.packedExperts = packedExperts;
  }

  /**
   * Reads a model.
   *
   * @param path a GGUF file, or a folder with {@code config.json}, safetensors and tokenizer
   * @throws JishiException.BadFile where something is damaged or missing
   * @throws JishiException.Unsupported where the family, a weight type or the tokenizer is unknown
   * @throws JishiException.OutOfResources where memory does not suffice
   */
  public static Model open(Path path, Backend backend) {
    return open(path, backend, ModelOptions.DEFAULT);
  }

  /** Reads a model with options; see {@link #open(Path, Backend)}. */
  public static Model open(Path path, Backend backend, ModelOptions options) {
    return openPlanned(path, backend, _ -> options);
  }

  /**
   * Reads a model as the caller says once it knows what the headers of its files tell.
   *
   * @param decide called before anything of the weights is read; what it throws ends the loading
   */
  public static Model openPlanned(
      Path path, Backend backend, Function<ModelOutline, ModelOptions> decide) {
    return load(ModelFiles.open(path), backend, decide);
  }

  /**
   * The same of a model that may see though its GGUF file is the language model alone.
   *
   * @param projector the GGUF file of its tower and projector; null for {@code mmproj-NAME.gguf}
   *     beside {@code NAME.gguf}, or the only such file where the folder has one model, if any
   * @throws JishiException.BadRequest where a projector is given for a folder
   */
  public static Model openSeeing(
      Path path, Path projector, Backend backend, Function<ModelOutline, ModelOptions> decide) {
    return load(ModelFiles.open(path, projector), backend, decide);
  }

  /**
   * Reads a model whose tensors the caller places, for training. Nothing is packed: the decoder
   * reads each tensor where {@code place} says.
   *
   * @param place takes each tensor as stored and gives the one to use, of the same name and shape:
   *     the same, or one over memory of the caller's that outlives the model
   */
  public static Model open(Path path, Backend backend, UnaryOperator<StoredTensor> place) {
    return load(new PlacedFiles(ModelFiles.open(path), place), backend, _ -> ModelOptions.DEFAULT);
  }

  /** Makes a model of random weights that the caller places: see {@link #open}. */
  public static Model random(RandomSpec spec, Backend backend, UnaryOperator<StoredTensor> place) {
    return load(new PlacedFiles(new RandomFiles(spec), place), backend, _ -> ModelOptions.DEFAULT);
  }

  /**
   * Makes a model of random weights in memory.
   *
   * @throws JishiException.OutOfResources where memory does not suffice
   * @throws JishiException.BadRequest where the types do not fit the shape
   */
  public static Model random(RandomSpec spec, Backend backend) {
    return load(new RandomFiles(spec), backend, _ -> ModelOptions.DEFAULT);
  }

  private static Model load(
      ModelFiles files, Backend backend, Function<ModelOutline, ModelOptions> decide) {
    Arena arena = Arena.ofShared();
    try {
      VisionSpec seeing = files.vision();
      DecoderSpec spec =
          io.jishi.model.family.Family.spec(seeing == null ? files.config() : seeing.text());
      ModelOptions options = decide.apply(ModelOutline.of(files, spec, seeing));
      WeightFile weights = files.textWeights(seeing);
      Tokenizer tokenizer = files.tokenizer();
      if (tokenizer.vocabSize() > spec.vocabulary()) {
        throw new JishiException.BadFile(
            files.weights().path()
                + ": the tokenizer knows "
                + tokenizer.vocabSize()
                + " tokens, the model only "
                + spec.vocabulary());
      }
      boolean pack =
          options.repack()
              && !(files instanceof PlacedFiles)
              && MemoryBudget.allows(ModelOutline.packed(files, false));
      boolean packExperts =
          pack && options.repackExperts() && MemoryBudget.allows(ModelOutline.packed(files, true));
      int most = options.context() == 0 ? spec.context() : options.context();
      Decoder decoder =
          new DecoderLoader(
                  spec, weights, files.checkpoint(spec), backend, arena, pack, packExperts)
              .load()
              .forLength(Math.min(most, spec.context()));
      Vision vision = seeing == null ? null : Vision.load(seeing, files, backend, arena, pack);
      return new Model(decoder, vision, tokenizer, files, arena, pack, packExperts);
    } catch (OutOfMemoryError e) {
      arena.close();
      files.close();
      throw new JishiException.OutOfResources(
          files.weights().path()
              + ": no memory to load the model ("
              + e.getMessage()
              + "); use a smaller quantisation",
          e);
    } catch (RuntimeException | Error e) {
      arena.close();
      files.close();
      throw e;
    }
  }

  /** The forward pass. */
  public Decoder decoder() {
    return decoder;
  }

  /** How it sees images, or null where it does not. */
  public Vision vision() {
    return vision;
  }

  /** Text to tokens and back. */
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /**
   * What the model of a folder is called: as the folder, or as the training run that made it, in
   * whose folder it lies as {@code model}.
   */
  public static String nameOf(Path folder) {
    Path all = folder.toAbsolutePath().normalize();
    boolean made = all.endsWith(MADE) && all.getNameCount() > 1;
    Path named = made ? all.getParent() : all;
    return named.getFileName() == null ? MADE : named.getFileName().toString();
  }

  /** The name that its makers gave it, or the file's. */
  public String name() {
    return files.name();
  }

  /** Where it was read from. */
  public Path path() {
    return files.weights().path();
  }

  /** The source of the chat template, or null where there is none. */
  public String chatTemplate() {
    return files.chatTemplate();
  }

  /** What its makers recommend. */
  public GenerationDefaults defaults() {
    return files.defaults(tokenizer);
  }

  /** What its makers say about vectors of whole texts. */
  public EmbeddingDefaults embedding() {
    return files.embedding();
  }

  /** How its files store tensors. */
  public Checkpoint checkpoint() {
    return files.checkpoint(decoder.spec());
  }

  /** The tensors as stored, by name. */
  public Map<String, StoredTensor> tensors() {
    return files.weights().tensors();
  }

  /** Whether quantised weights were repacked in memory; else they are read from the mapped file. */
  public boolean packed() {
    return packed;
  }

  /**
   * Whether experts of mixtures were repacked too; else those that tokens choose are read from the
   * mapped file, and the others never.
   */
  public boolean packedExperts() {
    return packedExperts;
  }

  @Override
  public void close() {
    arena.close();
    files.close();
  }
}
