// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.adapter;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.model.GgufLayout;
import io.jishi.model.TensorRole;
import io.jishi.model.export.AtomicFiles;
import io.jishi.model.export.Disk;
import io.jishi.model.export.GgufWriter;
import io.jishi.model.export.OutputTensor;
import io.jishi.model.export.SafetensorsWriter;
import io.jishi.tensor.DType;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Writes adapters as PEFT folders and as GGUF files, and adds them to the weights of a model. */
public final class AdapterExport {
  private AdapterExport() {}

  /** The configuration of a folder of PEFT. */
  public static Map<String, Object> config(
      String base, int rank, double alpha, List<String> stems) {
    TreeSet<String> targets = new TreeSet<>();
    stems.forEach(stem -> targets.add(stem.substring(stem.lastIndexOf('.') + 1)));
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("peft_type", "LORA");
    config.put("task_type", "CAUSAL_LM");
    config.put("base_model_name_or_path", base);
    config.put("r", rank);
    config.put("lora_alpha", alpha);
    config.put("lora_dropout", 0.0);
    config.put("bias", "none");
    config.put("fan_in_fan_out", false);
    config.put("inference_mode", true);
    config.put("target_modules", List.copyOf(targets));
    return config;
  }

  /** The name of A or B in a folder of PEFT. */
  public static String name(String stem, boolean a) {
    return AdapterFiles.PREFIX + stem + (a ? ".lora_A.weight" : ".lora_B.weight");
  }

  /**
   * Writes a new folder of PEFT.
   *
   * @param base the model it belongs to, for readers
   */
  public static void folder(Adapter adapter, String base, Path folder, Disk disk) {
    requireHalves(adapter);
    int rank = adapter.pairs().values().iterator().next().rank();
    List<OutputTensor> tensors = new ArrayList<>();
    adapter
        .pairs()
        .forEach(
            (stem, p) -> {
              tensors.add(tensor(name(stem, true), p.a(), p.rank(), p.in()));
              tensors.add(tensor(name(stem, false), p.b(), p.out(), p.rank()));
            });
    Map<String, Object> config =
        config(base, rank, adapter.alpha(), List.copyOf(adapter.pairs().keySet()));
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
   * @param family {@code model_type} of the model it belongs to
   * @param headDim values per head of that model
   */
  public static void gguf(Adapter adapter, String family, int headDim, Path file, Disk disk) {
    requireHalves(adapter);
    String architecture = GgufLayout.written().getOrDefault(family, family);
    Map<String, TensorRole> roles = new HashMap<>();
    Map<String, String> names = new HashMap<>();
    for (TensorRole role : TensorRole.llamaLike()) {
      for (int l = 0; l < 4096; l++) {
        roles.putIfAbsent(role.huggingFace(l), role);
        names.putIfAbsent(role.huggingFace(l), role.gguf(l));
      }
    }
    List<OutputTensor> tensors = new ArrayList<>();
    adapter
        .pairs()
        .forEach(
            (stem, p) -> {
              String name = names.get(stem);
              if (name == null) {
                throw new JishiException.Unsupported("'" + stem + "' has no name in GGUF files");
              }
              TensorRole role = roles.get(stem);
              boolean turned =
                  GgufLayout.permuted(architecture)
                      && (role == TensorRole.QUERY || role == TensorRole.KEY);
              tensors.add(tensor(name + ".weight.lora_a", p.a(), p.rank(), p.in()));
              OutputTensor b = tensor(name + ".weight.lora_b", p.b(), p.out(), p.rank());
              tensors.add(
                  !turned
                      ? b
                      : new OutputTensor(
                          b.name(),
                          b.type(),
                          b.shape(),
                          (row, out) ->
                              b.rows().read(Adapter.fromHalves((int) row, headDim), out)));
            });
    GgufWriter writer =
        new GgufWriter(tensors)
            .put("general.architecture", architecture)
            .put("general.type", "adapter")
            .put("adapter.type", "lora")
            .put("adapter.lora.alpha", (float) adapter.alpha());
    AtomicFiles.create(file, disk, writer);
  }

  private static void requireHalves(Adapter adapter) {
    if (adapter.order() != Adapter.Order.HALVES) {
      throw new JishiException.Unsupported(
          adapter.source()
              + ": an adapter in a GGUF file of this family cannot be written in another form"
              + " yet; take the folder with adapter_config.json that it came from");
    }
  }

  private static OutputTensor tensor(String name, float[] values, int rows, int cols) {
    return new OutputTensor(
        name,
        DType.F32,
        List.of((long) rows, (long) cols),
        (row, out) -> System.arraycopy(values, (int) row * cols, out, 0, cols));
  }

  /** The tensor with what the adapter adds to it: {@code W + scale · B A}, summed in double. */
  public static OutputTensor merged(Adapter adapter, OutputTensor tensor) {
    requireHalves(adapter);
    if (!tensor.name().endsWith(".weight")) {
      return tensor;
    }
    String stem = tensor.name().substring(0, tensor.name().length() - ".weight".length());
    Adapter.Pair pair = adapter.pairs().get(stem);
    if (pair == null) {
      return tensor;
    }
    if (!tensor.shape().equals(List.of((long) pair.out(), (long) pair.in()))) {
      throw new JishiException.BadFile(
          adapter.source()
              + ": is an adapter of another model: '"
              + tensor.name()
              + "' is "
              + tensor.shape());
    }
    double scale = adapter.scale(pair);
    return new OutputTensor(
        tensor.name(),
        tensor.type(),
        tensor.shape(),
        (row, out) -> {
          tensor.rows().read(row, out);
          int at = (int) row * pair.rank();
          for (int i = 0; i < out.length; i++) {
            double sum = 0;
            for (int k = 0; k < pair.rank(); k++) {
              sum += (double) pair.b()[at + k] * pair.a()[k * pair.in() + i];
            }
            out[i] = (float) (out[i] + scale * sum);
          }
        });
  }
}
