// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.engine.memory.Workspace;
import io.jishi.model.DecoderSpec;
import io.jishi.model.Model;
import io.jishi.model.StoredTensor;
import io.jishi.model.TowerSpec;
import io.jishi.model.Vision;
import io.jishi.tensor.Backend;
import io.jishi.tensor.DType;
import io.jishi.tensor.StateSpec;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Says what a model is and what it takes. */
final class Inspector {
  private Inspector() {}

  static ModelInfo info(Model model, EngineOptions options, int context) {
    DecoderSpec spec = model.decoder().spec();
    int threads = options.threads() == 0 ? Backend.cpu().threads() : options.threads();
    return new ModelInfo(
        model.name(),
        model.path(),
        spec.architecture(),
        model.tensors().values().stream().mapToLong(StoredTensor::elements).sum(),
        byType(model),
        spec.context(),
        context,
        spec.vocabulary(),
        model.tokenizer().kind(),
        model.chatTemplate(),
        memory(model, options, context),
        kernels(model, options),
        Math.min(threads, Backend.cpu().threads()),
        speculation(model, options),
        model.vision() == null ? null : vision(model.vision().spec().tower()));
  }

  private static String speculation(Model model, EngineOptions options) {
    Speculation asked = options.speculation();
    if (asked.mode() != Speculation.Mode.OFF && !canTakeBack(model)) {
      return "off: this model has recurrent layers, which cannot take tokens back";
    }
    return switch (asked.mode()) {
      case OFF -> "off";
      case LOOKUP -> "lookup";
      case DRAFT -> "draft model " + asked.draft().getFileName();
    };
  }

  /** Whether what was computed of a guess can be forgotten. */
  static boolean canTakeBack(Model model) {
    return !model.decoder().stateSpec(DType.F32).hasRecurrent();
  }

  private static String vision(TowerSpec tower) {
    int merged = tower.patch() * tower.unit();
    return String.format(
        Locale.ROOT,
        "images, by a tower of %d layers of %d; a token is %d x %d pixels",
        tower.layers().layers().size(),
        tower.layers().width(),
        merged,
        merged);
  }

  private static List<ModelInfo.Tensors> byType(Model model) {
    Map<DType, ModelInfo.Tensors> types = new TreeMap<>();
    for (StoredTensor tensor : model.tensors().values()) {
      types.merge(
          tensor.type(),
          new ModelInfo.Tensors(tensor.type().name(), 1, tensor.bytes()),
          (a, b) -> new ModelInfo.Tensors(a.type(), a.count() + 1, a.bytes() + b.bytes()));
    }
    return new ArrayList<>(types.values());
  }

  static ModelInfo.Memory memory(Model model, EngineOptions options, int context) {
    long weights = model.tensors().values().stream().mapToLong(StoredTensor::bytes).sum();
    StateSpec states = model.decoder().stateSpec(options.cacheType());
    return new ModelInfo.Memory(
        weights,
        states.bytes(context),
        options.cacheType().name(),
        states.tokenBytes(),
        workspace(model, options, context),
        jvm());
  }

  private static long jvm() {
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    return memory.getHeapMemoryUsage().getCommitted()
        + memory.getNonHeapMemoryUsage().getCommitted();
  }

  /** The most that a step holds at once, and that the tower of a model that sees does. */
  static long workspace(Model model, EngineOptions options, int context) {
    Vision vision = model.vision();
    long seeing = vision == null ? 0 : Workspace.bytes(vision.spec().tower(), vision.mostPatches());
    return workspace(model.decoder().spec(), context, options) + seeing;
  }

  /** The most that a prefill step holds at once. */
  static long workspace(DecoderSpec spec, int context, EngineOptions options) {
    Capacity capacity = options.capacity();
    long chunk = Math.max(capacity.chunk(), capacity.mixedChunk() + capacity.sequences());
    long tokens = Math.min(chunk, (long) capacity.sequences() * context);
    boolean guesses = options.speculation().mode() != Speculation.Mode.OFF;
    long outputs = capacity.sequences() + (guesses ? capacity.mixedChunk() : 0);
    return Workspace.bytes(spec, tokens, outputs);
  }

  private static String kernels(Model model, EngineOptions options) {
    String why = (options.repack() ? "too little memory" : "asked for") + ", they stay in the file";
    boolean stored = !model.packedExperts();
    boolean experts = stored && model.tensors().values().stream().anyMatch(StoredTensor::expert);
    return Backend.cpu().description()
        + (model.packed() ? "" : "; weights are not repacked: " + why)
        + (experts ? "; experts are read from the file, those that are chosen alone" : "")
        + plain(model);
  }

  /** What of a model's attention runs in plain Java though there are kernels; mostly nothing. */
  static String plain(Model model) {
    Set<String> names = model.decoder().plainAttention(Backend.cpu());
    return names.isEmpty() ? "" : "; in plain Java: " + String.join(", ", names);
  }
}
