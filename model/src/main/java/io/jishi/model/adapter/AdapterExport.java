// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.adapter;

import io.jishi.base.Json;
import io.jishi.model.GgufLayout;
import io.jishi.model.adapter.Adapter.Pair;
import io.jishi.model.export.AdapterMoves;
import io.jishi.model.export.AtomicFiles;
import io.jishi.model.export.Disk;
import io.jishi.model.export.GgufWriter;
import io.jishi.model.export.ModelSource;
import io.jishi.model.export.OutputTensor;
import io.jishi.model.export.SafetensorsWriter;
import io.jishi.tensor.DType;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Writes adapters as PEFT folders and as GGUF files, and adds them to the weights of a model. */
public final class AdapterExport {
  private AdapterExport() {}

  /**
   * The configuration of a folder of PEFT.
   *
   * @param ranks by stem; where all are the same, one number says it
   * @param stacked the stems among them of tensors that stack experts
   */
  public static Map<String, Object> config(
      String base, double alpha, Map<String, Integer> ranks, Set<String> stacked) {
    TreeSet<String> modules = new TreeSet<>();
    TreeSet<String> parameters = new TreeSet<>();
    ranks
        .keySet()
        .forEach(
            stem -> {
              int last = stem.lastIndexOf('.');
              if (stacked.contains(stem)) {
                parameters.add(stem.substring(stem.lastIndexOf('.', last - 1) + 1));
              } else {
                modules.add(stem.substring(last + 1));
              }
            });
    int rank = ranks.values().iterator().next();
    Map<String, Object> others = new LinkedHashMap<>();
    ranks.forEach(
        (stem, own) -> {
          if (own != rank) {
            others.put(stem, own);
          }
        });
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("peft_type", "LORA");
    config.put("task_type", "CAUSAL_LM");
    config.put("base_model_name_or_path", base);
    config.put("r", rank);
    if (!others.isEmpty()) {
      config.put("rank_pattern", others);
    }
    config.put("lora_alpha", alpha);
    config.put("lora_dropout", 0.0);
    config.put("bias", "none");
    config.put("fan_in_fan_out", false);
    config.put("inference_mode", true);
    config.put("target_modules", List.copyOf(modules));
    if (!parameters.isEmpty()) {
      config.put("target_parameters", List.copyOf(parameters));
    }
    return config;
  }

  /** The name of A or B in a folder of PEFT, by the stem that {@link #modules} gives. */
  public static String name(String stem, boolean a) {
    return AdapterFiles.PREFIX + stem + (a ? ".lora_A.weight" : ".lora_B.weight");
  }

  /**
   * What PEFT calls the places of pairs: beside stacked tensors the module that has them, the first
   * of several the innermost.
   *
   * @param stems of the tensors
   * @param stacked those of parameters that stack experts
   */
  public static Map<String, String> modules(List<String> stems, Set<String> stacked) {
    Map<String, List<String>> shared = new LinkedHashMap<>();
    Map<String, String> names = new LinkedHashMap<>();
    for (String stem : stems) {
      names.put(stem, stem);
      if (stacked.contains(stem)) {
        String module = stem.substring(0, stem.lastIndexOf('.'));
        shared.computeIfAbsent(module, _ -> new ArrayList<>()).add(stem);
      }
    }
    shared.forEach(
        (module, some) -> {
          for (int i = 0; i < some.size(); i++) {
            names.put(some.get(i), module + ".base_layer".repeat(some.size() - 1 - i));
          }
        });
    return names;
  }

  /**
   * Writes a new folder of PEFT.
   *
   * @param base the model it belongs to
   */
  public static void folder(Adapter adapter, ModelSource base, Path folder, Disk disk) {
    Adapter published = AdapterMoves.published(adapter, base);
    Set<String> names = new TreeSet<>();
    base.tensors().forEach(tensor -> names.add(tensor.name()));
    Map<String, Integer> ranks = new LinkedHashMap<>();
    Map<String, Pair> pairs = new LinkedHashMap<>();
    Set<String> stacked = new TreeSet<>();
    published
        .pairs()
        .forEach(
            (stem, p) -> {
              boolean stack = p.experts() > 1;
              String place = stack && !names.contains(stem) ? stem + ".weight" : stem;
              ranks.put(place, p.rank());
              pairs.put(place, p);
              if (stack) {
                stacked.add(place);
              }
            });
    Map<String, String> modules = modules(List.copyOf(ranks.keySet()), stacked);
    List<OutputTensor> tensors = new ArrayList<>();
    pairs.forEach(
        (stem, p) -> {
          int all = p.rank() * p.experts();
          String module = modules.get(stem);
          tensors.add(tensor(name(module, true), p.a(), List.of(all, p.in())));
          tensors.add(tensor(name(module, false), p.b(), List.of(p.out(), all)));
        });
    Map<String, Object> config =
        config(base.folder().toString(), published.alpha(), ranks, stacked);
    AtomicFiles.createFolder(
        folder,
        to -> {
          write(to.resolve(AdapterFiles.CONFIG), config, disk);
          try (OutputStream out = disk.create(to.resolve(AdapterFiles.WEIGHTS))) {
            new SafetensorsWriter(Map.of("format", "pt"), tensors).writeTo(out);
          }
        });
  }

