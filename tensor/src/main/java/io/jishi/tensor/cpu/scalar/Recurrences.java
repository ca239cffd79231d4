// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.Batch;
import io.jishi.tensor.Convolution;
import io.jishi.tensor.DeltaRule;
import io.jishi.tensor.StateSpace;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import io.jishi.tensor.WeightedMean;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Recurrent operations, token by token, so that no cut of a prompt changes a bit. */
final class Recurrences {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  /** One token of one sequence. */
  @FunctionalInterface
  private interface Step {
    void run(int token, float[] state);
  }

  private float[] state = new float[0];

  /** Takes each sequence's state through its tokens. */
  private void walk(Batch batch, int layer, long bytes, Step step) {
    int n = Math.toIntExact(bytes / Float.BYTES);
    if (state.length != n) {
      state = new float[n];
    }
    for (int span = 0; span < batch.spans(); span++) {
      MemorySegment memory = batch.state(span).recurrent(layer);
      MemorySegment.copy(memory, FLOAT, 0, state, 0, n);
      for (int t = batch.spanStart(span); t < batch.spanEnd(span); t++) {
        step.run(t, state);
      }
      MemorySegment.copy(state, 0, memory, FLOAT, 0, n);
    }
  }

  void convolve(Tensor x, Convolution spec, int layer, Batch batch, Tensor out) {
    int channels = spec.channels();
    int past = spec.kernel() - 1;
    float[][] taps = rows(spec.weight());
    float[] bias = vector(spec.bias(), channels);
    float[] in = new float[channels];
    float[] y = new float[channels];
    walk(
        batch,
        layer,
        spec.stateBytes(),
        (t, s) -> {
          x.read(t, 0, in, 0, channels);
          for (int c = 0; c < channels; c++) {
            int at = c * past;
            float sum = bias[c];
            for (int k = 0; k < past; k++) {
              sum = Math.fma(taps[c][k], s[at + k], sum);
            }
            y[c] = Math.fma(taps[c][past], in[c], sum);
            for (int k = 0; k < past; k++) {
              s[at + k] = k + 1 < past ? s[at + k + 1] : in[c];
            }
          }
          out.write(t, 0, y, 0, channels);
        });
  }

  void stateSpace(Tensor xbc, Tensor dt, StateSpace spec, int layer, Batch batch, Tensor out) {
    int heads = spec.heads();
    int n = spec.state();
    int dim = spec.headDim();
    int inner = spec.outputWidth();
    float[][] decay = rows(spec.decay());
    float[] skip = vector(spec.skip(), heads);
    float[] stepBias = vector(spec.stepBias(), heads);
    float[] in = new float[spec.inputWidth()];
    float[] steps = new float[heads];
    float[] factors = new float[n];
    float[] y = new float[inner];
    walk(
        batch,
        layer,
        spec.stateBytes(),
        (t, s) -> {
          xbc.read(t, 0, in, 0, in.length);
          dt.read(t, 0, steps, 0, heads);
          for (int h = 0; h < heads; h++) {
            float step = Maths.softplus(steps[h] + stepBias[h]);
            float[] a = decay[h];
            for (int j = 0; j < n; j++) {
              factors[j] =
                  j > 0 && a.length == 1
                      ? factors[0]
                      : Maths.exp(step * a[Math.min(j, a.length - 1)]);
            }
            int b = inner + h * spec.groups() / heads * n;
            int c = b + spec.groups() * n;
            for (int p = h * dim; p < (h + 1) * dim; p++) {
              float input = step * in[p];
              float sum = 0;
              for (int j = 0; j < n; j++) {
                float value = Math.fma(factors[j], s[p * n + j], input * in[b + j]);
                s[p * n + j] = value;
                sum = Math.fma(value, in[c + j], sum);
              }
              y[p] = Math.fma(skip[h], in[p], sum);
            }
          }
          out.write(t, 0, y, 0, inner);
        });
  }

  void deltaRule(
      Tensor qkv, Tensor a, Tensor b, DeltaRule spec, int layer, Batch batch, Tensor out) {
    DeltaStep step = new DeltaStep(spec, vector(spec.decay(), spec.valueHeads()));
    float[] decayBias = vector(spec.decayBias(), spec.decayWidth());
    walk(
        batch,
        layer,
        spec.stateBytes(),
        (t, s) -> {
          qkv.read(t, 0, step.in, 0, step.in.length);
          a.read(t, 0, step.a, 0, step.a.length);
          b.read(t, 0, step.b, 0, step.b.length);
          for (int i = 0; i < step.a.length; i++) {
            step.a[i] = Maths.softplus(step.a[i] + decayBias[i]);
          }
          step.run(s);
          out.write(t, 0, step.y, 0, step.y.length);
        });
  }

  void weightedMean(
      Tensor keys, Tensor values, WeightedMean spec, int layer, Batch batch, Tensor out) {
    int n = keys.cols();
    float[] decay = vector(spec.decay(), n);
    float[] bonus = vector(spec.bonus(), n);
    float[] k = new float[n];
    float[] v = new float[n];
    walk(
        batch,
        layer,
        spec.stateBytes(),
        (t, s) -> {
          keys.read(t, 0, k, 0, n);
          values.read(t, 0, v, 0, n);
          for (int c = 0; c < n; c++) {
            float top = s[3 * c];
            float bottom = s[3 * c + 1];
            // Nothing was added yet where the denominator is 0: the exponent says nothing then.
            float exponent = bottom == 0 ? -Float.MAX_VALUE : s[3 * c + 2];
            float now = bonus[c] + k[c];
            float max = Math.max(exponent, now);
            float past = Maths.exp(exponent - max);
            float weight = Maths.exp(now - max);
            float y = (past * top + weight * v[c]) / (past * bottom + weight);
            float faded = exponent + decay[c];
            max = Math.max(faded, k[c]);
            past = Maths.exp(faded - max);
            weight = Maths.exp(k[c] - max);
            s[3 * c] = past * top + weight * v[c];
            s[3 * c + 1] = past * bottom + weight;
            s[3 * c + 2] = max;
            v[c] = y;
          }
          out.write(t, 0, v, 0, n);
        });
  }

  private static float[] vector(Weight weight, int size) {
    float[] values = new float[size];
    if (weight != null) {
      weight.vector(values);
    }
    return values;
  }

  private static float[][] rows(Weight weight) {
    float[][] rows = new float[weight.rows()][weight.cols()];
    byte[] stored = new byte[Math.toIntExact(weight.type().rowBytes(weight.cols()))];
    for (int r = 0; r < rows.length; r++) {
      weight.row(r, stored, rows[r]);
    }
    return rows;
  }
}
