// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.tensor.Norm;

/**
 * A normalisation, before its weights are known.
 *
 * @param kind RMS or layer
 * @param eps under the root
 * @param bias whether it has one
 * @param plusOne whether checkpoints store the gain less 1 (Gemma)
 */
public record NormSpec(Norm.Kind kind, float eps, boolean bias, boolean plusOne) {
  /** An RMSNorm with a gain. */
  public static NormSpec rms(double eps) {
    return new NormSpec(Norm.Kind.RMS, (float) eps, false, false);
  }

  /** An RMSNorm whose gain is stored less 1. */
  public static NormSpec rmsPlusOne(double eps) {
    return new NormSpec(Norm.Kind.RMS, (float) eps, false, true);
  }

  /** A layer norm with gain and bias. */
  public static NormSpec layer(double eps) {
    return new NormSpec(Norm.Kind.LAYER, (float) eps, true, false);
  }

  /** A layer norm with a gain alone. */
  public static NormSpec layerGain(double eps) {
    return new NormSpec(Norm.Kind.LAYER, (float) eps, false, false);
  }
}
