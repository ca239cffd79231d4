// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.adapt;

import io.jishi.base.JishiException;
import io.jishi.model.Model;
import io.jishi.model.Origin;
import io.jishi.model.StoredTensor;
import io.jishi.model.adapter.Placement;
import io.jishi.tensor.Weight;
import io.jishi.train.tape.LowRank;
import io.jishi.train.tape.Parameters;
import io.jishi.train.tape.Trainable;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
   * @param tensors of the model, by name: the decoder multiplies by each as it is stored
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
    return create(
        tensors, chosen, rank, alpha, parameters, seed, Set.of(), new IdentityHashMap<>());
  }

  /**
   * The same beside whatever a model's decoder makes of its tensors: packed, turned, stacked.
   *
   * @throws JishiException.Unsupported where a chosen one is read changed
   */
  public static Lora create(
      Model model,
      Predicate<String> chosen,
      int rank,
      float alpha,
      Parameters parameters,
      long seed) {
    int layers = model.decoder().spec().layers().size();
    Set<String> turned = model.checkpoint().turned(layers);
    Map<Weight, Origin> places = model.decoder().places();
    return create(model.tensors(), chosen, rank, alpha, parameters, seed, turned, places);
  }

  private static Lora create(
      Map<String, StoredTensor> tensors,
      Predicate<String> chosen,
      int rank,
      float alpha,
      Parameters parameters,
      long seed,
      Set<String> turned,
      Map<Weight, Origin> origins) {
    if (rank < 1) {
      throw new JishiException.BadRequest("rank", "the rank must be 1 at least, found " + rank);
    }
    Map<String, Map<Weight, Placement>> places = new HashMap<>();
    origins.forEach(
        (weight, origin) -> {
          String name = origin.tensor();
          if (tensors.containsKey(name) && chosen.test(name)) {
            List<Long> shape = tensors.get(name).shape();
            Placement place = Placement.of(weight, origin, shape, turned.contains(name));
            places.computeIfAbsent(name, _ -> new IdentityHashMap<>()).put(weight, place);
          }
        });
    Map<String, LowRank> made = new LinkedHashMap<>();
    SplittableRandom random = new SplittableRandom(seed);
    for (StoredTensor tensor : tensors.values()) {
      int dims = tensor.shape().size();
      if (chosen.test(tensor.name()) && (dims == 2 || dims == 3)) {
        boolean over = turned.contains(tensor.name());
        Halves both = halves(tensor, over, rank, parameters, random);
        Map<Weight, Placement> own = places.getOrDefault(tensor.name(), Map.of());
        made.put(
            tensor.name(),
            LowRank.beside(own, both.a, both.b, alpha / rank, both.experts, parameters));
      }
    }
    if (made.isEmpty()) {
      throw new JishiException.BadRequest("lora", "no matrix of the model is chosen");
    }
    return new Lora(rank, alpha, made);
  }

  private static Halves halves(
      StoredTensor tensor,
      boolean turned,
      int rank,
      Parameters parameters,
      SplittableRandom random) {
    int dims = tensor.shape().size();
    int high = Math.toIntExact(tensor.shape().get(dims - 2));
    int wide = Math.toIntExact(tensor.shape().get(dims - 1));
    int experts = dims == 2 ? 1 : Math.toIntExact(tensor.shape().getFirst());
    int out = turned ? wide : high;
    int in = turned ? high : wide;
    int all = Math.multiplyExact(rank, experts);
    Trainable a = parameters.add(tensor.name() + ".lora_A", all, in, experts);
    Trainable b = parameters.add(tensor.name() + ".lora_B", out, all);
    double bound = 1 / Math.sqrt(in);
    for (long i = 0; i < a.count(); i++) {
      float value = (float) ((2 * random.nextDouble() - 1) * bound);
      a.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
    }
    return new Halves(a, b, experts);
  }

  private record Halves(Trainable a, Trainable b, int experts) {}
}
