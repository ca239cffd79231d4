// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.train.run.Learner;
import io.jishi.train.run.Plan;
import io.jishi.train.run.RunListener;
import java.io.ByteArrayOutputStream;
import org.junit.jupiter.api.Test;

class TrainingViewTest {
  private static final Plan PLAN = new Plan(1000, 8, 10, 2, 2, 1e-3, 5, 5, 5, 1e4);

  private static String shown(double imbalance) {
    Session session = new Session();
    TrainingView view = new TrainingView(session.shell(new ByteArrayOutputStream()), 0);
    view.step(PLAN, new RunListener.Progress(10, 2.5, 1e-3, 1, 100, 0, imbalance));
    return session.err();
  }

  @Test
  void theLoadOfExpertsIsShownWhereThereAreAny() {
    assertThat(shown(1.25)).contains("step 10/10  loss 2.500  experts' load 1.25  rate");
    assertThat(shown(0)).contains("step 10/10  loss 2.500  rate");
  }

  @Test
  void evaluationsAreCountedByWhatTheyAreOf() {
    Session session = new Session();
    TrainingView view = new TrainingView(session.shell(new ByteArrayOutputStream()), 0);
    view.evaluated(5, new Learner.Evaluation(10 * Math.log(2), 10, 0, 0.8, "text"));
    view.evaluated(6, new Learner.Evaluation(5, 10, 0, Double.NaN, Learner.Evaluation.NUMBER));
    view.evaluated(7, new Learner.Evaluation(10 * Math.log(2), 10, 20));
    assertThat(session.err())
        .contains("step 5: held-out loss 0.693, 1.000 bits per text, 80 % right")
        .contains("step 6: held-out loss 0.500, half the squared error\n")
        .contains("step 7: held-out loss 0.693, 0.500 bits per byte\n");
  }
}
