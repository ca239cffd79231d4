// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

/**
 * Takes its time with each step, and stays at one until it is killed: a run that is to be killed
 * never ends before. Notes go to standard output.
 *
 * @param pause milliseconds behind each step
 * @param last the step to stay at, 0 for none
 */
record SlowSteps(long pause, long last) implements RunListener {
  @Override
  public void step(Plan plan, Progress progress) {
    try {
      Thread.sleep(progress.step() == last ? Long.MAX_VALUE : pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void note(String text) {
    System.out.println(text);
  }
}
