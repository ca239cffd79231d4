// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.loss;

import io.jishi.train.tape.Rows;
import io.jishi.train.tape.Trainable;

/** A small linear head on one vector at a time, {@code y = W x + b}, summed in double precision. */
final class Head {
  private final Trainable weight;
  private final Trainable bias;
  private final float[] row;
  private final float[] biases;

  Head(Trainable weight, Trainable bias) {
    this.weight = weight;
    this.bias = bias;
    row = new float[weight.cols()];
    biases = new float[weight.rows()];
  }

  double[] forward(float[] x) {
    double[] y = new double[weight.rows()];
    Rows.read(bias.data(), 0, biases, biases.length);
    for (int o = 0; o < y.length; o++) {
      Rows.read(weight.data(), (long) o * row.length, row, row.length);
      y[o] = biases[o];
      for (int i = 0; i < row.length; i++) {
        y[o] += (double) row[i] * x[i];
      }
    }
    return y;
  }

  /** Adds the gradients of weight and bias; gives that of x. */
  float[] backward(float[] x, double[] dy) {
    double[] dx = new double[row.length];
    Rows.read(bias.summed(), 0, biases, biases.length);
    weight.summed();
    float[] gradient = new float[row.length];
    for (int o = 0; o < dy.length; o++) {
      long at = (long) o * row.length;
      biases[o] += (float) dy[o];
      Rows.read(weight.data(), at, row, row.length);
      Rows.read(weight.gradient(), at, gradient, row.length);
      for (int i = 0; i < row.length; i++) {
        dx[i] += dy[o] * row[i];
        gradient[i] += (float) (dy[o] * x[i]);
      }
      Rows.write(gradient, weight.gradient(), at, row.length);
    }
    Rows.write(biases, bias.gradient(), 0, biases.length);
    float[] out = new float[row.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) dx[i];
    }
    return out;
  }
}
