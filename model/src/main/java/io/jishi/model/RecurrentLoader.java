// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.tensor.Activation;
import io.jishi.tensor.Convolution;
import io.jishi.tensor.DeltaRule;
import io.jishi.tensor.FeedForward;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Norm;
import io.jishi.tensor.StateSpace;
import io.jishi.tensor.StateSpec;
import io.jishi.tensor.Weight;
import io.jishi.tensor.WeightedMean;
import java.util.List;

/** Builds the recurrent mixers of a layer over its tensors. */
final class RecurrentLoader {
  private final Tensors tensors;
  private final DecoderSpec spec;
  private final Linears linears;
  private final List<StateSpec.Layer> slots;

  /**
   * A loader.
   *
   * @param slots of the states; what is built adds its own
   */
  RecurrentLoader(Tensors tensors, DecoderSpec spec, Linears linears, List<StateSpec.Layer> slots) {
    this.tensors = tensors;
    this.spec = spec;
    this.linears = linears;
    this.slots = slots;
  }

  Mixer mamba(int l, DecoderSpec.Mamba m) {
    int width = spec.width();
    StateSpace space =
        new StateSpace(
            m.inner(),
            1,
            m.state(),
            1,
            decay(l, m.inner(), m.state()),
            tensors.vector(TensorRole.SKIP, l, m.inner()),
            null);
    return new RecurrentMixer.Mamba(
        linears.linear(l, TensorRole.RECURRENT_IN, 2 * m.inner(), width, m.bias()),
        past(l, TensorRole.CONVOLUTION, m.inner(), m.kernel(), m.convolutionBias()),
        linears.linear(l, TensorRole.STEP_IN, m.stepRank() + 2 * m.state(), m.inner(), false),
        linears.linear(l, TensorRole.STEP, m.inner(), m.stepRank(), true),
        space,
        slot(space.stateBytes()),
        linears.linear(l, TensorRole.RECURRENT_OUT, width, m.inner(), m.bias()));
  }

  Mixer mamba2(int l, DecoderSpec.Mamba2 m) {
    int width = spec.width();
    StateSpace space =
        new StateSpace(
            m.heads(),
            m.headDim(),
            m.state(),
            m.groups(),
            decay(l, m.heads(), 1),
            tensors.vector(TensorRole.SKIP, l, m.heads()),
            tensors.vector(TensorRole.STEP_BIAS, l, m.heads()));
    int in = m.inner() + m.mixed() + m.heads();
    return new RecurrentMixer.Mamba2(
        linears.linear(l, TensorRole.RECURRENT_IN, in, width, m.bias()),
        m.scales(),
        past(l, TensorRole.CONVOLUTION, m.mixed(), m.kernel(), m.convolutionBias()),
        space,
        slot(space.stateBytes()),
        m.norm() == null ? null : innerNorm(l, m),
        linears.linear(l, TensorRole.RECURRENT_OUT, width, m.inner(), m.bias()));
  }

  /** Over all channels; GGUF files write its gain group by group. */
  private Norm innerNorm(int l, DecoderSpec.Mamba2 m) {
    if (!tensors.checkpoint().gguf()) {
      return linears.norm(TensorRole.RECURRENT_NORM, l, m.inner(), m.norm());
    }
    Weight gain = tensors.flat(TensorRole.RECURRENT_NORM, l, m.groups(), m.inner() / m.groups());
    return new Norm(m.norm().kind(), 1, gain, null, m.norm().eps());
  }

  Mixer gatedDelta(int l, DecoderSpec.GatedDelta d) {
    int width = spec.width();
    boolean dealt = dealt(d);
    DeltaRule rule =
        new DeltaRule(
            dealt ? d.valueHeads() : d.keyHeads(),
            d.valueHeads(),
            d.keyDim(),
            d.valueDim(),
            false,
            decay(l, 1, d.valueHeads()),
            tensors.vector(TensorRole.STEP_BIAS, l, d.valueHeads()));
    int values = rule.outputWidth();
    RecurrentMixer.Past past =
        dealt
            ? dealtPast(l, d)
            : past(l, TensorRole.CONVOLUTION, rule.inputWidth(), d.kernel(), false);
    // GGUF files have the inputs apart, the rates as they were published.
    Linear[] in = new Linear[4];
    boolean joined = d.packed() && !tensors.has(TensorRole.RECURRENT_GATE, l);
    System.arraycopy(joined ? packedInputs(l, d, rule) : inputs(l, d, rule), 0, in, 0, 2);
    System.arraycopy(d.packed() ? packedRates(l, d) : rates(l, rule), 0, in, 2, 2);
    return new RecurrentMixer.GatedDelta(
        in[0],
        past,
        in[2],
        in[3],
        in[1],
        rule,
        slot(rule.stateBytes()),
        headNorm(l, d.valueHeads(), d.valueDim(), d.norm()),
        linears.linear(l, TensorRole.RECURRENT_OUT, width, values, false));
  }

