// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.tensor.Batch;
import io.jishi.tensor.ForwardingOps;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many callers of one engine: what each may expect whatever the others do. */
class ServiceTest {
  private static final int POISON = 249;
  private static final int POISONED_POSITION = 100; // behind all that the others hold

  /** What a decode step may allocate on the heap (design, contracts), drawing included. */
  private static final long STEP_BYTES = 4096;

  @TempDir Path temp;

  private static Path model(String family) {
    return Path.of("../model/src/test/resources/goldens", family);
  }

  static Engine open(Capacity capacity) {
    return Engine.open(model("qwen3"), EngineOptions.DEFAULT.with(capacity));
  }

  static Request request(int first, int length, int tokens) {
    int[] prompt = new int[length];
    Arrays.setAll(prompt, i -> 1 + (first + i * i) % 240);
    return new Request(new Prompt.Tokens(prompt), Sampling.GREEDY, tokens, List.of());
  }

  /** Operations that fail as soon as they meet a certain token at a certain place. */
  private static final class Poisoned extends ForwardingOps {
    Poisoned(Ops ops) {
      super(ops);
    }

    @Override
    public Tensor embed(Weight table, Batch batch) {
      for (int i = 0; i < batch.size(); i++) {
        if (batch.token(i) == POISON && batch.position(i) == POISONED_POSITION) {
          throw new IllegalStateException("poison");
        }
      }
      return super.embed(table, batch);
    }

