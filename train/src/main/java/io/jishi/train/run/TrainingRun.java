// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.base.JishiException;
import io.jishi.model.export.Disk;
import io.jishi.train.mpi.World;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.LongToDoubleFunction;

/**
 * The loop of a run in its folder: steps, metrics, evaluations, samples, checkpoints. A run that
 * was cut off at any moment goes on from its last checkpoint, and its losses are to the bit those
 * of a run that was not.
 */
public final class TrainingRun implements AutoCloseable {
  private static final double RECENT = 0.9; // of the speed, for the time left

  private final Recipe recipe;
  private final Plan plan;
  private final Learner learner;
  private final LongToDoubleFunction rates;
  private final World world;
  private final RunListener listener;
  private final CheckpointStore store;
  private final Path folder;
  private final LossWatch watch;
  private final Map<String, String> identity;
  private MetricsLog metrics;
  private long step;
  private long rollbacks;
  private double bits = Double.NaN;
  private double secondsPerStep;

  /**
   * Where a run stands when it ends.
   *
   * @param steps done
   * @param finished whether these are all
   * @param bits of the last evaluation, or NaN
   * @param best folder of the best checkpoint, or null where none was written
   */
  public record Outcome(long steps, boolean finished, double bits, Path best) {}

  /**
   * Opens a run and goes to its last checkpoint.
   *
   * @param folder of the run, locked by the caller
   * @param rates the learning rate of each step, from 0
   * @param world the first of its processes writes
   * @throws JishiException.BadFile where the folder holds a run of another recipe
   */
  public TrainingRun(
      Recipe recipe,
      Plan plan,
      Learner learner,
      LongToDoubleFunction rates,
      Path folder,
      World world,
      RunListener listener,
      Disk disk) {
    this.recipe = recipe;
    this.plan = plan;
    this.learner = learner;
    this.rates = rates;
    this.world = world;
    this.listener = listener;
    this.folder = folder;
    this.watch = new LossWatch(recipe.divergence().spike());
    this.identity = new LinkedHashMap<>(recipe.identity());
    identity.putAll(plan.identity());
    world.barrier(); // what the first process made of the folder is there for all
    this.store =
        new CheckpointStore(folder.resolve("checkpoints"), recipe.checkpoints().keep(), disk);
    store.latest().ifPresent(this::restore);
    if (world.first()) {
      metrics = MetricsLog.open(folder.resolve("metrics.jsonl"), step);
    }
    world.barrier(); // nobody writes before all have looked
  }

  private void restore(Checkpoint checkpoint) {
    Checkpoint.State state = checkpoint.restore(learner, identity);
    step = state.step();
    bits = state.bits();
    watch.restore(state.run());
    rollbacks =
        Math.max(rollbacks, ((Number) state.run().getOrDefault("rollbacks", 0L)).longValue());
  }

  /**
   * Trains to the end, or until told to stop; then a checkpoint of the last step is there.
   *
   * @param stop asked after each step
   * @throws JishiException.BadRequest where the run diverged and its policy says to stop
   */
  public Outcome run(BooleanSupplier stop) {
    listener.started(plan, step);
    if (step == 0) {
      save(); // what the first rollback goes to, and a full disk is found before a long run
    }
    boolean stopped = false;
    while (step < plan.steps() && !stopped) {
      if (advance()) {
        events();
      }
      stopped = world.sum(stop.getAsBoolean() ? 1 : 0) > 0;
    }
    save();
    return new Outcome(
        step, step >= plan.steps(), bits, store.best().map(Checkpoint::folder).orElse(null));
  }

