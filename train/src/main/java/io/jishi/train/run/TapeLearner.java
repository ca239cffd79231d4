// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import io.jishi.model.Model;
import io.jishi.model.export.Disk;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Ops;
import io.jishi.train.data.Batch;
import io.jishi.train.data.BatchSource;
import io.jishi.train.data.Cursor;
import io.jishi.train.data.TokenShards;
import io.jishi.train.mpi.World;
import io.jishi.train.optim.Average;
import io.jishi.train.optim.StateBuffer;
import io.jishi.train.tape.Examples;
import io.jishi.train.tape.StepResult;
import io.jishi.train.tape.Trainable;
import io.jishi.train.tape.Trainer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A model that learns from a stream of batches, its gradients summed over all processes. */
final class TapeLearner implements Learner {

  /**
   * What it is made of.
   *
   * @param model over the memory of what is trained
   * @param trainer with its optimiser
   * @param source of batches
   * @param heldOut to evaluate on
   * @param form what its files look like
   * @param world the processes that share a batch
   * @param average of the weights, which then are the model; null without
   */
  record Parts(
      Model model,
      Trainer trainer,
      BatchSource source,
      List<TokenShards> heldOut,
      Form form,
      World world,
      Average average) {}

  /** What the files of a checkpoint look like. */
  interface Form {
    /** The file of the weights. */
    String weightsFile();

    /** The name of what learns in that file, and its shape there. */
    NamedTensor stored(Trainable trained);

    /** Writes what stands beside the weights. */
    void writeCompanions(Path folder, Disk disk) throws IOException;

    /** Operations that run the model with what was learned, on all processors. */
    Ops ops(Backend backend, List<Trainable> trained, int threads);
  }

  private final Parts parts;
  private final Plan plan;
  private final int threads;
  private final long evaluationTokens;

  TapeLearner(Parts parts, Plan plan, int threads, long evaluationTokens) {
    this.parts = parts;
    this.plan = plan;
    this.threads = threads;
    this.evaluationTokens = evaluationTokens;
  }

  @Override
  public Step step(long number, double rate) {
    Batch batch = parts.source.next(plan.batch());
    double learned = batch.learned();
    if (learned == 0) {
      throw new JishiException.BadFile(
          "step "
              + (number + 1)
              + ": no token of the batch is to be learned; is a conversation"
              + " longer than the context?");
    }
    World world = parts.world;
    int own = plan.batch() / world.size();
    double loss = 0;
    for (int from = 0; from < own; from += plan.micro()) {
      Batch part = batch.slice(world.rank() * own + from, plan.micro());
      Examples examples = Examples.of(part.tokens(), part.bounds(), part.labels());
      loss += parts.trainer.accumulate(examples, learned);
    }
    if (world.size() > 1) {
      for (Trainable trained : parts.trainer.trained()) {
        world.sum(trained.summed());
      }
      loss = world.sum(loss);
    }
    if (!Double.isFinite(loss)) {
      parts.trainer.clear(); // weights stay as they were
      return new Step(loss, Double.NaN, plan.tokensPerStep());
    }
    StepResult result = parts.trainer.apply(rate);
    if (parts.average != null) {
      parts.average.update();
    }
    return new Step(loss, result.gradientNorm(), plan.tokensPerStep());
  }

  @Override
  public void skip() {
    parts.source.next(plan.batch());
  }

  @Override
  public Evaluation evaluate() {
    swap();
    try {
      return evaluateNow();
    } finally {
      swap();
    }
  }

  /** Puts the average in the place of the weights, or back. */
  private void swap() {
    if (parts.average != null) {
      parts.average.swap();
    }
  }

  private Evaluation evaluateNow() {
    double nats = 0;
    long tokens = 0;
    double bytes = 0;
    int rows = Math.max(1, plan.micro());
    for (TokenShards shards : parts.heldOut) {
      HeldOutRows held = new HeldOutRows(shards, plan.context(), rows);
      long most = evaluationTokens / parts.heldOut.size();
      long seen = 0;
      for (Batch batch = held.next(); batch != null && seen < most; batch = held.next()) {
        int learned = batch.learned();
        seen += (long) rows * plan.context();
        if (learned > 0) {
          Examples examples = Examples.of(batch.tokens(), batch.bounds(), batch.labels());
          nats += parts.trainer.evaluate(examples) * learned;
          tokens += learned;
        }
      }
      bytes += shards.masked() ? Double.NaN : (double) shards.bytes() / shards.tokens() * tokens;
    }
    return new Evaluation(nats, tokens, Double.isNaN(bytes) ? 0 : Math.round(bytes));
  }

