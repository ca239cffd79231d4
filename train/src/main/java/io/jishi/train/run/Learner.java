// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.model.export.Disk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What learns: weights, gradients, the state of an optimiser. For one thread. */
public interface Learner extends AutoCloseable {

  /**
   * What a step gave.
   *
   * @param loss mean over the learned tokens, in nats
   * @param gradientNorm before it was clipped
   * @param tokens that went in, of all processes
   * @param imbalance how unevenly mixtures used their experts: the mean of their load-balancing
   *     losses, 1 where all experts got the same; 0 of a model without mixtures
   */
  record Step(double loss, double gradientNorm, long tokens, double imbalance) {
    /** Of a model without mixtures. */
    public Step(double loss, double gradientNorm, long tokens) {
      this(loss, gradientNorm, tokens, 0);
    }
  }

  /**
   * What held-out text costs.
   *
   * @param nats sum over the predicted tokens, or over pairs of answers
   * @param tokens predicted, or pairs
   * @param bytes of text that they stand for; 0 where that is not known
   * @param right share of the pairs whose better answer the model has come to prefer, or of the
   *     texts whose class it knows; NaN where there are neither
   * @param unit what bits are counted by: byte of text, token where bytes are not known, pair, text
   *     or number
   */
  record Evaluation(double nats, long tokens, long bytes, double right, String unit) {
    /** Of numbers, whose loss is half the squared error. */
    public static final String NUMBER = "number";

    /** Of predicted tokens. */
    public Evaluation(double nats, long tokens, long bytes) {
      this(nats, tokens, bytes, Double.NaN, bytes > 0 ? "byte" : "token");
    }

    /** Mean loss in nats a token or pair. */
    public double loss() {
      return nats / tokens;
    }

    /** Bits a unit; by this the best checkpoint is told. */
    public double bits() {
      return nats / Math.log(2) / (bytes > 0 ? bytes : tokens);
    }
  }

  /**
   * Takes the next batch and learns from it.
   *
   * @param number of the step, from 0
   * @param rate learning rate
   */
  Step step(long number, double rate);

  /** Takes the next batch without learning from it: where a rollback passes over what broke it. */
  void skip();

  /** The loss on held-out text; always of the same text. */
  Evaluation evaluate();

  /** Continues a prompt; empty where this learner writes nothing. */
  String sample(String prompt, int tokens, long seed);

  /** What changes and is the model. */
  List<NamedTensor> weights();

  /** What changes besides: moments, averages. */
  List<NamedTensor> state();

  /** Called after {@link #weights} or {@link #state} were written to from outside. */
  void restored();

  /** The place in the data and the like: plain values for JSON. */
  Object position();

  /**
   * Goes to a place that {@link #position} gave.
   *
   * @throws io.jishi.base.JishiException where it belongs to other data
   */
  void seek(Object position);

  /** Name of the file of {@link #weights} in a folder that the engine can load. */
  String weightsFile();

  /** Writes what stands beside the weights in such a folder: configuration, tokenizer. */
  void writeCompanions(Path folder, Disk disk) throws IOException;

  @Override
  void close();
}