  /** Whether value head i of the file goes with key head i modulo their number. */
  private boolean dealt(DecoderSpec.GatedDelta d) {
    return tensors.checkpoint().gguf()
        && d.valueHeads() > d.keyHeads()
        && GgufLayout.of(spec.architecture()).is(GgufLayout.Trait.VALUE_HEADS_DEALT);
  }

  /** Rows of queries, keys and values where each value head has a key head of its own. */
  private static int[] dealtRows(DecoderSpec.GatedDelta d) {
    int keys = d.keyHeads() * d.keyDim();
    int each = d.valueHeads() * d.keyDim();
    int[] rows = new int[2 * each + d.valueHeads() * d.valueDim()];
    for (int i = 0; i < rows.length; i++) {
      int part = Math.min(2, i / each);
      rows[i] = part == 2 ? i - 2 * each + 2 * keys : part * keys + (i - part * each) % keys;
    }
    return rows;
  }

  private RecurrentMixer.Past dealtPast(int l, DecoderSpec.GatedDelta d) {
    int channels = 2 * d.keyHeads() * d.keyDim() + d.valueHeads() * d.valueDim();
    Weight taps =
        tensors.floats(TensorRole.CONVOLUTION, l, channels, d.kernel(), Origin.Change.NONE);
    return past(new Convolution(tensors.rows(taps, taps.name(), dealtRows(d)), null));
  }

  /** Input and gate. */
  private Linear[] inputs(int l, DecoderSpec.GatedDelta d, DeltaRule rule) {
    int width = spec.width();
    int stored = 2 * d.keyHeads() * d.keyDim() + rule.outputWidth();
    Linear in =
        dealt(d)
            ? picked(tensors.stored(TensorRole.RECURRENT_IN, l, stored, width), dealtRows(d))
            : linears.linear(l, TensorRole.RECURRENT_IN, stored, width, false);
    return new Linear[] {
      in, linears.linear(l, TensorRole.RECURRENT_GATE, rule.outputWidth(), width, false)
    };
  }

  /** Beta and alpha. */
  private Linear[] rates(int l, DeltaRule rule) {
    int width = spec.width();
    return new Linear[] {
      linears.linear(l, TensorRole.RECURRENT_BETA, rule.valueHeads(), width, false),
      linears.linear(l, TensorRole.RECURRENT_ALPHA, rule.valueHeads(), width, false)
    };
  }

  /** Input and gate out of rows that stand key head by key head. */
  private Linear[] packedInputs(int l, DecoderSpec.GatedDelta d, DeltaRule rule) {
    int values = rule.outputWidth();
    Weight in =
        tensors.stored(TensorRole.RECURRENT_IN, l, rule.inputWidth() + values, spec.width());
    int part = values / d.keyHeads();
    int[] sizes = {d.keyDim(), d.keyDim(), part, part};
    int[] qkv = new int[rule.inputWidth()];
    int at = 0;
    for (int p = 0; p < 3; p++) {
      int[] rows = gathered(d.keyHeads(), sizes, p);
      System.arraycopy(rows, 0, qkv, at, rows.length);
      at += rows.length;
    }
    return new Linear[] {
      picked(in, qkv), picked(in, gathered(d.keyHeads(), sizes, 3)),
    };
  }

  private Linear[] packedRates(int l, DecoderSpec.GatedDelta d) {
    Weight rates = tensors.stored(TensorRole.RECURRENT_RATES, l, 2 * d.valueHeads(), spec.width());
    int ratio = d.valueHeads() / d.keyHeads();
    int[] sizes = {ratio, ratio};
    return new Linear[] {
      picked(rates, gathered(d.keyHeads(), sizes, 0)),
      picked(rates, gathered(d.keyHeads(), sizes, 1))
    };
  }

  private Linear picked(Weight weight, int[] rows) {
    return Linear.of(tensors.prepared(tensors.rows(weight, weight.name(), rows)));
  }

