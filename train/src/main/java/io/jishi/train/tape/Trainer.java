// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.model.Decoder;
import io.jishi.model.DecoderSpec;
import io.jishi.model.LayerObserver;
import io.jishi.model.MaskedHead;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Tensor;
import io.jishi.train.optim.Optimizer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * Steps of training: a decoder over {@link Parameters}, a loss, an optimiser. A step like the one
 * before (as many tokens) runs in the memory of that one. The result does not depend on the number
 * of threads, to the bit. For one thread at a time.
 */
public final class Trainer implements AutoCloseable {
  /** Keeps the factor finite where all gradients are zero. */
  private static final double CLIP_EPS = 1e-6;

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private final Decoder decoder;
  private final Parameters parameters;
  private final Map<String, LowRank> adapters;
  private final Loss loss;
  private final TrainerOptions options;
  private final Machine machine;
  private final Optimizer optimizer;
  private final List<Trainable> trained;
  private final Pieces pieces;
  private final Batch batch = new Batch();
  private Program program;
  private States states;
  private int planned;
  private double lossSum;

  /**
   * A trainer.
   *
   * @param decoder over the parameters' memory
   * @param adapters beside weights, by the weight's name; empty without
   * @param optimizer makes the optimiser once all that learns is known
   */
  public Trainer(
      Decoder decoder,
      Parameters parameters,
      Map<String, LowRank> adapters,
      Loss loss,
      BiFunction<List<Trainable>, Machine, Optimizer> optimizer,
      Backend backend,
      TrainerOptions options) {
    this.decoder = decoder;
    this.parameters = parameters;
    this.adapters = adapters;
    this.loss = loss;
    this.options = options;
    parameters.derive(decoder.origins());
    loss.declare(decoder.spec(), parameters);
    machine = new Machine(backend, options.threads(), options.inputs());
    trained = parameters.list();
    pieces = new Pieces(trained);
    this.optimizer = optimizer.apply(trained, machine);
  }

  /** Plans the memory of steps on batches like this one; takes none yet. */
  public MemoryPlan plan(Examples examples) {
    prepare(examples);
    long weights = 4 * (parameters.count() + parameters.copied());
    return new MemoryPlan(
        weights, weights, optimizer.bytes(), program.bytes(), workspace(examples.tokens().length));
  }

  private long workspace(int tokens) {
    return Math.max(program.scratchBytes(), loss.scratchBytes(states, tokens));
  }

  /** Fills the batch, and records anew where the number of tokens is another one. */
  private void prepare(Examples examples) {
    batch.clear();
    for (int s = 0; s < examples.spans(); s++) {
      int from = examples.bounds()[s];
      int count = examples.bounds()[s + 1] - from;
      batch.addSpan(examples.tokens(), from, count, count);
    }
    if (program != null && planned == batch.size()) {
      return;
    }
    if (program != null) {
      program.close();
    }
    Tape tape = new Tape(parameters, adapters);
    Map<Integer, Value> watched = new LinkedHashMap<>();
    LayerObserver observer =
        (layer, hidden) -> {
          tape.border();
          if (loss.layers().contains(layer)) {
            watched.put(layer, tape.value(hidden));
          }
        };
    Tensor last = decoder.hidden(tape, batch, Precision.EXACT, observer);
    MaskedHead masked = loss.logits() ? decoder.masked() : null;
    if (masked != null) {
      last = masked.transform(tape, last, Precision.EXACT);
    }
    tape.adapters().requireAllUsed();
    if (loss.layers().contains(States.LAST)) {
      watched.put(States.LAST, tape.value(last));
    }
    program = new Program(tape, watched.values(), options.checkpointing());
    // An encoder's logits, where a loss wants them, are those of its head for masked tokens; where
    // its files have none, products with its embedding.
    Linear own = masked == null ? decoder.output() : masked.output();
    Linear output = own == null ? Linear.of(decoder.tokenEmbedding()) : own;
    DecoderSpec.Head ownHead = decoder.spec().head();
    DecoderSpec.Head head = ownHead == null ? DecoderSpec.Head.plain(true) : ownHead;
    states = new States(machine, parameters, output, head, watched);
    planned = batch.size();
  }

