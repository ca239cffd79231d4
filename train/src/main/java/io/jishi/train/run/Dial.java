// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.train.optim.Defaults;

/**
 * The one dial: from a number of parameters a whole shape, from a shape and a number of tokens the
 * batch and the learning rate.
 */
final class Dial {
  private static final int HEAD = 64;
  private static final int SMALL_HEAD = 32; // of models below 256 wide
  private static final int MOST_LAYERS = 128;

  /** Layers of this many values of width each: deep and narrow trains as well as wide and flat. */
  private static final int ASPECT = 64;

  private static final int BLOCK = 32; // quantised blocks: rows of all matrices are whole ones

  /** Passes over the same text after which more of them teach little (Muennighoff et al. 2023). */
  private static final int PASSES = 16;

  private static final double MUON_RATE = 0.02;
  private static final double FINE_TUNING_RATE = 2e-5;
  private static final double ADAPTER_RATE = 2e-4;

  /** Preferences pull at few tokens: 1e-6 for all weights is usual. */
  private static final double PREFERENCE_SHARE = 20;

  private Dial() {}

  /** The vocabulary for a model of so many parameters. */
  static int vocabulary(long parameters) {
    if (parameters < 1_000_000) {
      return 1024;
    }
    if (parameters < 4_000_000) {
      return 2048;
    }
    return parameters < 8_000_000 ? 4096 : parameters < 60_000_000 ? 8192 : 32_768;
  }

  /** The shape nearest to so many parameters in all, its width 64 times its layers or so. */
  static Recipe.Shape shape(Recipe.Family family, long parameters, int context) {
    Recipe.Shape best = null;
    double least = Double.MAX_VALUE;
    int vocabulary = vocabulary(parameters);
    for (int layers = 2; layers <= MOST_LAYERS; layers++) {
      for (int width = SMALL_HEAD; width <= 2 * ASPECT * layers; width += SMALL_HEAD) {
        if (width >= 256 && width % HEAD != 0) {
          continue;
        }
        Recipe.Shape shape = of(family, width, layers, context);
        double off = Math.abs(Math.log((double) shape.parameters(vocabulary) / parameters));
        double aspect = Math.abs(Math.log((double) width / (ASPECT * layers)));
        double penalty = off * 3 + aspect;
        if (penalty < least) {
          least = penalty;
          best = shape;
        }
      }
    }
    return best;
  }

  /** A shape of that width: heads of 64, a feed-forward of 8/3. */
  static Recipe.Shape of(Recipe.Family family, int width, int layers, int context) {
    int heads = width / (width < 256 ? SMALL_HEAD : HEAD);
    return new Recipe.Shape(family, width, layers, heads, heads, inner(width), context, true);
  }

  static int inner(int width) {
    return Math.ceilDiv(8 * width, 3 * BLOCK) * BLOCK;
  }

  /** The context for a model of so many parameters. */
  static int context(long parameters) {
    return parameters < 4_000_000 ? 256 : parameters < 60_000_000 ? 512 : 1024;
  }

  /** Tokens to see in all. */
  static long tokens(long parameters, long inData) {
    return Math.max(1, Math.min(Defaults.TOKENS_PER_PARAMETER * parameters, PASSES * inData));
  }

  /** Tokens of one step, by the law of {@link Defaults}. */
  static double batchTokens(long body, long tokens) {
    return Defaults.of(body, tokens).batchTokens();
  }

  /**
   * The highest learning rate: by the law of {@link Defaults} for AdamW, a fifth of it for Lion,
   * 0.02 for the matrices of Muon; a fine-tuning takes far less.
   */
  static double rate(long body, long tokens, Recipe recipe) {
    if (recipe.fineTune().isPresent()) {
      boolean full = recipe.fineTune().get().method() == Recipe.Method.FULL;
      double rate = full ? FINE_TUNING_RATE : ADAPTER_RATE;
      return recipe.prefers() ? rate / PREFERENCE_SHARE : rate;
    }
    double law = Defaults.of(body, tokens).learningRate();
    return switch (recipe.training().optimizer()) {
      case ADAMW -> law;
      case LION -> law / 5;
      case MUON -> MUON_RATE;
    };
  }
}
