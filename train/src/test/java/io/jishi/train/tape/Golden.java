// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.safetensors.SafetensorsFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The reference run of training: made with PyTorch, see {@code golden.json}. */
public final class Golden {
  /** The reference's own error in single precision is 1.3e-6; sums run in another order here. */
  public static final double RELATIVE_L2 = 2e-5;

  private Golden() {}

  /** The folder of the model and the reference. */
  public static Path folder() {
    try {
      return Path.of(Golden.class.getResource("/train_llama/config.json").toURI()).getParent();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  public static JsonObject json() {
    return Json.parseObject(folder().resolve("golden.json"));
  }

  public static SafetensorsFile tensors() {
    return SafetensorsFile.open(folder().resolve("golden.safetensors"));
  }

  /** A batch; the reference's labels stand at the token itself, ours at the one before. */
  public static Examples batch(int index) {
    Map<?, ?> batch = (Map<?, ?>) ((List<?>) json().fields().get("batches")).get(index);
    List<?> rows = (List<?>) batch.get("input_ids");
    List<?> labels = (List<?>) batch.get("labels");
    int length = ((List<?>) rows.getFirst()).size();
    int[] tokens = new int[rows.size() * length];
    int[] targets = new int[tokens.length];
    int[] bounds = new int[rows.size() + 1];
    for (int r = 0; r < rows.size(); r++) {
      bounds[r + 1] = (r + 1) * length;
      for (int t = 0; t < length; t++) {
        tokens[r * length + t] = number(((List<?>) rows.get(r)).get(t)).intValue();
        targets[r * length + t] =
            t + 1 < length ? number(((List<?>) labels.get(r)).get(t + 1)).intValue() : -100;
      }
    }
    return Examples.of(tokens, bounds, targets);
  }

  private static Number number(Object value) {
    return (Number) value;
  }

  /** Numbers of a list. */
  public static double[] numbers(JsonObject json, String field) {
    return ((List<?>) json.fields().get(field))
        .stream().mapToDouble(v -> ((Number) v).doubleValue()).toArray();
  }

  /** {@code ‖a − b‖ / ‖b‖}. */
  public static double relativeError(MemorySegment a, MemorySegment b) {
    double difference = 0;
    double sum = 0;
    for (long i = 0; i < b.byteSize() / 4; i++) {
      double x = a.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i);
      double y = b.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i);
      difference += (x - y) * (x - y);
      sum += y * y;
    }
    return Math.sqrt(difference / sum);
  }
}
