// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import static io.jishi.engine.ServiceTest.open;
import static io.jishi.engine.ServiceTest.request;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an engine tells of its requests and steps. */
class FiguresTest {
  @TempDir Path temp;

  /** What an engine says of a request in four places is the same. */
  @Test
  void everyFigureIsInTheAnswerTheTotalsTheListenerAndTheRecorder() throws Exception {
    Path file = temp.resolve("engine.jfr");
    List<RequestMetrics> told = new ArrayList<>();
    List<Usage> usages = new ArrayList<>();
    Request repeating = new Request(new Prompt.Tokens(REPEATING), Sampling.GREEDY, 40, List.of());
    Request guessed =
        repeating.with(new Request.Service(0, null, Speculation.Mode.LOOKUP)).withMaxTokens(40);
    Engine engine = open(Capacity.DEFAULT);
    try (Recording recording = new Recording();
        engine) {
      engine.listen(
          new EngineListener() {
            @Override
            public void requestEnded(RequestMetrics request) {
              told.add(request);
            }
          });
      recording.enable("jishi.Request");
      recording.enable("jishi.Step");
      recording.start();
      usages.add(engine.generate(request(1, 70, 3)).usage());
      usages.add(engine.generate(guessed).usage());
      engine.start(request(2, 70, 3), 3).forEach(one -> usages.add(one.result().usage()));
      recording.stop();
      recording.dump(file);
    }
    assertThat(told).extracting(RequestMetrics::usage).containsExactlyInAnyOrderElementsOf(usages);
    List<RecordedEvent> events = RecordingFile.readAllEvents(file);
    List<RecordedEvent> ended =
        events.stream().filter(e -> e.getEventType().getName().equals("jishi.Request")).toList();
    assertThat(ended).hasSameSizeAs(told);
    for (int i = 0; i < told.size(); i++) {
      Usage usage = told.get(i).usage();
      RecordedEvent event = ended.get(i);
      assertThat(event.getInt("promptTokens")).isEqualTo(usage.promptTokens());
      assertThat(event.getInt("cachedTokens")).isEqualTo(usage.cachedTokens());
      assertThat(event.getInt("generatedTokens")).isEqualTo(usage.generatedTokens());
      assertThat(event.getLong("guesses")).isEqualTo(usage.guesses().computed());
      assertThat(event.getLong("acceptedGuesses")).isEqualTo(usage.guesses().accepted());
      assertThat(event.getDuration("queueTime").toNanos()).isEqualTo(usage.queueNanos());
      assertThat(event.getDuration("firstTokenTime").toNanos()).isEqualTo(usage.firstTokenNanos());
      assertThat(event.getDuration("perTokenTime").toNanos()).isEqualTo(usage.perTokenNanos());
      assertThat(event.getDouble("meanBatch")).isEqualTo(usage.meanBatch());
      assertThat(event.getString("finish")).isEqualTo(told.get(i).finish().name());
    }
    assertThat(usages.getFirst().meanBatch()).isEqualTo(1);
    assertThat(usages).anyMatch(usage -> usage.guesses().computed() > 0);
    assertThat(usages).anyMatch(usage -> usage.meanBatch() > 1);
    EngineMetrics all = engine.metrics();
    assertThat(all.queueNanos()).isEqualTo(usages.stream().mapToLong(Usage::queueNanos).sum());
    assertThat(all.firstTokenNanos())
        .isEqualTo(usages.stream().mapToLong(Usage::firstTokenNanos).sum());
    assertThat(all.furtherTokens())
        .isEqualTo(usages.stream().mapToLong(u -> u.generatedTokens() - 1).sum());
    assertThat(all.meanPerTokenNanos()).isEqualTo(all.decodeNanos() / all.furtherTokens());
    assertThat(all.meanQueueNanos()).isEqualTo(all.queueNanos() / usages.size());
    assertThat(all.guesses().accepted())
        .isEqualTo(usages.stream().mapToLong(usage -> usage.guesses().accepted()).sum());
    List<RecordedEvent> steps =
        events.stream().filter(e -> e.getEventType().getName().equals("jishi.Step")).toList();
    assertThat(steps).hasSize((int) all.steps());
    assertThat(steps.stream().mapToLong(e -> e.getInt("tokens")).sum()).isEqualTo(all.stepTokens());
    assertThat(steps.stream().mapToLong(e -> e.getInt("generating") + e.getInt("prompts")).sum())
        .isEqualTo(all.stepSequences());
    Files.delete(file);
  }

  /** Even where a listener takes its time between a step and what is counted behind it. */
  @Test
  void anAnswerComesOnceItsLastStepIsCounted() {
    List<StepMetrics> told = new ArrayList<>();
    try (Engine engine = open(Capacity.DEFAULT)) {
      engine.listen(
          new EngineListener() {
            @Override
            public void stepDone(StepMetrics step) {
              LockSupport.parkNanos(20_000_000);
              told.add(step);
            }
          });
      engine.generate(request(1, 8, 3));
      assertThat(told).hasSize(3).hasSize((int) engine.metrics().steps());
      assertThat(engine.metrics().running()).isZero();
    }
  }

  /** A text that says itself again and again, of which the rest can be looked up. */
  private static final int[] REPEATING = IntStream.range(0, 60).map(i -> 5 + i % 4).toArray();
}
