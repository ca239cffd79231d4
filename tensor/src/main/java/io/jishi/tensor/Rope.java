// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

/**
 * Rotary position embedding (Su et al. 2021): pairs of a head's values are turned by {@code
 * position · frequency_i}.
 *
 * @param style which values make a pair
 * @param dims how many values of a head are turned, even; the rest passes through
 * @param frequencies {@code [dims / 2]}, radians per position, scaling already applied
 * @param magnitude by which the turned values are multiplied (YaRN's attention factor), usually 1
 * @param axes along which axis each pair takes a token's place (Qwen2-VL's M-RoPE), or null where
 *     there is one
 */
public record Rope(Style style, int dims, float[] frequencies, float magnitude, int[] axes) {

  /** Which values make a pair. */
  public enum Style {
    /** Values i and i + dims/2, as Hugging Face checkpoints have them ("NEOX"). */
    HALVES,
    /** Values 2i and 2i + 1, as GGUF files of the Llama family have them ("NORM"). */
    PAIRS
  }

  /** Checks the sizes. */
  public Rope {
    if (dims % 2 != 0 || frequencies.length != dims / 2) {
      throw new IllegalArgumentException(
          dims + " rotary values need " + dims / 2 + " frequencies, not " + frequencies.length);
    }
  }

  /** A rotation along one axis. */
  public Rope(Style style, int dims, float[] frequencies, float magnitude) {
    this(style, dims, frequencies, magnitude, null);
  }

  /** A rotation that keeps lengths. */
  public Rope(Style style, int dims, float[] frequencies) {
    this(style, dims, frequencies, 1);
  }

  /** The axis along which pair {@code i} takes a token's place. */
  public int axis(int i) {
    return axes == null ? 0 : axes[i];
  }

  /** Radians by which pair {@code i} of a token at {@code position} is turned. */
  public float angle(int position, int i) {
    return position * frequencies[i];
  }

  /** What the even member of pair {@code i} is multiplied by: cosine times magnitude. */
  public float cos(int position, int i) {
    return (float) Math.cos(angle(position, i)) * magnitude;
  }

  /** Sine times magnitude. */
  public float sin(int position, int i) {
    return (float) Math.sin(angle(position, i)) * magnitude;
  }
}
