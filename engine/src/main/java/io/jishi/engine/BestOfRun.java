// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Several answers that are drawn side by side, of which the likeliest are kept. */
final class BestOfRun implements Search.Run {
  private final List<Generation> tries;
  private final int answers;
  private final boolean logprobs;

  private BestOfRun(List<Generation> tries, int answers, boolean logprobs) {
    this.tries = tries;
    this.answers = answers;
    this.logprobs = logprobs;
  }

  static BestOfRun start(Engine engine, Request request, Search.BestOf search) {
    Request.Output output = request.output();
    boolean logprobs = output.logprobs() >= 0;
    Request counted =
        logprobs
            ? request
            : request.with(new Request.Output(0, output.promptLogprobs(), output.parts()));
    return new BestOfRun(engine.start(counted, search.tries()), search.answers(), logprobs);
  }

  @Override
  public List<Answer> result() {
    List<Answer> all = new ArrayList<>();
    tries.forEach(one -> all.add(one.result()));
    all.sort(
        Comparator.comparingDouble(BestOfRun::score).reversed()); // stable: of equals the first
    return all.subList(0, answers).stream().map(this::asAsked).toList();
  }

  /** The mean log-probability of a token; of an answer that has none the worst. */
  static double score(Answer answer) {
    return answer.logprobs().stream()
        .mapToDouble(TokenLogprob::logprob)
        .average()
        .orElse(Double.NEGATIVE_INFINITY);
  }

  private Answer asAsked(Answer a) {
    return logprobs
        ? a
        : new Answer(
            a.text(), a.tokens(), a.finish(), a.usage(), a.parts(), List.of(), a.promptLogprobs());
  }

  @Override
  public void cancel() {
    tries.forEach(Generation::cancel);
  }
}
