// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import io.jishi.base.JishiException;
import java.util.List;

/**
 * The waist: all that a model may ask a machine for. Results are new tensors, inputs are never
 * written; the only effect is that attention and the recurrent operations append to the states of
 * the batch.
 *
 * <p>Results belong to this object. They stay valid until released or until the next {@link
 * #begin}. For one thread at a time.
 *
 * <p>Every operation that is added here brings its scalar oracle, its test against naive
 * arithmetic, and its gradient: a step of the tape ({@code io.jishi.train.tape}) with a case in
 * {@code GradientTest}, which fails while one is missing.
 *
 * <p>Invariance: a row of a result depends on its own sequence alone, to the bit; not on the other
 * rows of the batch, the cut of a prompt into batches, or the number of threads.
 */
public interface Ops extends AutoCloseable {

  /** Starts a step over this batch; the results of the step before are gone. */
  void begin(Batch batch);

  /** Says that a result of this step is not needed any more. */
  void release(Tensor tensor);

  /** Rows of a table {@code [vocabulary, width]}, one for each token of the batch. */
  Tensor embed(Weight table, Batch batch);

  /**
   * RMSNorm (Zhang and Sennrich 2019): {@code y = x / √(mean(x²) + eps) ⊙ gain}.
   *
   * @param gain {@code [1, cols]}
   */
  Tensor rmsNorm(Tensor x, Weight gain, float eps);

  /** {@code y[t, o] = Σ_i x[t, i] · w[o, i] + b[o]} for all weights of {@code linear}. */
  Tensor linear(Tensor x, Linear linear, Precision precision);

  /** {@code y[t, i] = act(x[t, i]) · x[t, n + i]} of {@code x [tokens, 2n]}. */
  Tensor gate(Tensor x, Activation activation);

  /** {@code a + b}. */
  Tensor add(Tensor a, Tensor b);

  /** A normalisation of rows or of groups of their columns; the plain one is {@link #rmsNorm}. */
  default Tensor norm(Tensor x, Norm norm) {
    if (norm.plain()) {
      return rmsNorm(x, norm.gain(), norm.eps());
    }
    throw missing("norm");
  }

  /** {@code factor · x}. */
  default Tensor scale(Tensor x, float factor) {
    throw missing("scale");
  }

  /** {@code a ⊙ b}; where {@code b} has one column, it multiplies the whole row. */
  default Tensor multiply(Tensor a, Tensor b) {
    throw missing("multiply");
  }

  /** {@code act(x)}, value by value; any activation that needs no gate. */
  default Tensor activate(Tensor x, Activation activation) {
    throw missing("activate");
  }

  /** {@code cap · tanh(x / cap)}. */
  default Tensor softCap(Tensor x, float cap) {
    throw missing("softCap");
  }

  /** Columns {@code from … from + count} of each row. */
  default Tensor columns(Tensor x, int from, int count) {
    throw missing("columns");
  }

  /** The columns of {@code a}, then those of {@code b}. */
  default Tensor join(Tensor a, Tensor b) {
    throw missing("join");
  }

  /** Rows of a table {@code [positions, width]} by the tokens' positions. */
  default Tensor embedPositions(Weight table, Batch batch) {
    throw missing("embedPositions");
  }

  /**
   * One product for each equal part of the columns: {@code y[t, h · out + o] = Σ_i x[t, h · in + i]
   * · w_h[o, i]}. The default is its definition.
   */
  default Tensor headLinear(Tensor x, List<Linear> heads, Precision precision) {
    Tensor all = null;
    int in = heads.getFirst().in();
    for (int h = 0; h < heads.size(); h++) {
      Tensor part = columns(x, h * in, in);
      Tensor y = linear(part, heads.get(h), precision);
      release(part);
      if (all == null) {
        all = y;
      } else {
        Tensor longer = join(all, y);
        release(all);
        release(y);
        all = longer;
      }
    }
    return all;
  }

  /**
   * Writes the rows of the batch's tokens, their last part rotated, into layer {@code layer} of
   * their states, then attends over each token's own past, itself included. Rows are read only
   * after rounding to the state's type.
   *
   * @param queries {@code [tokens, spec.queryWidth()]}, not rotated yet
   * @param rows {@code [tokens, spec.rowWidth()]}, not rotated yet
   * @return {@code [tokens, spec.outputWidth()]}
   */
  default Tensor latentAttention(
      Tensor queries, Tensor rows, LatentAttention spec, int layer, Batch batch) {
    throw missing("latentAttention");
  }

