// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.adapt;

import io.jishi.base.JishiException;
import io.jishi.model.StoredTensor;
import io.jishi.train.tape.LowRank;
import io.jishi.train.tape.Parameters;
import io.jishi.train.tape.Trainable;
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
}
