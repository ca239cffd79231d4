// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

/**
 * The waist: all that a model may ask a machine for. Results are new tensors, inputs are never
 * written; the only effect is that {@link #attention} appends to the states of the batch.
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

  /**
   * Writes keys and values of the batch's tokens into layer {@code layer} of their states, then
   * attends over each token's own past, itself included. Keys and values are read only after
   * rounding to the state's type.
   *
   * @param qkv {@code [tokens, attention.inputWidth()]}
   * @return {@code [tokens, attention.outputWidth()]}
   */
  Tensor attention(Tensor qkv, Attention attention, int layer, Batch batch);

  /** The rows of {@code x} whose logits the batch asks for, in order. */
  Tensor outputs(Tensor x, Batch batch);

  /** A gated feed-forward layer; the default is its definition. */
  default Tensor feedForward(Tensor x, FeedForward layer, Precision precision) {
    Tensor gateUp = linear(x, layer.gateUp(), precision);
    Tensor inner = gate(gateUp, layer.activation());
    release(gateUp);
    Tensor out = linear(inner, layer.down(), precision);
    release(inner);
    return out;
  }

  /** Bytes of off-heap memory held for results. */
  long workspaceBytes();

  /** Gives back all memory. */
  @Override
  void close();
}