  @Override
  public String sample(String prompt, int tokens, long seed) {
    swap();
    try (Ops ops = parts.form.ops(Backend.cpu(), parts.trainer.trained(), threads)) {
      return TextSampler.continued(
          parts.model.decoder(), ops, parts.model.tokenizer(), prompt, tokens, seed);
    } finally {
      swap();
    }
  }

  @Override
  public List<NamedTensor> weights() {
    List<NamedTensor> weights = new ArrayList<>();
    List<Trainable> trained = parts.trainer.trained();
    for (int i = 0; i < trained.size(); i++) {
      NamedTensor own = parts.form.stored(trained.get(i));
      weights.add(
          parts.average == null
              ? own
              : new NamedTensor(own.name(), own.shape(), parts.average.state().get(i).data()));
    }
    return weights;
  }

  @Override
  public List<NamedTensor> state() {
    List<NamedTensor> state = new ArrayList<>();
    for (StateBuffer buffer : parts.trainer.optimizer().state()) {
      List<Long> shape = List.of((long) buffer.rows(), (long) buffer.cols());
      state.add(new NamedTensor(buffer.name(), shape, buffer.data()));
    }
    if (parts.average != null) {
      for (Trainable trained : parts.trainer.trained()) {
        NamedTensor own = parts.form.stored(trained);
        state.add(new NamedTensor("weights/" + own.name(), own.shape(), own.floats()));
      }
    }
    return state;
  }

  @Override
  public void restored() {
    parts.trainer.clear();
    parts.trainer.trained().forEach(Trainable::changed);
  }

  @Override
  public Object position() {
    Map<String, Object> position = new LinkedHashMap<>();
    position.put("data", parts.source.cursor().values());
    position.put("optimizerSteps", parts.trainer.optimizer().steps());
    return position;
  }

  @Override
  public void seek(Object position) {
    JsonObject json = JsonObject.of("checkpoint", position);
    parts.source.seek(Cursor.read(json.object("data").orElseThrow(() -> json.missing("data"))));
    parts
        .trainer
        .optimizer()
        .restore(
            json.longInteger("optimizerSteps").orElseThrow(() -> json.missing("optimizerSteps")));
  }

  @Override
  public String weightsFile() {
    return parts.form.weightsFile();
  }

  @Override
  public void writeCompanions(Path folder, Disk disk) throws IOException {
    parts.form.writeCompanions(folder, disk);
  }

  @Override
  public void close() {
    if (parts.average != null) {
      parts.average.close();
    }
    parts.trainer.close();
    parts.model.close();
  }

  /** Rows of held-out tokens one after another, each its own text: always the same. */
  static final class HeldOutRows {
    private final TokenShards shards;
    private final int length;
    private final int rows;
    private long at;

    HeldOutRows(TokenShards shards, int length, int rows) {
      this.shards = shards;
      this.length = length;
      this.rows = rows;
    }

    /** The next rows, the last of them filled up; null at the end. */
    Batch next() {
      if (at + 1 >= shards.tokens()) {
        return null;
      }
      int[] tokens = new int[rows * length];
      int[] labels = new int[rows * length];
      Arrays.fill(labels, Batch.IGNORE);
      int[] bounds = new int[rows + 1];
      for (int row = 0; row < rows; row++) {
        bounds[row + 1] = (row + 1) * length;
        row(row * length, tokens, labels);
      }
      return new Batch(rows, length, tokens, labels, bounds);
    }

    private void row(int to, int[] tokens, int[] labels) {
      long left = shards.tokens() - at;
      if (left < 2) {
        return;
      }
      int count = (int) Math.min(length, left - 1);
      int[] read = new int[count + 1];
      shards.read(at, count + 1, read, 0);
      System.arraycopy(read, 0, tokens, to, count);
      for (int i = 0; i < count; i++) {
        if (shards.learned(at + i + 1)) {
          labels[to + i] = read[i + 1];
        }
      }
      at += count;
    }
  }
}