  /**
   * A mixture of experts: {@code y[t] = Σ_e weight[t, e] · expert_e(x[t])} over the chosen ones,
   * added in ascending order of e. Tokens are grouped by expert; what nobody chose is not read.
   */
  default Tensor mixture(Tensor x, Mixture mixture, Precision precision) {
    return mixture(x, mixture, precision, this);
  }

  /**
   * The same with the products of the router and of the experts by others, who add to them.
   *
   * @param products what runs {@link #linear} and {@link #feedForward}
   */
  default Tensor mixture(Tensor x, Mixture mixture, Precision precision, Ops products) {
    throw missing("mixture");
  }

  /** A short convolution; its past is in layer {@code layer} of the states, which it moves on. */
  default Tensor convolve(Tensor x, Convolution convolution, int layer, Batch batch) {
    throw missing("convolve");
  }

  /**
   * A selective state space; moves on layer {@code layer} of the states, token by token.
   *
   * @param xbc {@code [tokens, spec.inputWidth()]}: x, B, C
   * @param dt {@code [tokens, heads]}, before bias and softplus
   * @return {@code [tokens, spec.outputWidth()]}
   */
  default Tensor stateSpace(Tensor xbc, Tensor dt, StateSpace spec, int layer, Batch batch) {
    throw missing("stateSpace");
  }

  /**
   * The gated delta rule; moves on layer {@code layer} of the states, token by token.
   *
   * @param qkv {@code [tokens, spec.inputWidth()]}: queries, keys, values
   * @param a {@code [tokens, spec.decayWidth()]}, before bias and softplus
   * @param b {@code [tokens, valueHeads]}, before the sigmoid
   * @return {@code [tokens, spec.outputWidth()]}
   */
  default Tensor deltaRule(Tensor qkv, Tensor a, Tensor b, DeltaRule spec, int layer, Batch batch) {
    throw missing("deltaRule");
  }

  /**
   * The weighted mean of RWKV 4; moves on layer {@code layer} of the states, token by token.
   *
   * @param keys {@code [tokens, channels]}
   * @param values the same
   */
  default Tensor weightedMean(
      Tensor keys, Tensor values, WeightedMean spec, int layer, Batch batch) {
    throw missing("weightedMean");
  }

  /**
   * Writes keys and values of the batch's tokens into layer {@code layer} of their states, then
   * attends over each token's own past, itself included. Keys and values are read only after
   * rounding to the state's type.
   *
   * @param qkv {@code [tokens, attention.inputWidth()]}
   * @return {@code [tokens, attention.outputWidth()]}
   */
  Tensor attention(Tensor qkv, Attention attention, int layer, Batch batch);

  /**
   * Attends within each sequence of the batch, in both directions; no state is read or written.
   *
   * @param qkv {@code [tokens, attention.inputWidth()]}
   * @return {@code [tokens, attention.outputWidth()]}
   */
  default Tensor bidirectionalAttention(Tensor qkv, BidirectionalAttention attention, Batch batch) {
    throw missing("bidirectionalAttention");
  }

  /** The rows of {@code x} whose logits the batch asks for, in order. */
  Tensor outputs(Tensor x, Batch batch);

  /** A feed-forward layer; the default is its definition. */
  default Tensor feedForward(Tensor x, FeedForward layer, Precision precision) {
    Tensor gateUp = linear(x, layer.gateUp(), precision);
    Tensor inner =
        layer.gated() ? gate(gateUp, layer.activation()) : activate(gateUp, layer.activation());
    release(gateUp);
    Tensor out = linear(inner, layer.down(), precision);
    release(inner);
    return out;
  }

  /** The arithmetic done so far, by what did it, for profiles; nothing where nobody counts. */
  default Work work() {
    return Work.NONE;
  }

  /** Bytes of off-heap memory held for results. */
  long workspaceBytes();

  /** Gives back all memory. */
  @Override
  void close();

  private JishiException.Unsupported missing(String operation) {
    return new JishiException.Unsupported(
        "this model needs the operation '"
            + operation
            + "', which "
            + getClass().getSimpleName()
            + " does not have yet");
  }
}