  /** Rows of part {@code part} where every head has all parts one after another. */
  private static int[] gathered(int heads, int[] sizes, int part) {
    int stride = 0;
    int before = 0;
    for (int p = 0; p < sizes.length; p++) {
      before += p < part ? sizes[p] : 0;
      stride += sizes[p];
    }
    int[] rows = new int[heads * sizes[part]];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = i / sizes[part] * stride + before + i % sizes[part];
    }
    return rows;
  }

  Mixer channelDelta(int l, DecoderSpec.ChannelDelta d) {
    int width = spec.width();
    int inner = d.heads() * d.headDim();
    DeltaRule rule =
        new DeltaRule(
            d.heads(),
            d.heads(),
            d.headDim(),
            d.headDim(),
            true,
            decay(l, 1, d.heads()),
            tensors.vector(TensorRole.STEP_BIAS, l, inner));
    return new RecurrentMixer.ChannelDelta(
        linears.linear(l, TensorRole.QUERY, inner, width, false),
        past(l, TensorRole.QUERY_CONVOLUTION, inner, d.kernel(), false),
        linears.linear(l, TensorRole.KEY, inner, width, false),
        past(l, TensorRole.KEY_CONVOLUTION, inner, d.kernel(), false),
        linears.linear(l, TensorRole.VALUE, inner, width, false),
        past(l, TensorRole.VALUE_CONVOLUTION, inner, d.kernel(), false),
        linears.linear(l, TensorRole.DECAY_A, d.headDim(), width, false),
        linears.linear(l, TensorRole.DECAY_B, inner, d.headDim(), false),
        linears.linear(l, TensorRole.RECURRENT_BETA, d.heads(), width, false),
        linears.linear(l, TensorRole.GATE_A, d.headDim(), width, false),
        linears.linear(l, TensorRole.GATE_B, inner, d.headDim(), false),
        rule,
        slot(rule.stateBytes()),
        headNorm(l, d.heads(), d.headDim(), d.norm()),
        linears.linear(l, TensorRole.ATTENTION_OUTPUT, width, inner, false));
  }

  Mixer shortConvolution(int l, DecoderSpec.ShortConvolution c) {
    int width = spec.width();
    return new RecurrentMixer.ShortConvolution(
        linears.linear(l, TensorRole.RECURRENT_IN, 3 * width, width, c.bias()),
        past(l, TensorRole.CONVOLUTION, width, c.kernel(), c.bias()),
        linears.linear(l, TensorRole.RECURRENT_OUT, width, width, c.bias()));
  }

  Mixer timeMix(int l, DecoderSpec.TimeMix t) {
    int width = spec.width();
    WeightedMean mean =
        new WeightedMean(
            tensors.floats(TensorRole.DECAY, l, 1, t.inner(), Origin.Change.MINUS_EXP),
            tensors.vector(TensorRole.BONUS, l, t.inner()));
    return new RecurrentMixer.TimeMix(
        mix(l, TensorRole.MIX_KEY),
        linears.linear(l, TensorRole.KEY, t.inner(), width, false),
        mix(l, TensorRole.MIX_VALUE),
        linears.linear(l, TensorRole.VALUE, t.inner(), width, false),
        mix(l, TensorRole.MIX_RECEPTANCE),
        linears.linear(l, TensorRole.RECEPTANCE, t.inner(), width, false),
        mean,
        slot(mean.stateBytes()),
        linears.linear(l, TensorRole.ATTENTION_OUTPUT, width, t.inner(), false));
  }

  Channel channelMix(int l, DecoderSpec.ChannelMix c) {
    int width = spec.width();
    RecurrentMixer.Past key = mix(l, TensorRole.CHANNEL_MIX_KEY);
    RecurrentMixer.Past receptance = mix(l, TensorRole.CHANNEL_MIX_RECEPTANCE);
    FeedForward layer =
        new FeedForward(
            linears.linear(l, TensorRole.UP, c.inner(), width, false),
            linears.linear(l, TensorRole.DOWN, width, c.inner(), false),
            Activation.RELU_SQUARED);
    return new Channel.ChannelMix(
        key.slot(),
        key.convolution(),
        receptance.slot(),
        receptance.convolution(),
        layer,
        linears.linear(l, TensorRole.CHANNEL_RECEPTANCE, width, width, false));
  }

  /** {@code mix · x[t] + (1 − mix) · x[t − 1]} as a convolution. */
  private RecurrentMixer.Past mix(int l, TensorRole role) {
    int width = spec.width();
    return past(new Convolution(tensors.mix(role, l, width), null));
  }

  private RecurrentMixer.Past past(int l, TensorRole role, int channels, int kernel, boolean bias) {
    Weight weight = tensors.floats(role, l, channels, kernel, Origin.Change.NONE);
    return past(new Convolution(weight, bias ? tensors.bias(role, l, channels) : null));
  }

  private RecurrentMixer.Past past(Convolution convolution) {
    return new RecurrentMixer.Past(convolution, slot(convolution.stateBytes()));
  }

  /** Checkpoints store the logarithm of the negative decay, GGUF files the decay. */
  private Weight decay(int l, int rows, int cols) {
    boolean made = tensors.checkpoint().gguf();
    Origin.Change change = made ? Origin.Change.NONE : Origin.Change.MINUS_EXP;
    return tensors.floats(TensorRole.DECAY, l, rows, cols, change);
  }

  private Norm headNorm(int l, int heads, int dim, NormSpec norm) {
    Weight gain = linears.gain(TensorRole.RECURRENT_NORM, l, dim, norm);
    return new Norm(norm.kind(), heads, gain, null, norm.eps());
  }

  private int slot(long bytes) {
    slots.add(new StateSpec.Recurrent(bytes));
    return slots.size() - 1;
  }
}
