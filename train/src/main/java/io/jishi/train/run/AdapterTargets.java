// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.base.JishiException;
import io.jishi.model.Checkpoint;
import io.jishi.model.Model;
import io.jishi.model.Origin;
import io.jishi.model.TensorRole;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Which matrices of a model get adapters: those that its layers multiply by, by their names. */
final class AdapterTargets {
  private static final String WEIGHT = ".weight";

  private final Model model;
  private final boolean gguf;

  /** The matrices of layers by tensor, and what a recipe calls them. */
  private final Map<String, String> names = new LinkedHashMap<>();

  private final Set<String> routers = new HashSet<>();

  AdapterTargets(Model model, boolean gguf) {
    this.model = model;
    this.gguf = gguf;
    int layers = model.decoder().spec().layers().size();
    Checkpoint checkpoint = model.checkpoint();
    for (int l = 0; l < layers; l++) {
      routers.add(checkpoint.weight(TensorRole.ROUTER, l));
      routers.add(checkpoint.weight(TensorRole.SHARED_ROUTER, l));
    }
    Set<String> read = new HashSet<>();
    for (Origin origin : model.decoder().places().values()) {
      if (origin.change() == Origin.Change.NONE) {
        read.add(origin.tensor());
      }
    }
    for (String tensor : model.tensors().keySet()) {
      if (read.contains(tensor) && tensor.matches(".*\\.[0-9]+\\..*")) {
        String stem = stem(tensor);
        names.put(tensor, stem.substring(stem.lastIndexOf('.') + 1));
      }
    }
  }

  /**
   * The tensors that a recipe asks for.
   *
   * @throws JishiException.Unsupported where one can have no adapter, or there is none of that name
   */
  Set<String> chosen(Recipe.FineTune fineTune) {
    Set<String> chosen = new LinkedHashSet<>();
    Set<String> missing = new TreeSet<>(fineTune.all() ? Set.of() : fineTune.targets());
    names.forEach(
        (tensor, name) -> {
          boolean all = fineTune.all() && !routers.contains(tensor);
          if (all || !fineTune.all() && fineTune.targets().contains(name)) {
            chosen.add(tensor);
            missing.remove(name);
          }
        });
    if (!missing.isEmpty() || chosen.isEmpty()) {
      throw new JishiException.Unsupported(
          "finetune.targets: no layer of this model multiplies by "
              + String.join(", ", missing)
              + "; there are "
              + String.join(", ", new TreeSet<>(names.values()))
              + ", and without targets all but routers are taken");
    }
    for (String tensor : chosen) {
      if (gguf && stem(tensor).equals(stem(tensor, true))) {
        throw new JishiException.Unsupported(
            "finetune.base: an adapter beside '"
                + tensor
                + "' of a GGUF file has no published name; unpack the file with 'jishi convert' and"
                + " take the folder, or name finetune.targets that have one");
      }
    }
    return chosen;
  }

  /** The published name of a matrix, whatever file it comes from, without {@code .weight}. */
  String stem(String tensor) {
    return stem(tensor, false);
  }

  private String stem(String tensor, boolean stored) {
    String stem =
        tensor.endsWith(WEIGHT) ? tensor.substring(0, tensor.length() - WEIGHT.length()) : tensor;
    String[] parts = stem.split("\\.");
    if (stored || !gguf || parts.length < 3 || !parts[1].matches("[0-9]{1,6}")) {
      return stem;
    }
    int layer = Integer.parseInt(parts[1]);
    return TensorRole.llamaLike().stream()
        .filter(role -> role.gguf(layer).equals(stem))
        .map(role -> role.huggingFace(layer))
        .findFirst()
        .orElse(stem);
  }
}
