// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.train.run.Learner;
import io.jishi.train.run.Plan;
import io.jishi.train.run.RunListener;
import java.util.Locale;

/**
 * What a person sees of a run: on a terminal one line that is drawn anew with each step, elsewhere
 * a line now and then; evaluations and samples in lines of their own.
 */
final class TrainingView implements RunListener {
  private static final long TERMINAL_NANOS = 200_000_000L;
  private static final long PLAIN_NANOS = 10_000_000_000L;
  private static final int BAR = 24;
  private static final String CLEAR = "\r\u001b[K";
  private static final double SMOOTH = 0.9;

  private final Shell shell;
  private final boolean terminal;
  private final double peak;
  private long last;
  private double loss = Double.NaN;
  private double speed;

  /**
   * A view.
   *
   * @param peak operations a second that this machine's products can reach, or 0
   */
  TrainingView(Shell shell, double peak) {
    this.shell = shell;
    this.terminal = shell.terminals().err();
    this.peak = peak;
  }

  @Override
  public void started(Plan plan, long done) {
    line(plan.describe());
    if (done > 0) {
      line("going on after step " + done);
    }
  }

  @Override
  public void step(Plan plan, Progress p) {
    loss = Double.isNaN(loss) ? p.loss() : SMOOTH * loss + (1 - SMOOTH) * p.loss();
    speed = speed == 0 ? p.tokensPerSecond() : SMOOTH * speed + (1 - SMOOTH) * p.tokensPerSecond();
    long now = System.nanoTime();
    boolean end = p.step() == plan.steps();
    if (last != 0 && now - last < (terminal ? TERMINAL_NANOS : PLAIN_NANOS) && !end) {
      return;
    }
    last = now;
    String text =
        String.format(
            Locale.ROOT,
            "step %d/%d  loss %.3f%s  rate %.1e  %,.0f tokens/s%s  %s left",
            p.step(),
            plan.steps(),
            loss,
            p.imbalance() == 0
                ? ""
                : String.format(Locale.ROOT, "  experts' load %.2f", p.imbalance()),
            p.rate(),
            speed,
            peak > 0
                ? String.format(
                    Locale.ROOT, " (%.0f %% of peak)", 100 * speed * plan.opsPerToken() / peak)
                : "",
            duration(p.secondsLeft()));
    if (!terminal) {
      shell.err().println(text);
    } else {
      shell.err().print(CLEAR + bar((double) p.step() / plan.steps()) + " " + text);
    }
  }

  private static String bar(double part) {
    int full = (int) Math.round(part * BAR);
    return "[" + "#".repeat(full) + ".".repeat(BAR - full) + "]";
  }

  private static String duration(double seconds) {
    long s = Math.round(seconds);
    if (s < 60) {
      return s + " s";
    }
    return s < 3600 ? s / 60 + " min " + s % 60 + " s" : s / 3600 + " h " + s % 3600 / 60 + " min";
  }

  @Override
  public void evaluated(long step, Learner.Evaluation evaluation) {
    line(
        String.format(
            Locale.ROOT,
            "step %d: held-out loss %.3f%s%s",
            step,
            evaluation.loss(),
            evaluation.unit().equals(Learner.Evaluation.NUMBER)
                ? ", half the squared error"
                : String.format(
                    Locale.ROOT, ", %.3f bits per %s", evaluation.bits(), evaluation.unit()),
            Double.isNaN(evaluation.right())
                ? ""
                : String.format(Locale.ROOT, ", %.0f %% right", 100 * evaluation.right())));
  }

  @Override
  public void sampled(long step, String prompt, String text) {
    line("step " + step + ": " + Shell.oneLine(text));
  }

  @Override
  public void note(String text) {
    line(text);
  }

  private void line(String text) {
    shell.err().println((terminal ? CLEAR : "") + text);
  }
}
