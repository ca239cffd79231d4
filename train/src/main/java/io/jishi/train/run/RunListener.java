// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

/** Is told what a run does. */
public interface RunListener {
  /** Hears nothing. */
  RunListener NONE = new RunListener() {};

  /**
   * One step as it was.
   *
   * @param step steps done
   * @param loss of this step
   * @param rate learning rate
   * @param gradientNorm before it was clipped
   * @param tokensPerSecond of this step
   * @param secondsLeft until the last step, by the speed of late
   * @param imbalance of the experts' loads, see {@link Learner.Step}
   */
  record Progress(
      long step,
      double loss,
      double rate,
      double gradientNorm,
      double tokensPerSecond,
      double secondsLeft,
      double imbalance) {}

  /** The run begins, or goes on after {@code done} steps. */
  default void started(Plan plan, long done) {}

  /** A step is done. */
  default void step(Plan plan, Progress progress) {}

  /** Held-out text was read. */
  default void evaluated(long step, Learner.Evaluation evaluation) {}

  /** A text was written. */
  default void sampled(long step, String prompt, String text) {}

  /** Anything else that a person should know. */
  default void note(String text) {}
}
