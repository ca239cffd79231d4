// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.loss;

import io.jishi.model.DecoderSpec;
import io.jishi.train.tape.Examples;
import io.jishi.train.tape.Loss;
import io.jishi.train.tape.Parameters;
import io.jishi.train.tape.States;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Several losses of one model at a time: {@code Σ factor · loss}, each divided by what its own
 * targets count.
 *
 * @param terms in order
 */
public record SumLoss(List<Term> terms) implements Loss {
  /** A loss and what it counts. */
  public record Term(double factor, Loss loss) {}

  /** Copies the list. */
  public SumLoss {
    terms = List.copyOf(terms);
  }

  @Override
  public Set<Integer> layers() {
    Set<Integer> all = new HashSet<>();
    terms.forEach(term -> all.addAll(term.loss.layers()));
    return all;
  }

  @Override
  public void declare(DecoderSpec spec, Parameters parameters) {
    terms.forEach(term -> term.loss.declare(spec, parameters));
  }

  @Override
  public long scratchBytes(States states, int tokens) {
    return terms.stream().mapToLong(t -> t.loss.scratchBytes(states, tokens)).max().orElse(0);
  }

  /** Only where all are: one pass has one last hidden state. */
  @Override
  public boolean logits() {
    return terms.stream().allMatch(term -> term.loss.logits());
  }

  /** 1 a batch: each term is normalised by itself. */
  @Override
  public double total(Examples examples) {
    return 1;
  }

  @Override
  public double run(States states, double normaliser) {
    double sum = 0;
    for (Term term : terms) {
      double total = term.loss.total(states.examples());
      // A term without targets in this batch has nothing to say.
      if (total > 0 && term.factor != 0) {
        sum += term.loss.run(states, total * normaliser / term.factor);
      }
    }
    return sum;
  }
}
