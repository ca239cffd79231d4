// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jishi.model.DecoderSpec;
import io.jishi.model.LayerObserver;
import io.jishi.model.Model;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.MatrixProducts;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Tensor;
import io.jishi.testkit.Shared;
import io.jishi.train.loss.PooledLoss;
import io.jishi.train.loss.TokenLoss;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Encoders learn which class a sequence is of; their attention goes both ways. */
class EncoderTrainingTest {
  private static final int[] BOUNDS = {0, 9, 20, 24, 40};
  private static final int CLASSES = 3;
  private static final int STEPS = 30;
  private static final double RATE = 2e-3;
  private static final double BY_HEART = 0.1;

  /** One pass by other kernels in another order. */
  private static final float PASSES_DIFFER = 2e-3f;

  private static final double STEP = 1e-3;

  /** Of the slope: single precision over so small a step, and curvature. */
  private static final double SLOPE_ERROR = 2e-2;

  /** A loss that shows the last states that it saw. */
  private static final class Seen implements Loss {
    private final Loss loss = new PooledLoss("", States.LAST, PooledLoss.Pooling.FIRST, CLASSES);
    private float[] hidden;

    @Override
    public Set<Integer> layers() {
      return loss.layers();
    }

    @Override
    public void declare(DecoderSpec spec, Parameters parameters) {
      loss.declare(spec, parameters);
    }

    @Override
    public double total(Examples examples) {
      return loss.total(examples);
    }

    @Override
    public double run(States states, double normaliser) {
      hidden = states.hidden(States.LAST).data().toArray(ValueLayout.JAVA_FLOAT);
      return loss.run(states, normaliser);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"bert_embed", "xlm_roberta_embed", "modernbert_embed", "nomic_bert_embed"})
  void anEncoderLearnsClassesByHeart(String family) {
    Seen loss = new Seen();
    try (Parameters parameters = new Parameters(_ -> true);
        Model model =
            Model.open(
                Shared.require("goldens").resolve(family), Backend.cpu(), parameters::place);
        Trainer trainer = trainer(model, parameters, loss)) {
      Examples examples = examples(model.decoder().spec().vocabulary());
      double start = trainer.evaluate(examples);
      assertThat(start).isCloseTo(Math.log(CLASSES), within(1e-6)); // the head is zero
      assertThat(apart(loss.hidden, own(model, examples))).isLessThan(PASSES_DIFFER);
      trainer.step(examples, RATE); // the head is no longer zero
      slope(parameters, trainer, examples);
      for (int s = 0; s < STEPS; s++) {
        trainer.step(examples, RATE);
      }
      assertThat(trainer.evaluate(examples)).isLessThan(BY_HEART);
      assertThat(apart(loss.hidden, own(model, examples))).isLessThan(PASSES_DIFFER);
    }
  }

  @Test
  void aPublishedHeadForMaskedTokensIsWhatLearns() {
    Path folder = Shared.require("goldens").resolve("bert_mlm");
    try (Parameters parameters = new Parameters(_ -> true);
        Model model = Model.open(folder, Backend.cpu(), parameters::place);
        Trainer trainer = trainer(model, parameters, TokenLoss.plain())) {
      Examples examples = examples(model.decoder().spec().vocabulary());
      assertThat(trainer.evaluate(examples)).isCloseTo(guessed(model, examples), within(1e-5));
      trainer.step(examples, RATE);
      slope(parameters, trainer, examples);
      for (int s = 0; s < STEPS; s++) {
        trainer.step(examples, RATE);
      }
      assertThat(trainer.evaluate(examples))
          .isLessThan(BY_HEART)
          .isCloseTo(guessed(model, examples), within(1e-4));
    }
  }

  /** The loss by the model's own logits. */
  private static double guessed(Model model, Examples examples) {
    Batch batch = batch(examples);
    double nats = 0;
    int count = 0;
    try (Ops ops = Backend.cpu().ops(1)) {
      Tensor hidden = model.decoder().hidden(ops, batch, Precision.EXACT, LayerObserver.NONE);
      Tensor logits = model.decoder().masked().logits(ops, hidden, Precision.EXACT);
      int[] labels = examples.targets("").labels();
      for (int t = 0; t < labels.length; t++) {
        if (labels[t] != Targets.IGNORE) {
          double sum = 0;
          for (float logit : logits.row(t)) {
            sum += Math.exp(logit);
          }
          nats += Math.log(sum) - logits.row(t)[labels[t]];
          count++;
        }
      }
    }
    return nats / count;
  }

  /** Along all gradients together the loss rises by their norm; layers' among them. */
  private static void slope(Parameters parameters, Trainer trainer, Examples examples) {
    trainer.accumulate(examples, trainer.total(examples));
    Map<Trainable, float[]> gradients = new HashMap<>();
    double squares = 0;
    for (Trainable t : parameters.list()) {
      if (!t.name().startsWith(".")) { // the head
        float[] g = t.summed().toArray(ValueLayout.JAVA_FLOAT);
        gradients.put(t, g);
        for (float v : g) {
          squares += (double) v * v;
        }
      }
    }
    double norm = Math.sqrt(squares);
    assertThat(norm).isPositive();
    along(gradients, STEP / norm);
    double up = trainer.evaluate(examples);
    along(gradients, -2 * STEP / norm);
    double down = trainer.evaluate(examples);
    along(gradients, STEP / norm);
    trainer.clear();
    assertThat((up - down) / (2 * STEP * norm)).isCloseTo(1, within(SLOPE_ERROR));
  }

  private static void along(Map<Trainable, float[]> gradients, double factor) {
    gradients.forEach(
        (t, g) -> {
          float[] w = t.data().toArray(ValueLayout.JAVA_FLOAT);
          for (int i = 0; i < w.length; i++) {
            w[i] += (float) (factor * g[i]);
          }
          Rows.write(w, t.data(), 0, w.length);
          t.changed();
        });
  }

  private static float apart(float[] a, float[] b) {
    assertThat(a).hasSameSizeAs(b);
    float most = 0;
    for (int i = 0; i < a.length; i++) {
      most = Math.max(most, Math.abs(a[i] - b[i]));
    }
    return most;
  }

  /** The states that the engine's own pass gives. */
  private static float[] own(Model model, Examples examples) {
    Batch batch = batch(examples);
    try (Ops ops = Backend.cpu().ops(1)) {
      return model
          .decoder()
          .hidden(ops, batch, Precision.EXACT, (_, _) -> {})
          .data()
          .toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  private static Batch batch(Examples examples) {
    Batch batch = new Batch();
    for (int s = 0; s < examples.spans(); s++) {
      int from = examples.bounds()[s];
      int n = examples.bounds()[s + 1] - from;
      batch.addSpan(examples.tokens(), from, n, n);
    }
    return batch;
  }

  private static Trainer trainer(Model model, Parameters parameters, Loss loss) {
    return FamilyTrainingTest.trainer(
        model, parameters, loss, new TrainerOptions(0, MatrixProducts.Inputs.FP32, true, 1));
  }

  private static Examples examples(int vocabulary) {
    SplittableRandom random = new SplittableRandom(8);
    int[] tokens = random.ints(BOUNDS[BOUNDS.length - 1], 5, vocabulary).toArray();
    int[] labels = new int[tokens.length];
    Arrays.fill(labels, Targets.IGNORE);
    for (int s = 0; s + 1 < BOUNDS.length; s++) {
      labels[BOUNDS[s + 1] - 1] = s % CLASSES;
    }
    return Examples.of(tokens, BOUNDS, labels);
  }
}
