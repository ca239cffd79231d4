// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.tensor.DType;
import io.jishi.tensor.Precision;
import io.jishi.tensor.StateSpec;
import io.jishi.testkit.BlockType;
import io.jishi.testkit.GgufWriter;
import io.jishi.testkit.RandomModel;
import io.jishi.text.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineTest {
  private static final String TEMPLATE =
      "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"
          + "{% if add_generation_prompt %}[assistant]{% endif %}";

  @TempDir static Path temp;
  static Path file;
  static Engine engine;

  @BeforeAll
  static void open() throws Exception {
    file = temp.resolve("tiny.gguf");
    GgufWriter writer = RandomModel.writer(RandomModel.Shape.tiny(BlockType.Q8_0));
    writer.put("tokenizer.chat_template", TEMPLATE);
    writer.write(file);
    engine = Engine.open(file);
  }

  @AfterAll
  static void close() {
    engine.close();
  }

  private static Request words(String text, int tokens) {
    return Request.text(text).with(Sampling.GREEDY).withMaxTokens(tokens);
  }

  @Test
  void thePiecesJoinedAreTheText() {
    StringBuilder pieces = new StringBuilder();
    Answer answer = engine.generate(words("Hello", 40), pieces::append);
    assertThat(pieces).hasToString(answer.text());
    assertThat(answer.tokens().length).isBetween(1, 40);
    assertThat(answer.usage().generatedTokens()).isBetween(answer.tokens().length, 40);
    assertThat(answer.usage().prefillNanos()).isPositive();
  }

  @Test
  void aSeedGivesTheSameAnswerAndAnotherSeedAnother() {
    Request request = Request.text("Hello").withMaxTokens(30);
    int[] first = engine.generate(request.with(new Sampling(1, 0, 1, 0, 7L))).tokens();
    assertThat(engine.generate(request.with(new Sampling(1, 0, 1, 0, 7L))).tokens())
        .isEqualTo(first);
    assertThat(engine.generate(request.with(new Sampling(1, 0, 1, 0, 8L))).tokens())
        .isNotEqualTo(first);
  }

  @Test
  void aStopTextEndsTheAnswerAndIsNotPartOfIt() {
    String whole = engine.generate(words("Hello", 40)).text();
    String stop = whole.substring(10, 14);
    Answer cut = engine.generate(words("Hello", 40).withStop(List.of("absent", stop)));
    assertThat(cut.text()).isEqualTo(whole.substring(0, whole.indexOf(stop)));
    assertThat(cut.finish()).isEqualTo(Answer.Finish.STOP);
  }

  @Test
  void aSharedBeginningIsNotComputedAgainAndChangesNothing() throws Exception {
    String prompt = "The quick brown fox jumps over the lazy dog";
    Answer fresh;
    try (Engine other = Engine.open(file)) {
      fresh = other.generate(words(prompt, 20));
    }
    engine.generate(words(prompt + " and then", 5));
    Answer reused = engine.generate(words(prompt, 20));
    assertThat(reused.usage().cachedTokens()).isGreaterThan(10);
    assertThat(fresh.usage().cachedTokens()).isZero();
    assertThat(reused.tokens()).isEqualTo(fresh.tokens());
  }

  @Test
  void manyCallersGetTheAnswersThatTheyWouldGetAlone() throws Exception {
    List<Answer> alone = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      alone.add(engine.generate(words("caller " + i, 12)));
    }
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Answer>> together = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        String text = "caller " + i;
        together.add(callers.submit(() -> engine.generate(words(text, 12))));
      }
      for (int i = 0; i < 12; i++) {
        assertThat(together.get(i).get().tokens()).isEqualTo(alone.get(i).tokens());
      }
    }
  }

  @Test
  void aFullQueueIsBusyAndWhatWaitsIsRefusedOnClose() throws Exception {
    Capacity one = Capacity.DEFAULT.withSequences(1);
    Engine small = Engine.open(file, EngineOptions.DEFAULT.withQueue(1).with(one));
    Gate gate = new Gate();
    small.listen(gate);
    gate.lock.lock();
    Generation runs = small.start(words("x", 0));
    gate.awaitStep(); // it runs, and is held behind its first step
    Generation waits = small.start(words("x", 0));
    assertThatThrownBy(() -> small.start(words("x", 0))).isInstanceOf(JishiException.Busy.class);
    Thread closing = Thread.ofVirtual().start(small::close);
    while (!refused(small)) { // until closing has begun
      Thread.onSpinWait();
    }
    gate.lock.unlock();
    closing.join();
    assertThat(runs.result().finish()).isEqualTo(Answer.Finish.CANCELLED);
    assertThatThrownBy(waits::result).isInstanceOf(JishiException.Closed.class);
    small.close();
  }

  /** Whether an engine is closed; while its queue is full nothing is started by asking. */
  private static boolean refused(Engine full) {
    try {
      full.start(words("x", 1));
    } catch (JishiException.Closed e) {
      return true;
    } catch (JishiException.Busy e) {
      return false;
    }
    throw new AssertionError("the queue is not full");
  }

  /** A generation that has begun and is held until something was done. */
  private static Generation during(Consumer<Generation> what) {
    try (Engine own = Engine.open(file)) {
      Gate gate = new Gate();
      own.listen(gate);
      gate.lock.lock();
      Generation generation = own.start(words("Hello", 0));
      gate.awaitStep();
      try {
        what.accept(generation);
      } finally {
        gate.lock.unlock();
      }
      generation.result();
      return generation;
    }
  }

  @Test
  void cancellingEndsAGenerationBeforeItsNextToken() {
    Answer answer = during(Generation::cancel).result();
    assertThat(answer.finish()).isEqualTo(Answer.Finish.CANCELLED);
    assertThat(answer.usage().generatedTokens()).isEqualTo(1);
  }

  @Test
  void interruptingTheCallerCancels() {
    Generation cancelled =
        during(
            generation -> {
              Thread.currentThread().interrupt();
              assertThatThrownBy(generation::result).isInstanceOf(JishiException.Cancelled.class);
              assertThat(Thread.interrupted()).isTrue();
            });
    assertThat(cancelled.result().finish()).isEqualTo(Answer.Finish.CANCELLED);
  }

  @Test
  void aConsumerThatFailsCancels() {
    assertThatThrownBy(
            () ->
                engine.generate(
                    words("Hello", 0),
                    piece -> {
                      throw new IllegalStateException("enough");
                    }))
        .hasMessage("enough");
    assertThat(engine.generate(words("Hello", 3)).usage().generatedTokens()).isEqualTo(3);
  }

  @Test
  void aConversationIsWrittenByTheModelsOwnTemplate() {
    Prompt.Chat chat = new Prompt.Chat(List.of(Message.user("Hi")), Map.of());
    Answer answer = engine.generate(new Request(chat, Sampling.GREEDY, 8, List.of()));
    String text = "[user]Hi[assistant]";
    int[] tokens =
        engine.tokenizer().frame(engine.tokenizer().encode(text, Tokenizer.Special.PARSE));
    Answer same =
        engine.generate(new Request(new Prompt.Tokens(tokens), Sampling.GREEDY, 8, List.of()));
    assertThat(answer.usage().promptTokens()).isEqualTo(tokens.length);
    assertThat(answer.tokens()).isEqualTo(same.tokens());
  }

  @Test
  void wrongRequestsSayWhatIsWrong() {
    int context = engine.info().context();
    assertThatThrownBy(() -> engine.generate(words("x".repeat(10 * context), 1)))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageContaining("the context is " + context);
    assertThatThrownBy(
            () ->
                engine.generate(
                    new Request(new Prompt.Tokens(new int[] {1, 1 << 20}), null, 1, List.of())))
        .hasMessageContaining("token 1048576");
    assertThatThrownBy(() -> Engine.open(file, EngineOptions.DEFAULT.withContext(1 << 20)))
        .isInstanceOf(JishiException.BadRequest.class);
    assertThatThrownBy(() -> new Sampling(Float.NaN, 0, 1, 0, null))
        .isInstanceOf(JishiException.BadRequest.class);
    assertThatThrownBy(() -> Engine.open(temp.resolve("absent.gguf")))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("no such file");
  }

  @Test
  void theAnswerFillsTheContextAndNoMore() {
    Request request = Request.text("Hello").with(new Sampling(1, 0, 1, 0, 3L));
    try (Engine small = Engine.open(file, EngineOptions.DEFAULT.withContext(20))) {
      Answer answer = small.generate(request);
      int total = answer.usage().promptTokens() + answer.usage().generatedTokens();
      assertThat(total).isLessThanOrEqualTo(20);
      if (answer.finish() == Answer.Finish.LENGTH) {
        assertThat(total).isEqualTo(20);
      }
    }
  }

  @Test
  void logitsOfAllPositionsEndWithThoseOfTheLast() {
    int[] tokens = {1, 5, 9, 200, 7};
    float[][] all = engine.logits(tokens, true);
    float[][] last = engine.logits(tokens, false);
    assertThat(all).hasDimensions(5, engine.info().vocabulary());
    assertThat(last[0]).isEqualTo(all[4]);
    assertThat(engine.logits(Arrays.copyOf(tokens, 3), false)[0]).isEqualTo(all[2]);
  }

  @Test
  void theCacheIsTheCallersChoiceAndReuseChangesNothingWithAnyOfThem() {
    Map<DType, Long> bytes = new EnumMap<>(DType.class);
    for (DType type : StateSpec.CACHED) {
      try (Engine other = Engine.open(file, EngineOptions.DEFAULT.withCache(type))) {
        ModelInfo.Memory memory = other.info().memory();
        assertThat(memory.cacheType()).isEqualTo(type.name());
        assertThat(memory.cache()).isEqualTo(memory.cacheTokenBytes() * other.info().context());
        bytes.put(type, memory.cacheTokenBytes());
        Answer fresh = other.generate(words("Once upon a time there was", 20));
        other.generate(words("Once upon a time it snowed", 3));
        Answer again = other.generate(words("Once upon a time there was", 20));
        assertThat(again.usage().cachedTokens()).isPositive();
        assertThat(again.tokens()).isEqualTo(fresh.tokens());
      }
    }
    long f32 = bytes.get(DType.F32);
    assertThat(bytes.get(DType.F16)).isEqualTo(f32 / 2);
    assertThat(bytes.get(DType.BF16)).isEqualTo(f32 / 2);
    assertThat(bytes.get(DType.Q8_0)).isLessThan(f32 * 5 / 16 + 1);
    assertThatThrownBy(() -> EngineOptions.DEFAULT.withCache(DType.Q4_0))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageContaining("cache must be one of");
  }

  @Test
  void enginesOpenAndCloseManyTimes() {
    for (int i = 0; i < 30; i++) {
      try (Engine other = Engine.open(file, EngineOptions.DEFAULT.with(Precision.EXACT))) {
        assertThat(other.generate(words("Hello", 2)).usage().generatedTokens()).isEqualTo(2);
      }
    }
  }

  @Test
  void aDamagedTemplateIsAnErrorOnOpening() throws Exception {
    Path bad = temp.resolve("template.gguf");
    GgufWriter writer = RandomModel.writer(RandomModel.Shape.tiny(BlockType.F32));
    writer.put("tokenizer.chat_template", "{% for %}");
    writer.write(bad);
    assertThatThrownBy(() -> Engine.open(bad)).isInstanceOf(JishiException.BadFile.class);
    Files.delete(bad);
  }
}
