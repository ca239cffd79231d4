// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Activation;
import io.jishi.tensor.Attention;
import io.jishi.tensor.Batch;
import io.jishi.tensor.BidirectionalAttention;
import io.jishi.tensor.Convolution;
import io.jishi.tensor.DeltaRule;
import io.jishi.tensor.LatentAttention;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Norm;
import io.jishi.tensor.Precision;
import io.jishi.tensor.StateSpace;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import io.jishi.tensor.WeightedMean;

/** Plain Java that says so in a log whenever it runs, so that no fallback is silent. */
final class Fallbacks {
  private Fallbacks() {}

  record NotedProducts(Products java, WorkLog log) implements Products {
    @Override
    public void run(Team team, int width, Tensor x, Linear linear, Precision how, Tensor out) {
      log.inJava();
      java.run(team, width, x, linear, how, out);
    }

    @Override
    public void close() {
      java.close();
    }
  }

  record NotedAttention(AttentionRunner java, WorkLog log) implements AttentionRunner {
    @Override
    public void begin() {
      java.begin();
    }

    @Override
    public void run(
        Team team, int width, Tensor qkv, Attention spec, int layer, Batch batch, Tensor out) {
      log.inJava();
      java.run(team, width, qkv, spec, layer, batch, out);
    }

    @Override
    public void close() {
      java.close();
    }
  }

  record NotedBidirectional(BidirectionalRunner java, WorkLog log) implements BidirectionalRunner {
    @Override
    public void begin() {
      java.begin();
    }

    @Override
    public void run(
        Team team, int width, Tensor qkv, BidirectionalAttention spec, Batch batch, Tensor out) {
      log.inJava();
      java.run(team, width, qkv, spec, batch, out);
    }

    @Override
    public void close() {
      java.close();
    }
  }

  record NotedLatent(LatentRunner java, WorkLog log) implements LatentRunner {
    @Override
    public void begin() {
      java.begin();
    }

    @Override
    public void run(
        Team team,
        int width,
        Tensor queries,
        Tensor rows,
        LatentAttention spec,
        int layer,
        Batch batch,
        Tensor out) {
      log.inJava();
      java.run(team, width, queries, rows, spec, layer, batch, out);
    }

    @Override
    public void close() {
      java.close();
    }
  }

  record NotedRows(RowOps java, WorkLog log) implements RowOps {
    @Override
    public void rmsNorm(Team team, int width, Tensor x, Weight gain, float eps, Tensor out) {
      log.inJava();
      java.rmsNorm(team, width, x, gain, eps, out);
    }

    @Override
    public void norm(Team team, int width, Tensor x, Norm norm, Tensor out) {
      log.inJava();
      java.norm(team, width, x, norm, out);
    }

    @Override
    public void gate(Team team, int width, Tensor x, Activation activation, Tensor out) {
      log.inJava();
      java.gate(team, width, x, activation, out);
    }

    @Override
    public void activate(Team team, int width, Tensor x, Activation activation, Tensor out) {
      log.inJava();
      java.activate(team, width, x, activation, out);
    }

    @Override
    public void add(Team team, int width, Tensor x, Tensor y, Tensor out) {
      log.inJava();
      java.add(team, width, x, y, out);
    }

    @Override
    public void multiply(Team team, int width, Tensor x, Tensor y, Tensor out) {
      log.inJava();
      java.multiply(team, width, x, y, out);
    }

    @Override
    public void scale(Team team, int width, Tensor x, float factor, Tensor out) {
      log.inJava();
      java.scale(team, width, x, factor, out);
    }

    @Override
    public void softCap(Team team, int width, Tensor x, float cap, Tensor out) {
      log.inJava();
      java.softCap(team, width, x, cap, out);
    }

    @Override
    public void addScaled(
        Team team, int width, Tensor y, int count, int[] rows, float[] factors, Tensor out) {
      log.inJava();
      java.addScaled(team, width, y, count, rows, factors, out);
    }

    @Override
    public void close() {
      java.close();
    }
  }

  record NotedRecurrences(RecurrentRunner java, WorkLog log) implements RecurrentRunner {
    @Override
    public void convolve(
        Team team, int width, Tensor x, Convolution spec, int layer, Batch batch, Tensor out) {
      log.inJava();
      java.convolve(team, width, x, spec, layer, batch, out);
    }

    @Override
    public void stateSpace(
        Team team,
        int width,
        Tensor xbc,
        Tensor dt,
        StateSpace spec,
        int layer,
        Batch batch,
        Tensor out) {
      log.inJava();
      java.stateSpace(team, width, xbc, dt, spec, layer, batch, out);
    }

    @Override
    public void deltaRule(
        Team team,
        int width,
        Tensor qkv,
        Tensor a,
        Tensor b,
        DeltaRule spec,
        int layer,
        Batch batch,
        Tensor out) {
      log.inJava();
      java.deltaRule(team, width, qkv, a, b, spec, layer, batch, out);
    }

    @Override
    public void weightedMean(
        Team team,
        int width,
        Tensor keys,
        Tensor values,
        WeightedMean spec,
        int layer,
        Batch batch,
        Tensor out) {
      log.inJava();
      java.weightedMean(team, width, keys, values, spec, layer, batch, out);
    }

    @Override
    public void close() {
      java.close();
    }
  }
}
