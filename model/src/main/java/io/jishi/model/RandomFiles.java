// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.text.Tokenizer;
import java.util.Set;

/** A model of random weights in memory, which speaks in token ids alone. */
final class RandomFiles implements ModelFiles {
  private final RandomSpec spec;
  private final WeightFile weights;
  private final boolean listed;

  /**
   * The model, before any weight is made.
   *
   * @throws io.jishi.base.JishiException.OutOfResources where it would not fit into memory
   */
  RandomFiles(RandomSpec spec) {
    this.spec = spec;
    this.listed = RandomWeightFile.lists(spec);
    if (listed) {
      RandomWeightFile file = RandomWeightFile.of(spec);
      MemoryBudget.require(spec.name(), file.bytes() + file.largest());
      this.weights = file;
    } else {
      this.weights = new AskedWeightFile(spec);
    }
  }

  @Override
  public WeightFile weights() {
    return weights;
  }

  @Override
  public Checkpoint checkpoint(DecoderSpec spec) {
    return listed ? Checkpoint.GGUF : spec.checkpoint();
  }

  @Override
  public ModelConfig config() {
    return new HuggingFaceConfig(spec.config());
  }

  @Override
  public Tokenizer tokenizer() {
    return new NoTokenizer(spec.name(), config().require("vocab_size"));
  }

  @Override
  public String chatTemplate() {
    return null;
  }

  @Override
  public GenerationDefaults defaults(Tokenizer tokenizer) {
    return GenerationDefaults.of(Set.of());
  }

  @Override
  public String name() {
    return spec.name();
  }

  @Override
  public void close() {
    weights.close();
  }
}
