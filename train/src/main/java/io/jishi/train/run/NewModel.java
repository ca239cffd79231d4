// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.model.export.AtomicFiles;
import io.jishi.model.export.Disk;
import io.jishi.model.export.FolderExport;
import io.jishi.model.export.OutputTensor;
import io.jishi.tensor.DType;
import io.jishi.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Writes a model that has learned nothing: weights drawn from a normal distribution, those that
 * write to the residual stream smaller with depth (GPT-2), gains of 1, biases of 0.
 */
final class NewModel {
  private static final double DEVIATION = 0.02;

  private final Recipe.Shape shape;
  private final long seed;
  private final List<OutputTensor> tensors = new ArrayList<>();

  private NewModel(Recipe.Shape shape, long seed) {
    this.shape = shape;
    this.seed = seed;
  }

  /**
   * Writes a folder in the published layout.
   *
   * @param tokenizer where the tokenizer is, and what stands there of templates
   * @param read the same, read
   */
  static void write(
      Recipe.Shape shape, long seed, Path tokenizer, Tokenizer read, Path folder, Disk disk) {
    int vocabulary = read.vocabSize();
    NewModel made = new NewModel(shape, seed);
    made.all(vocabulary);
    AtomicFiles.createFolder(
        folder,
        to -> {
          TextFiles.copy(tokenizer, to, disk);
          FolderExport.write(
              shape.config(vocabulary, read.bos().orElse(-1), read.eos().orElse(-1)),
              made.tensors,
              to,
              disk);
        });
  }

  private void all(int vocabulary) {
    int width = shape.width();
    int headDim = width / shape.heads();
    int keys = shape.kvHeads() * headDim;
    double residual = DEVIATION / Math.sqrt(2.0 * shape.layers());
    boolean biases = shape.family() == Recipe.Family.QWEN2;
    matrix("model.embed_tokens", vocabulary, width, DEVIATION);
    for (int l = 0; l < shape.layers(); l++) {
      String layer = "model.layers." + l + ".";
      vector(layer + "input_layernorm.weight", width, 1);
      projection(layer + "self_attn.q_proj", width, width, biases);
      projection(layer + "self_attn.k_proj", keys, width, biases);
      projection(layer + "self_attn.v_proj", keys, width, biases);
      matrix(layer + "self_attn.o_proj", width, width, residual);
      if (shape.family() == Recipe.Family.QWEN3) {
        vector(layer + "self_attn.q_norm.weight", headDim, 1);
        vector(layer + "self_attn.k_norm.weight", headDim, 1);
      }
      vector(layer + "post_attention_layernorm.weight", width, 1);
      matrix(layer + "mlp.gate_proj", shape.inner(), width, DEVIATION);
      matrix(layer + "mlp.up_proj", shape.inner(), width, DEVIATION);
      matrix(layer + "mlp.down_proj", width, shape.inner(), residual);
    }
    vector("model.norm.weight", width, 1);
    if (!shape.tied()) {
      matrix("lm_head", vocabulary, width, DEVIATION);
    }
  }

  private void projection(String stem, int rows, int cols, boolean bias) {
    matrix(stem, rows, cols, DEVIATION);
    if (bias) {
      vector(stem + ".bias", rows, 0);
    }
  }

  /** Each row has a stream of its own, by its number and the tensor's. */
  private void matrix(String stem, int rows, int cols, double deviation) {
    long stream = seed * 0x9e3779b97f4a7c15L + tensors.size();
    tensors.add(
        new OutputTensor(
            stem + ".weight",
            DType.F32,
            List.of((long) rows, (long) cols),
            (row, out) -> {
              SplittableRandom random =
                  new SplittableRandom(new SplittableRandom(stream + (row << 20)).nextLong());
              for (int i = 0; i < out.length; i++) {
                out[i] = (float) (deviation * random.nextGaussian());
              }
            }));
  }

  private void vector(String name, int size, float value) {
    tensors.add(
        new OutputTensor(
            name, DType.F32, List.of((long) size), (_, out) -> java.util.Arrays.fill(out, value)));
  }
}
