// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.adapt;

import io.jishi.base.JishiException;
import io.jishi.model.StoredTensor;
import io.jishi.tensor.DType;
import io.jishi.tensor.Dequantizer;
import io.jishi.train.tape.LowRank;
import io.jishi.train.tape.Parameters;
import io.jishi.train.tape.Rows;
import io.jishi.train.tape.Trainable;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Predicate;

/**
 * Low-rank adapters (LoRA, Hu et al. 2022): {@code y = W x + alpha / rank · B (A x)} for chosen
 * weights W of a model, which stay as they are, of whatever stored type (QLoRA, Dettmers et al.
 * 2023, where that is a quantised one). At the start B is zero, so that nothing changes.
 *
 * @param rank of the adapters
 * @param alpha their strength: B A counts alpha / rank
 * @param byWeight the adapter of each weight, by the weight's name
 */
public record Lora(int rank, float alpha, Map<String, LowRank> byWeight) {
  /** Copies the map. */
  public Lora {
    byWeight = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(byWeight));
  }

  /**
   * New adapters: A by Kaiming's uniform distribution (as PEFT has it), B zero. Their names are
   * those of the weights with {@code .lora_A} and {@code .lora_B} behind.
   *
   * @param tensors of the model, by name
   * @param chosen which weights get one
   * @param parameters receives the adapters
   * @throws JishiException.BadRequest where no matrix is chosen
   */
  public static Lora create(
      Map<String, StoredTensor> tensors,
      Predicate<String> chosen,
      int rank,
      float alpha,
      Parameters parameters,
      long seed) {
    if (rank < 1) {
      throw new JishiException.BadRequest("rank", "the rank must be 1 at least, found " + rank);
    }
    Map<String, LowRank> made = new LinkedHashMap<>();
    SplittableRandom random = new SplittableRandom(seed);
    for (StoredTensor tensor : tensors.values()) {
      if (!chosen.test(tensor.name()) || tensor.shape().size() != 2) {
        continue;
      }
      int out = Math.toIntExact(tensor.shape().get(0));
      int in = Math.toIntExact(tensor.shape().get(1));
      Trainable a = parameters.add(tensor.name() + ".lora_A", rank, in);
      Trainable b = parameters.add(tensor.name() + ".lora_B", out, rank);
      double bound = 1 / Math.sqrt(in);
      for (long i = 0; i < a.count(); i++) {
        float value = (float) ((2 * random.nextDouble() - 1) * bound);
        a.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
      }
      made.put(tensor.name(), new LowRank(a, b, alpha / rank));
    }
    if (made.isEmpty()) {
      throw new JishiException.BadRequest("lora", "no matrix of the model is chosen");
    }
    return new Lora(rank, alpha, made);
  }

  /**
   * A weight with its adapter in it, as floats: {@code W + alpha / rank · B A}.
   *
   * @param tensor the weight as stored
   * @param to receives {@code [out, in]} floats
   */
  public void merge(StoredTensor tensor, MemorySegment to) {
    LowRank adapter = byWeight.get(tensor.name());
    if (adapter == null) {
      throw new JishiException.BadRequest("lora", "'" + tensor.name() + "' has no adapter");
    }
    int out = adapter.b().rows();
    int in = adapter.a().cols();
    DType type = tensor.type();
    byte[] stored = new byte[Math.toIntExact(type.rowBytes(in))];
    float[] row = new float[in];
    float[] a = new float[in];
    MemorySegment source = tensor.data();
    for (int o = 0; o < out; o++) {
      long at = (long) o * stored.length;
      MemorySegment.copy(source, ValueLayout.JAVA_BYTE, at, stored, 0, stored.length);
      Dequantizer.dequantize(type, stored, in, row);
      for (int r = 0; r < rank; r++) {
        long place = (long) o * rank + r;
        float factor =
            adapter.scale() * adapter.b().data().getAtIndex(ValueLayout.JAVA_FLOAT, place);
        Rows.read(adapter.a().data(), (long) r * in, a, in);
        for (int i = 0; i < in; i++) {
          row[i] = Math.fma(factor, a[i], row[i]);
        }
      }
      Rows.write(row, to, (long) o * in, in);
    }
  }
}
