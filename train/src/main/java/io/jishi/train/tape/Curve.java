// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Activation;

/** A function of one variable and its derivative, over the first n values of an array. */
sealed interface Curve {
  /** The function's values take the place of x. */
  void value(float[] x, int n);

  /** The derivative's values take the place of x. */
  void slope(float[] x, int n);

  /** {@code cap · tanh(x / cap)}. */
  record Cap(float cap) implements Curve {
    @Override
    public void value(float[] x, int n) {
      for (int i = 0; i < n; i++) {
        x[i] = (float) (cap * Math.tanh(x[i] / cap));
      }
    }

    @Override
    public void slope(float[] x, int n) {
      for (int i = 0; i < n; i++) {
        double t = Math.tanh(x[i] / cap);
        x[i] = (float) (1 - t * t);
      }
    }
  }

  /** An activation that needs no gate. */
  record Act(Activation activation) implements Curve {
    private static final double ROOT_HALF = Math.sqrt(0.5);
    private static final double DENSITY = 1 / Math.sqrt(2 * Math.PI);
    private static final double TANH_SCALE = Math.sqrt(2 / Math.PI);
    private static final double TANH_CUBE = 0.044715;

    @Override
    public void value(float[] x, int n) {
      switch (activation) {
        case SILU -> {
          for (int i = 0; i < n; i++) {
            x[i] = (float) (x[i] * sigmoid(x[i]));
          }
        }
        case GELU -> {
          for (int i = 0; i < n; i++) {
            x[i] = (float) (x[i] * normal(x[i]));
          }
        }
        case GELU_TANH -> {
          for (int i = 0; i < n; i++) {
            x[i] = (float) (0.5 * x[i] * (1 + Math.tanh(inner(x[i]))));
          }
        }
        case RELU -> {
          for (int i = 0; i < n; i++) {
            x[i] = Math.max(x[i], 0);
          }
        }
        case RELU_SQUARED -> {
          for (int i = 0; i < n; i++) {
            x[i] = Math.max(x[i], 0) * Math.max(x[i], 0);
          }
        }
        case SIGMOID -> {
          for (int i = 0; i < n; i++) {
            x[i] = (float) sigmoid(x[i]);
          }
        }
        case CLAMPED_SWIGLU -> throw gated();
      }
    }

    @Override
    public void slope(float[] x, int n) {
      switch (activation) {
        case SILU -> {
          for (int i = 0; i < n; i++) {
            double s = sigmoid(x[i]);
            x[i] = (float) (s * (1 + x[i] * (1 - s)));
          }
        }
        case GELU -> {
          for (int i = 0; i < n; i++) {
            x[i] = (float) (normal(x[i]) + x[i] * DENSITY * Math.exp(-0.5 * x[i] * x[i]));
          }
        }
        case GELU_TANH -> {
          for (int i = 0; i < n; i++) {
            double t = Math.tanh(inner(x[i]));
            double slope = TANH_SCALE * (1 + 3 * TANH_CUBE * x[i] * x[i]);
            x[i] = (float) (0.5 * (1 + t) + 0.5 * x[i] * (1 - t * t) * slope);
          }
        }
        case RELU -> {
          for (int i = 0; i < n; i++) {
            x[i] = x[i] > 0 ? 1 : 0;
          }
        }
        case RELU_SQUARED -> {
          for (int i = 0; i < n; i++) {
            x[i] = 2 * Math.max(x[i], 0);
          }
        }
        case SIGMOID -> {
          for (int i = 0; i < n; i++) {
            double s = sigmoid(x[i]);
            x[i] = (float) (s * (1 - s));
          }
        }
        case CLAMPED_SWIGLU -> throw gated();
      }
    }

    private IllegalArgumentException gated() {
      return new IllegalArgumentException(activation + " needs a gate");
    }

    private static double inner(double x) {
      return TANH_SCALE * (x + TANH_CUBE * x * x * x);
    }

    /** The distribution function of the normal distribution. */
    private static double normal(double x) {
      return 0.5 * (1 + erf(x * ROOT_HALF));
    }

    /** Within 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26), as the forward pass of models has it. */
    private static double erf(double x) {
      double size = Math.abs(x);
      double t = 1 / (1 + 0.3275911 * size);
      double p =
          ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t
                  + 0.254829592)
              * t;
      return Math.copySign(1 - p * Math.exp(-size * size), x);
    }
  }

  /** {@code 1 / (1 + e^−x)}. */
  static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /** {@code ln(1 + e^x)}. */
  static double softplus(double x) {
    return x > 20 ? x : Math.log1p(Math.exp(x));
  }
}
