// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import io.jishi.engine.embed.Classifier;
import io.jishi.model.Model;
import io.jishi.model.adapter.AdapterExport;
import io.jishi.model.export.Disk;
import io.jishi.model.export.OutputTensor;
import io.jishi.model.export.SafetensorsWriter;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Ops;
import io.jishi.train.data.Batch;
import io.jishi.train.data.BatchSource;
import io.jishi.train.data.Cursor;
import io.jishi.train.mpi.World;
import io.jishi.train.optim.Average;
import io.jishi.train.optim.StateBuffer;
import io.jishi.train.tape.StepResult;
import io.jishi.train.tape.Trainable;
import io.jishi.train.tape.Trainer;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
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
   * @param objective what it learns of them
   * @param form what its files look like
   * @param world the processes that share a batch
   * @param average of the weights, which then are the model; null without
   */
  record Parts(
      Model model,
      Trainer trainer,
      BatchSource source,
      Objective objective,
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

  TapeLearner(Parts parts, Plan plan, int threads) {
    this.parts = parts;
    this.plan = plan;
    this.threads = threads;
  }

  @Override
  public Step step(long number, double rate) {
    Batch batch = parts.source.next(plan.batch());
    double learned = parts.objective.count(batch, number);
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
    double imbalance = 0;
    for (int from = 0; from < own; from += plan.micro()) {
      Batch part = batch.slice(world.rank() * own + from, plan.micro());
      loss += parts.trainer.accumulate(parts.objective.examples(part, number), learned);
      imbalance += parts.trainer.imbalance() * plan.micro() / plan.batch();
    }
    if (world.size() > 1) {
      for (Trainable trained : parts.trainer.trained()) {
        world.sum(trained.summed());
      }
      loss = world.sum(loss);
      imbalance = world.sum(imbalance);
    }
    if (!Double.isFinite(loss)) {
      parts.trainer.clear(); // weights stay as they were
      return new Step(loss, Double.NaN, plan.tokensPerStep());
    }
    StepResult result = parts.trainer.apply(rate);
    if (parts.average != null) {
      parts.average.update();
    }
    return new Step(loss, result.gradientNorm(), plan.tokensPerStep(), imbalance);
  }

  @Override
  public void skip() {
    parts.source.next(plan.batch());
  }

  @Override
  public Evaluation evaluate() {
    swap();
    try {
      return parts.objective.evaluate(parts.trainer);
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

  @Override
  public String sample(String prompt, int tokens, long seed) {
    if (parts.model.decoder().output() == null) {
      return ""; // an encoder writes nothing
    }
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
      if (inHead(trained.get(i))) {
        continue;
      }
      NamedTensor own = parts.form.stored(trained.get(i));
      weights.add(parts.average == null ? own : own.over(parts.average.state().get(i).data()));
    }
    return weights;
  }

  private static boolean inHead(Trainable trained) {
    return trained.name().startsWith(PooledObjective.HEAD + ".");
  }

  /** The head on pooled states, where the objective has one: with the average's values, if any. */
  private List<NamedTensor> head() {
    List<NamedTensor> head = new ArrayList<>();
    List<Trainable> trained = parts.trainer.trained();
    for (int i = 0; i < trained.size(); i++) {
      if (inHead(trained.get(i))) {
        Trainable own = trained.get(i);
        List<Long> shape = List.of((long) own.rows(), (long) own.cols());
        MemorySegment floats =
            parts.average == null ? own.data() : parts.average.state().get(i).data();
        head.add(new NamedTensor(own.name(), shape, floats));
      }
    }
    return head;
  }

  @Override
  public List<NamedTensor> state() {
    List<NamedTensor> state = new ArrayList<>(head());
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
    if (!parts.objective.head().isEmpty()) {
      AdapterExport.write(folder.resolve(Classifier.HEAD), parts.objective.head(), disk);
      List<OutputTensor> tensors = head().stream().map(NamedTensor::output).toList();
      try (OutputStream out = disk.create(folder.resolve(Classifier.HEAD_WEIGHTS))) {
        new SafetensorsWriter(Map.of("format", "pt"), tensors).writeTo(out);
      }
    }
  }

  @Override
  public void close() {
    if (parts.average != null) {
      parts.average.close();
    }
    parts.trainer.close();
    parts.model.close();
  }
}
