// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.model.gguf.GgufMetadata;
import io.jishi.tensor.DType;
import java.lang.foreign.ValueLayout;
import java.util.Map;

/** What a GGUF file says of rotary frequencies: keys, and tensors of factors. */
record GgufRope(
    String source, String architecture, GgufMetadata metadata, Map<String, StoredTensor> tensors) {

  double base(String layers, double absent) {
    String key = architecture + ".rope.freq_base";
    if (layers.equals("sliding_attention") && metadata.has(key + "_swa")) {
      key += "_swa";
    }
    double base = metadata.floatValue(key, (float) absent);
    if (!(base > 1) || base > 1e15) {
      throw new JishiException.BadFile(source + ": a rotary base of " + base + " cannot be");
    }
    return base;
  }

  RopeSpec.Scaling scaling() {
    StoredTensor divisors = tensors.get("rope_freqs.weight");
    if (divisors != null) {
      return new RopeSpec.Divisors(floats(divisors));
    }
    StoredTensor longer = tensors.get("rope_factors_long.weight");
    StoredTensor shorter = tensors.get("rope_factors_short.weight");
    if (longer != null && shorter != null) {
      return longFactors(floats(shorter), floats(longer));
    }
    String prefix = architecture + ".rope.scaling.";
    String type = metadata.string(prefix + "type", "none");
    float old = metadata.floatValue(architecture + ".rope.scale_linear", 1f);
    float factor = metadata.floatValue(prefix + "factor", old);
    return switch (type) {
      case "none" -> new RopeSpec.Plain();
      case "linear" -> {
        if (!(factor > 0)) {
          throw new JishiException.BadFile(
              source + ": '" + prefix + "factor' must be positive, found " + factor);
        }
        yield factor == 1 ? new RopeSpec.Plain() : new RopeSpec.LinearScaling(factor);
      }
      case "yarn" -> yarn(prefix, factor);
      default ->
          throw new JishiException.Unsupported(
              source
                  + ": rotary scaling '"
                  + type
                  + "' is not supported; supported are none, linear, yarn, and the factors of"
                  + " Llama 3 and of long rope");
    };
  }

  /** As llama.cpp has it: the attention factor follows from the factor, times a key of its own. */
  private RopeSpec.Scaling yarn(String prefix, float factor) {
    int context = metadata.intValue(architecture + ".context_length", 1);
    double original = metadata.intValue(prefix + "original_context_length", context);
    // DeepSeek's files say by this key that scores are scaled instead of values.
    boolean scores = metadata.has(prefix + "yarn_log_multiplier");
    double more = metadata.floatValue(prefix + "attn_factor", 1f);
    return new RopeSpec.Yarn(
        factor,
        metadata.floatValue(prefix + "yarn_beta_fast", 32),
        metadata.floatValue(prefix + "yarn_beta_slow", 1),
        original,
        !architecture.equals("gpt-oss"), // as it was published: its ramp ends between pairs
        scores ? 1 : more * RopeReader.magnitude(factor, 1));
  }

  private RopeSpec.Scaling longFactors(float[] shorter, float[] longer) {
    int most = metadata.intValue(architecture + ".context_length");
    String prefix = architecture + ".rope.scaling.";
    double original = metadata.intValue(prefix + "original_context_length", most);
    double magnitude = metadata.floatValue(prefix + "attn_factor", 1f);
    return new RopeSpec.LongFactors(doubles(shorter), doubles(longer), original, magnitude);
  }

  private static double[] doubles(float[] floats) {
    double[] doubles = new double[floats.length];
    for (int i = 0; i < doubles.length; i++) {
      doubles[i] = floats[i];
    }
    return doubles;
  }

  private float[] floats(StoredTensor tensor) {
    if (tensor.type() != DType.F32 || tensor.shape().size() != 1) {
      throw new JishiException.BadFile(
          source + ": tensor '" + tensor.name() + "' must be a vector of F32");
    }
    return tensor.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
  }
}
