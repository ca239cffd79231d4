// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.Batch;
import io.jishi.tensor.Convolution;
import io.jishi.tensor.DeltaRule;
import io.jishi.tensor.StateSpace;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import io.jishi.tensor.WeightedMean;
import io.jishi.tensor.cpu.RecurrentLayout;
import io.jishi.tensor.cpu.RecurrentRunner;
import io.jishi.tensor.cpu.Team;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Recurrent operations in plain Java, on one thread. Their order of additions is the definition
 * that emitted kernels follow to the bit.
 */
public final class Recurrences implements RecurrentRunner {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private final FloatCopies copies = new FloatCopies();
  private float[] zeros = new float[0];
  private float[] state = new float[0];
  private float[] in = new float[0];
  private float[] more = new float[0];
  private float[] y = new float[0];
  private final DeltaStep delta = new DeltaStep();

  @Override
  public void convolve(
      Team team, int width, Tensor x, Convolution spec, int layer, Batch batch, Tensor out) {
    int channels = spec.channels();
    float[] taps = copies.of(spec.weight());
    float[] bias = vector(spec.bias(), channels);
    resize(channels, 0, channels);
    for (int span = 0; span < batch.spans(); span++) {
      MemorySegment memory = load(batch, span, layer);
      for (int t = batch.spanStart(span); t < batch.spanEnd(span); t++) {
        x.read(t, 0, in, 0, channels);
        convolve(spec.kernel() - 1, channels, taps, bias);
        out.write(t, 0, y, 0, channels);
      }
      store(memory);
    }
  }

  private void convolve(int past, int channels, float[] taps, float[] bias) {
    for (int c = 0; c < channels; c++) {
      float sum = bias[c];
      int tap = c * (past + 1);
      for (int k = 0; k < past; k++) {
        sum = Math.fma(taps[tap + k], state[k * channels + c], sum);
      }
      y[c] = Math.fma(taps[tap + past], in[c], sum);
    }
    if (past > 0) {
      System.arraycopy(state, channels, state, 0, (past - 1) * channels);
      System.arraycopy(in, 0, state, (past - 1) * channels, channels);
    }
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
    float[] decay = copies.of(spec.decay());
    float[] skip = copies.of(spec.skip());
    float[] bias = vector(spec.stepBias(), spec.heads());
    resize(spec.inputWidth(), spec.heads(), spec.outputWidth());
    for (int span = 0; span < batch.spans(); span++) {
      MemorySegment memory = load(batch, span, layer);
      for (int t = batch.spanStart(span); t < batch.spanEnd(span); t++) {
        xbc.read(t, 0, in, 0, spec.inputWidth());
        dt.read(t, 0, more, 0, spec.heads());
        for (int h = 0; h < spec.heads(); h++) {
          more[h] = Maths.softplus(more[h] + bias[h]);
        }
        for (int p = 0; p < spec.outputWidth(); p++) {
          y[p] = channel(spec, p, decay, skip);
        }
        out.write(t, 0, y, 0, spec.outputWidth());
      }
      store(memory);
    }
  }

  /** Two sums, over even and odd values of the state, so that kernels need not wait for one. */
  private float channel(StateSpace spec, int p, float[] decay, float[] skip) {
    int n = spec.state();
    int h = p / spec.headDim();
    int first = p / RecurrentLayout.LANES * RecurrentLayout.LANES;
    int lanes = RecurrentLayout.lanes(first, spec.outputWidth());
    int at = RecurrentLayout.run(first, n) + p - first;
    int b = spec.outputWidth() + h * spec.groups() / spec.heads() * n;
    int c = b + spec.groups() * n;
    int decays = spec.decay().cols();
    float step = more[h];
    float input = step * in[p];
    float factor = Maths.exp(step * decay[h * decays]);
    float even = 0;
    float odd = 0;
    for (int j = 0; j < n; j++) {
      if (j > 0 && decays > 1) {
        factor = Maths.exp(step * decay[h * decays + j]);
      }
      float value = Math.fma(factor, state[at + j * lanes], input * in[b + j]);
      state[at + j * lanes] = value;
      if ((j & 1) == 0) {
        even = Math.fma(value, in[c + j], even);
      } else {
        odd = Math.fma(value, in[c + j], odd);
      }
    }
    return Math.fma(skip[h], in[p], even + odd);
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
    delta.begin(spec, copies.of(spec.decay()));
    float[] bias = copies.of(spec.decayBias());
    for (int span = 0; span < batch.spans(); span++) {
      MemorySegment memory = load(batch, span, layer);
      for (int t = batch.spanStart(span); t < batch.spanEnd(span); t++) {
        qkv.read(t, 0, delta.in, 0, spec.inputWidth());
        a.read(t, 0, delta.a, 0, spec.decayWidth());
        b.read(t, 0, delta.b, 0, spec.valueHeads());
        for (int i = 0; i < spec.decayWidth(); i++) {
          delta.a[i] = Maths.softplus(delta.a[i] + bias[i]);
        }
        delta.run(state);
        out.write(t, 0, delta.y, 0, spec.outputWidth());
      }
      store(memory);
    }
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
    int n = keys.cols();
    float[] decay = copies.of(spec.decay());
    float[] bonus = copies.of(spec.bonus());
    resize(n, n, n);
    for (int span = 0; span < batch.spans(); span++) {
      MemorySegment memory = load(batch, span, layer);
      for (int t = batch.spanStart(span); t < batch.spanEnd(span); t++) {
        keys.read(t, 0, in, 0, n);
        values.read(t, 0, more, 0, n);
        for (int c = 0; c < n; c++) {
          y[c] = mean(c, n, bonus[c], decay[c]);
        }
        out.write(t, 0, y, 0, n);
      }
      store(memory);
    }
  }

  private float mean(int c, int n, float bonus, float decay) {
    float k = in[c];
    float v = more[c];
    float top = state[c];
    float bottom = state[n + c];
    // Nothing was added yet where the denominator is 0: the exponent says nothing then.
    float exponent = bottom == 0 ? -Float.MAX_VALUE : state[2 * n + c];
    float now = bonus + k;
    float max = Math.max(exponent, now);
    float past = Maths.exp(exponent - max);
    float weight = Maths.exp(now - max);
    float mean = Math.fma(past, top, weight * v) / Math.fma(past, bottom, weight);
    float faded = exponent + decay;
    max = Math.max(faded, k);
    past = Maths.exp(faded - max);
    weight = Maths.exp(k - max);
    state[c] = Math.fma(past, top, weight * v);
    state[n + c] = Math.fma(past, bottom, weight);
    state[2 * n + c] = max;
    return mean;
  }

  private MemorySegment load(Batch batch, int span, int layer) {
    MemorySegment memory = batch.state(span).recurrent(layer);
    int n = Math.toIntExact(memory.byteSize() / Float.BYTES);
    if (state.length != n) {
      state = new float[n];
    }
    MemorySegment.copy(memory, FLOAT, 0, state, 0, n);
    return memory;
  }

  private void store(MemorySegment memory) {
    MemorySegment.copy(state, 0, memory, FLOAT, 0, state.length);
  }

  private float[] vector(Weight weight, int size) {
    if (weight != null) {
      return copies.of(weight);
    }
    if (zeros.length < size) {
      zeros = new float[size];
    }
    return zeros;
  }

  private void resize(int inputs, int others, int outputs) {
    in = in.length < inputs ? Arrays.copyOf(in, inputs) : in;
    more = more.length < others ? Arrays.copyOf(more, others) : more;
    y = y.length < outputs ? Arrays.copyOf(y, outputs) : y;
  }
}