  /** One step; false where it went wrong and the run went back. */
  private boolean advance() {
    long start = System.nanoTime();
    double rate = rates.applyAsDouble(step);
    Learner.Step done = learner.step(step, rate);
    String complaint = watch.complaint(done.loss());
    if (complaint != null) {
      diverged(complaint);
      return false;
    }
    step++;
    double seconds = (System.nanoTime() - start) / 1e9;
    secondsPerStep =
        secondsPerStep == 0 ? seconds : RECENT * secondsPerStep + (1 - RECENT) * seconds;
    if (world.first()) {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("step", step);
      line.put("loss", done.loss());
      line.put("rate", rate);
      line.put("gradientNorm", done.gradientNorm());
      line.put("tokens", done.tokens());
      line.put("tokensPerSecond", done.tokens() / seconds);
      if (done.imbalance() > 0) {
        line.put("imbalance", done.imbalance());
      }
      metrics.add(line);
      listener.step(
          plan,
          new RunListener.Progress(
              step,
              done.loss(),
              rate,
              done.gradientNorm(),
              done.tokens() / seconds,
              (plan.steps() - step) * secondsPerStep,
              done.imbalance()));
    }
    return true;
  }

  private void events() {
    boolean last = step == plan.steps();
    if (world.first() && (last || step % plan.evaluateEvery() == 0)) {
      evaluate();
      RunPlots.write(metrics.lines(), folder.resolve("plots"));
    }
    if (world.first() && (last || step % plan.sampleEvery() == 0)) {
      sample();
    }
    if (last || step % plan.checkpointEvery() == 0) {
      save();
    }
  }

  private void evaluate() {
    Learner.Evaluation evaluation = learner.evaluate();
    if (evaluation.tokens() == 0) {
      return; // nothing is held out
    }
    bits = evaluation.bits();
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("step", step);
    line.put("evaluationLoss", evaluation.loss());
    String unit = evaluation.unit();
    if (!unit.equals(Learner.Evaluation.NUMBER)) {
      String upper = unit.substring(0, 1).toUpperCase(Locale.ROOT);
      line.put("bitsPer" + upper + unit.substring(1), bits);
    }
    if (!Double.isNaN(evaluation.right())) {
      line.put("right", evaluation.right());
    }
    metrics.add(line);
    listener.evaluated(step, evaluation);
  }

  private void sample() {
    for (String prompt : recipe.samples().prompts()) {
      String text = learner.sample(prompt, recipe.samples().tokens(), recipe.seed() + step);
      if (!text.isEmpty()) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("step", step);
        line.put("prompt", prompt);
        line.put("sample", text);
        metrics.add(line);
        listener.sampled(step, prompt, text);
      }
    }
  }

  private void save() {
    if (world.first()) {
      Map<String, Object> run = new LinkedHashMap<>();
      watch.save(run);
      run.put("rollbacks", rollbacks);
      store.save(learner, new Checkpoint.State(step, bits, identity, run));
    }
    world.barrier();
  }

  private void diverged(String complaint) {
    String where = "step " + (step + 1) + ": " + complaint;
    Recipe.Divergence policy = recipe.divergence();
    Checkpoint back = latest();
    if (policy.policy() == Recipe.Policy.STOP || rollbacks >= policy.most() || back == null) {
      event(where);
      throw new JishiException.BadRequest(
          "train.learning_rate",
          where
              + (rollbacks > 0 ? ", and the run went back " + rollbacks + " times" : "")
              + "; the run stops, its checkpoints are in "
              + folder.resolve("checkpoints")
              + "; lower train.learning_rate (it was "
              + plan.rate()
              + "), or set divergence: {policy: rollback}");
    }
    long bad = step - back.step() + 1;
    rollbacks++;
    restore(back);
    for (long i = 0; i < bad; i++) {
      learner.skip();
    }
    if (world.first()) {
      metrics = metrics.rewind(step);
      event(where);
      listener.note(
          where + "; back to step " + step + " and past the " + bad + " batches that led there");
    }
  }

  private void event(String what) {
    if (world.first()) {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("step", step);
      line.put("event", what);
      metrics.add(line);
    }
  }

  private Checkpoint latest() {
    return world.first()
        ? store.latest().orElse(null)
        : new CheckpointStore(
                folder.resolve("checkpoints"), recipe.checkpoints().keep(), Disk.LOCAL)
            .latest()
            .orElse(null);
  }

  @Override
  public void close() {
    if (metrics != null) {
      metrics.close();
    }
  }
}
