// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.embed;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.Pooling;
import io.jishi.model.StoredTensor;
import io.jishi.model.safetensors.SafetensorsFile;
import io.jishi.tensor.DType;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;

/**
 * A trained head on a pooled hidden state, {@code y = W x + b}, as a run leaves it beside its
 * model.
 *
 * @param pooling whose state it reads
 * @param classes in the order of its rows; empty where it says a number
 * @param weight {@code [rows, width]}
 * @param bias {@code [rows]}
 */
record PooledHead(Pooling pooling, List<String> classes, float[] weight, float[] bias) {
  /**
   * Reads {@code head.json} and {@code head.safetensors}.
   *
   * @param width of the model's hidden state
   * @throws JishiException.BadFile where something is missing or does not fit
   */
  static PooledHead read(Path folder, int width) {
    JsonObject config = Json.parseObject(folder.resolve(Classifier.HEAD));
    String kind = config.text("kind").orElseThrow(() -> config.missing("kind"));
    List<String> classes =
        switch (kind) {
          case "number" -> List.of();
          case "classes" ->
              config.array("classes").orElseThrow(() -> config.missing("classes")).stream()
                  .map(Object::toString)
                  .toList();
          default -> throw wrong(config, "kind", kind, "classes, number");
        };
    if (kind.equals("classes") && classes.isEmpty()
        || new HashSet<>(classes).size() != classes.size()) {
      throw wrong(config, "classes", classes.toString(), "names that differ");
    }
    int rows = Math.max(1, classes.size());
    Path file = folder.resolve(Classifier.HEAD_WEIGHTS);
    try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
      float[] weight = floats(tensors, "head.weight", (long) rows * width, rows + ", " + width);
      return new PooledHead(
          pooling(config), classes, weight, floats(tensors, "head.bias", rows, "" + rows));
    }
  }

  private static Pooling pooling(JsonObject config) {
    String name = config.text("pooling").orElseThrow(() -> config.missing("pooling"));
    return switch (name) {
      case "first" -> Pooling.CLS;
      case "last" -> Pooling.LAST;
      case "mean" -> Pooling.MEAN;
      default -> throw wrong(config, "pooling", name, "first, last, mean");
    };
  }

  private static JishiException wrong(
      JsonObject config, String field, String found, String expected) {
    return new JishiException.BadFile(
        config.source() + ": '" + field + "' must be one of " + expected + ", found " + found);
  }

  private static float[] floats(SafetensorsFile file, String name, long count, String shape) {
    StoredTensor tensor = file.tensors().get(name);
    if (tensor == null || tensor.type() != DType.F32 || tensor.elements() != count) {
      throw new JishiException.BadFile(
          file.path()
              + ": '"
              + name
              + "' must be ["
              + shape
              + "] of F32 for this model and its head.json, found "
              + (tensor == null ? "nothing" : tensor.shape() + " of " + tensor.type()));
    }
    return tensor.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
  }

  /** The results of the rows, summed in double precision. */
  double[] apply(float[] state) {
    double[] y = new double[bias.length];
    for (int o = 0; o < y.length; o++) {
      y[o] = bias[o];
      for (int i = 0; i < state.length; i++) {
        y[o] += (double) weight[o * state.length + i] * state[i];
      }
    }
    return y;
  }
}