  /** Writes JSON to a new file. */
  public static void write(Path file, Map<String, Object> json, Disk disk) throws IOException {
    try (OutputStream out = disk.create(file)) {
      out.write(Json.write(json).getBytes(StandardCharsets.UTF_8));
    }
  }

  /**
   * Writes a new GGUF file.
   *
   * @param base the model it belongs to
   */
  public static void gguf(Adapter adapter, ModelSource base, Path file, Disk disk) {
    String family =
        base.config().text("model_type").orElseThrow(() -> base.config().missing("model_type"));
    String architecture = GgufLayout.written().getOrDefault(family, family);
    List<OutputTensor> tensors = new ArrayList<>();
    AdapterMoves.gguf(adapter, base, architecture)
        .pairs()
        .forEach(
            (stem, p) -> {
              List<Integer> down = List.of(p.rank(), p.in());
              List<Integer> up = List.of(p.out(), p.rank());
              if (p.experts() > 1) {
                down = List.of(p.experts(), p.rank(), p.in());
                up = List.of(p.experts(), p.out(), p.rank());
              }
              tensors.add(tensor(stem + ".weight.lora_a", p.a(), down));
              tensors.add(tensor(stem + ".weight.lora_b", apart(p), up));
            });
    GgufWriter writer =
        new GgufWriter(tensors)
            .put("general.architecture", architecture)
            .put("general.type", "adapter")
            .put("adapter.type", "lora")
            .put("adapter.lora.alpha", (float) adapter.alpha());
    AtomicFiles.create(file, disk, writer);
  }

  /** B as {@code [experts, out, rank]}. */
  private static float[] apart(Pair p) {
    float[] apart = new float[p.b().length];
    int size = p.out() * p.rank();
    for (int i = 0; i < size; i++) {
      for (int e = 0; e < p.experts(); e++) {
        apart[e * size + i] = p.b()[i * p.experts() + e];
      }
    }
    return apart;
  }

  private static OutputTensor tensor(String name, float[] values, List<Integer> shape) {
    int cols = shape.getLast();
    return new OutputTensor(
        name,
        DType.F32,
        shape.stream().map(Integer::longValue).toList(),
        (row, out) -> System.arraycopy(values, (int) row * cols, out, 0, cols));
  }

  /**
   * A model with what an adapter adds to it: {@code W + scale · B A}, summed in double.
   *
   * @throws io.jishi.base.JishiException.BadFile where the adapter is of another model
   */
  public static ModelSource merged(Adapter adapter, ModelSource model) {
    Adapter published = AdapterMoves.published(adapter, model);
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    model.tensors().forEach(tensor -> shapes.put(tensor.name(), tensor.shape()));
    Set<String> turned = model.turned();
    Map<String, Pair> pairs = published.byTensor(shapes.keySet(), shapes::get, turned);
    return model.map(
        tensor -> {
          Pair pair = pairs.get(tensor.name());
          boolean over = turned.contains(tensor.name());
          return pair == null ? tensor : merged(tensor, pair, published.scale(pair), over);
        });
  }

  private static OutputTensor merged(OutputTensor tensor, Pair p, double scale, boolean turned) {
    int height = turned ? p.in() : p.out();
    int all = p.rank() * p.experts();
    return new OutputTensor(
        tensor.name(),
        tensor.type(),
        tensor.shape(),
        (row, out) -> {
          tensor.rows().read(row, out);
          int e = (int) (row / height);
          int at = (int) (row % height);
          for (int i = 0; i < out.length; i++) {
            int o = turned ? i : at;
            int n = turned ? at : i;
            double sum = 0;
            for (int k = 0; k < p.rank(); k++) {
              double b = p.b()[o * all + k * p.experts() + e];
              sum += b * p.a()[(e * p.rank() + k) * p.in() + n];
            }
            out[i] = (float) (out[i] + scale * sum);
          }
        });
  }
}