    @Override
    public void close() {
      ops.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen3", "lfm2"})
  void aFailureHurtsOnlyTheOneAtFault(String family) {
    List<Request> good = new ArrayList<>();
    List<Answer> expected = new ArrayList<>();
    try (Engine engine = Engine.open(model(family))) {
      for (int i = 0; i < 5; i++) {
        good.add(request(i, 20 + 15 * i, 20));
        expected.add(engine.generate(good.getLast()));
      }
    }
    int[] bad = new int[120];
    Arrays.setAll(bad, i -> i == POISONED_POSITION ? POISON : 1 + i);
    Capacity small = Capacity.DEFAULT.withChunks(40, 20);
    EngineOptions options = EngineOptions.DEFAULT.with(small);
    try (Engine engine = EngineLoader.load(model(family), options, Poisoned::new)) {
      List<Generation> all = new ArrayList<>();
      good.forEach(request -> all.add(engine.start(request)));
      Generation fault =
          engine.start(new Request(new Prompt.Tokens(bad), Sampling.GREEDY, 5, List.of()));
      assertThatThrownBy(fault::result).hasMessage("poison");
      for (int i = 0; i < all.size(); i++) {
        assertThat(all.get(i).result().tokens()).isEqualTo(expected.get(i).tokens());
      }
      assertThat(engine.metrics().failed()).isEqualTo(1);
    }
  }

  /** Remembers how many tokens each step of the model computes. */
  private static final class Sizes extends ForwardingOps {
    final List<Integer> sizes;

    Sizes(Ops ops, List<Integer> sizes) {
      super(ops);
      this.sizes = sizes;
    }

    @Override
    public Tensor embed(Weight table, Batch batch) {
      sizes.add(batch.size());
      return super.embed(table, batch);
    }

    @Override
    public void close() {
      ops.close();
    }
  }

  @Test
  void rawLogitsOfALongTextLetTheOthersHaveTheirSteps() throws Exception {
    int[] text = new int[200];
    Arrays.setAll(text, i -> 1 + (7 * i) % 240);
    List<Integer> sizes = Collections.synchronizedList(new ArrayList<>());
    EngineOptions options = EngineOptions.DEFAULT.with(Capacity.DEFAULT.withChunks(256, 48));
    try (Engine engine = EngineLoader.load(model("qwen3"), options, ops -> new Sizes(ops, sizes))) {
      float[][] alone = engine.logits(text, true);
      assertThat(sizes).as("nobody else is there: in one go").containsExactly(200);
      AtomicReference<float[][]> beside = new AtomicReference<>();
      Thread asking = new Thread(() -> beside.set(engine.logits(text, true)));
      engine.listen(
          new EngineListener() {
            @Override
            public void stepDone(StepMetrics step) {
              if (step.generating() == 1 && asking.getState() == Thread.State.NEW) {
                asking.start();
                while (asking.getState() != Thread.State.WAITING) { // for its result
                  Thread.onSpinWait();
                }
              }
            }
          });
      Generation generation = engine.start(request(1, 3, 200));
      assertThat(generation.result().tokens()).isNotEmpty();
      asking.join();
      List<Integer> seen = List.copyOf(sizes);
      int first = seen.indexOf(48);
      assertThat(seen.subList(first, first + 9)).containsExactly(48, 1, 48, 1, 48, 1, 48, 1, 8);
      assertThat(beside.get()).isDeepEqualTo(alone);
    }
  }

  @Test
  void whoWaitsForRawLogitsIsToldWhenTheEngineCloses() throws Exception {
    int[] text = new int[200];
    Arrays.fill(text, 9);
    EngineOptions options = EngineOptions.DEFAULT.with(Capacity.DEFAULT.withChunks(1, 1));
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch closing = new CountDownLatch(1);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Engine engine =
        EngineLoader.load(
            model("qwen3"),
            options,
            ops ->
                new ForwardingOps(ops) {
                  @Override
                  public Tensor embed(Weight table, Batch batch) {
                    begun.countDown();
                    try {
                      closing.await();
                    } catch (InterruptedException e) {
                      throw new AssertionError(e);
                    }
                    return super.embed(table, batch);
                  }

                  @Override
                  public void close() {
                    ops.close();
                  }
                });
    Thread asking = new Thread(() -> engine.logits(text, false));
    asking.setUncaughtExceptionHandler((_, e) -> failure.set(e));
    asking.start();
    begun.await();
    Thread closer = new Thread(engine::close);
    closer.start();
    while (closer.getState() != Thread.State.WAITING) { // for the driver's end
      Thread.onSpinWait();
    }
    closing.countDown();
    closer.join();
    asking.join();
    assertThat(failure.get()).isInstanceOf(JishiException.Closed.class);
  }

  @Test
  void whenItsTimeIsUpAnAnswerEndsWithWhatIsThere() {
    try (Engine engine = open(Capacity.DEFAULT)) {
      Request late = request(1, 10, 100).with(new Request.Service(0, Duration.ZERO));
      Answer answer = engine.generate(late);
      assertThat(answer.finish()).isEqualTo(Answer.Finish.DEADLINE);
      assertThat(answer.tokens()).isEmpty();
      Request soon = request(1, 10, 3).with(new Request.Service(0, Duration.ofHours(1)));
      assertThat(engine.generate(soon).finish()).isEqualTo(Answer.Finish.LENGTH);
    }
    assertThatThrownBy(() -> new Request.Service(0, Duration.ofSeconds(-1)))
        .isInstanceOf(JishiException.BadRequest.class);
    assertThatThrownBy(() -> new Request.Service(1000, null)).hasMessageContaining("priority");
  }

  @Test
  void aHigherPriorityIsServedFirst() {
    ConcurrentLinkedQueue<Integer> order = new ConcurrentLinkedQueue<>();
    try (Engine engine = open(Capacity.DEFAULT.withSequences(1))) {
      engine.listen(
          new EngineListener() {
            @Override
            public void requestEnded(RequestMetrics request) {
              order.add(request.usage().promptTokens());
            }
          });
      Gate gate = new Gate();
      engine.listen(gate);
      List<Generation> all = new ArrayList<>();
      gate.lock.lock();
      all.add(engine.start(request(1, 10, 20)));
      for (int i = 1; i < 5; i++) {
        all.add(engine.start(request(i, 10 + i, 2).with(new Request.Service(i, null))));
      }
      gate.lock.unlock();
      all.forEach(Generation::result);
    }
    assertThat(order).containsExactly(14, 13, 12, 11, 10);
  }

  @Test
  void aVanishedCallerFreesItsPlace() {
    EngineOptions options =
        EngineOptions.DEFAULT.withQueue(0).with(Capacity.DEFAULT.withSequences(2));
    Engine engine = Engine.open(model("qwen3"), options);
    try (engine) {
      Gate gate = new Gate();
      engine.listen(gate);
      for (int i = 0; i < 30; i++) {
        gate.lock.lock();
        Generation one = engine.start(request(i, 30, 0));
        Generation two = engine.start(request(i + 1, 30, 0));
        assertThatThrownBy(() -> engine.start(request(3, 3, 1)))
            .isInstanceOf(JishiException.Busy.class);
        one.close();
        two.cancel();
        gate.lock.unlock();
        assertThat(one.result().finish()).isEqualTo(Answer.Finish.CANCELLED);
        assertThat(two.result().finish()).isEqualTo(Answer.Finish.CANCELLED);
      }
    }
    assertThat(engine.metrics().refused()).isEqualTo(30);
    assertThat(engine.metrics().answered()).isEqualTo(60);
    assertThat(engine.metrics().running()).isZero();
  }

  @Test
  void siblingsOutliveACancelledFirstAnswer() {
    try (Engine engine = open(Capacity.DEFAULT)) {
      int[] expected = engine.generate(request(5, 60, 10)).tokens();
      List<Generation> several = engine.start(request(5, 60, 10), 3);
      several.getFirst().cancel();
      assertThat(several.get(1).result().tokens()).isEqualTo(expected);
      assertThat(several.get(2).result().tokens()).isEqualTo(expected);
      assertThatThrownBy(() -> engine.start(request(1, 1, 1), 1000))
          .isInstanceOf(JishiException.BadRequest.class);
    }
  }

  @Test
  void listenersAreToldAndTheirFailuresHurtNobody() {
    List<RequestMetrics> ended = new ArrayList<>();
    AtomicLong tokens = new AtomicLong();
    Engine engine = open(Capacity.DEFAULT);
    try (engine) {
      engine.listen(
          new EngineListener() {
            @Override
            public void stepDone(StepMetrics step) {
              throw new IllegalStateException("a listener's own fault; this line is expected");
            }
          });
      engine.listen(
          new EngineListener() {
            @Override
            public void requestEnded(RequestMetrics request) {
              ended.add(request);
            }

            @Override
            public void stepDone(StepMetrics step) {
              tokens.addAndGet(step.tokens());
            }
          });
      engine.generate(request(1, 70, 2));
      engine.generate(request(1, 70, 2));
    }
    EngineMetrics metrics = engine.metrics();
    assertThat(metrics.stepTokens()).isEqualTo(tokens.get());
    assertThat(metrics.answered()).isEqualTo(2);
    assertThat(metrics.generatedTokens()).isEqualTo(4);
    assertThat(metrics.hitRate()).isBetween(0.4, 0.6);
    assertThat(ended).hasSize(2);
    RequestMetrics second = ended.get(1);
    assertThat(second.usage().cachedTokens()).isEqualTo(69);
    assertThat(second.finish()).isEqualTo(Answer.Finish.LENGTH);
    assertThat(second.firstTokenNanos()).isPositive();
    assertThat(second.meanBatch()).isEqualTo(1);
  }

  @Test
  void aStepOfTheEngineAllocatesNextToNothing() {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    AtomicLong least = new AtomicLong(Long.MAX_VALUE);
    try (Engine engine = open(Capacity.DEFAULT)) {
      engine.listen(
          new EngineListener() {
            private long before;

            @Override
            public void stepDone(StepMetrics step) {
              long now = threads.getCurrentThreadAllocatedBytes();
              if (step.generating() == 4 && step.prompts() == 0) {
                // Compilation may still be under way in some steps: the least of many counts.
                least.accumulateAndGet(now - before, Math::min);
              }
              before = threads.getCurrentThreadAllocatedBytes();
            }
          });
      engine.start(request(1, 20, 150), 4).forEach(Generation::result);
    }
    assertThat(least.get()).isLessThanOrEqualTo(STEP_BYTES);
  }
}