  private void forward(Examples examples, boolean learning) {
    prepare(examples);
    if (!program.allocated()) {
      program.allocate();
    }
    machine.reserve(workspace(planned));
    program.forward(machine);
    states.begin(examples, learning);
  }

  /** The loss of a batch, nothing learned, divided by what its targets count. */
  public double evaluate(Examples examples) {
    forward(examples, false);
    return loss.run(states, loss.total(examples));
  }

  /**
   * Adds the gradients of a batch to those that are there since the last {@link #apply}.
   *
   * @param normaliser what the sum over the batch is divided by: {@link Loss#total} of all batches
   *     of the step together
   * @return the loss of the batch, so divided
   */
  public double accumulate(Examples examples, double normaliser) {
    forward(examples, true);
    program.beginBackward();
    double value = loss.run(states, normaliser);
    program.balance(options.balance() * loss.total(examples) / normaliser);
    program.backward(machine);
    if (options.balanceBias() > 0) {
      program.overload();
    }
    parameters.fold();
    lossSum += value;
    return value;
  }

  /** What the targets of a batch count. */
  public double total(Examples examples) {
    return loss.total(examples);
  }

  /**
   * How unevenly the mixtures used their experts in the last batch: the mean of their
   * load-balancing losses, 1 where all experts got the same; 0 of a model without mixtures. It is
   * no part of the loss that {@link #accumulate} gives.
   */
  public double imbalance() {
    return program == null ? 0 : program.imbalance();
  }

  /** The norm of all gradients together. */
  public double gradientNorm() {
    return Math.sqrt(pieces.squaredNorm(machine));
  }

  /** Clips, changes the weights by what was accumulated, and forgets the gradients. */
  public StepResult apply(double learningRate) {
    balanceChoices();
    double norm = gradientNorm();
    double clip = options.clip();
    double scale = clip > 0 ? Math.min(1, clip / (norm + CLIP_EPS)) : 1;
    optimizer.step(learningRate, scale);
    for (Trainable t : trained) {
      t.changed();
    }
    clear();
    StepResult result = new StepResult(lossSum, norm);
    lossSum = 0;
    return result;
  }

  /** What is kept as the gradient of a choice's bias is a load: it moves by its sign alone. */
  private void balanceChoices() {
    if (options.balanceBias() == 0 || program == null) {
      return;
    }
    for (Trainable bias : program.choiceBiases()) {
      MemorySegment loads = bias.summed();
      for (long e = 0; e < bias.count(); e++) {
        float step = (float) options.balanceBias() * Math.signum(loads.getAtIndex(FLOAT, e));
        bias.data().setAtIndex(FLOAT, e, bias.data().getAtIndex(FLOAT, e) - step);
      }
      loads.fill((byte) 0);
    }
  }

  /** Forgets the gradients: where a batch broke something. */
  public void clear() {
    trained.forEach(Trainable::clear);
  }

  /** One batch, one step. */
  public StepResult step(Examples examples, double learningRate) {
    accumulate(examples, loss.total(examples));
    return apply(learningRate);
  }

  /** All that learns, heads and adapters among them. */
  public List<Trainable> trained() {
    return trained;
  }

  /** What changes it. */
  public Optimizer optimizer() {
    return optimizer;
  }

  /** What runs the steps. */
  public Machine machine() {
    return machine;
  }

  /** Bytes really held for weights, gradients, state, activations and workspace. */
  public long heldBytes() {
    long held = program == null || !program.allocated() ? 0 : program.bytes();
    return 8 * (parameters.count() + parameters.copied())
        + optimizer.bytes()
        + held
        + machine.scratchBytes();
  }

  /** Gives back all memory but that of the parameters. */
  @Override
  public void close() {
    if (program != null) {
      program.close();
    }
    optimizer.close();
    machine.close();
  }
}
