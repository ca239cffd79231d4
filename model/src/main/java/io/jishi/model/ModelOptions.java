// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

/**
 * How a model is loaded.
 *
 * @param context positions of the longest sequence, at most what the model was made for: rotary
 *     embeddings that depend on it are fixed for that; 0 for what the model was made for
 * @param repack whether weights may be copied into the layout that runs fastest; else they are read
 *     from the mapped file, which takes no memory of its own and is slower
 * @param repackExperts whether experts of mixtures may be copied too, where the rest is
 */
public record ModelOptions(int context, boolean repack, boolean repackExperts) {
  /** The model's own context, repacked where memory allows. */
  public static final ModelOptions DEFAULT = new ModelOptions(0, true);

  /** Experts like the rest. */
  public ModelOptions(int context, boolean repack) {
    this(context, repack, repack);
  }
}
