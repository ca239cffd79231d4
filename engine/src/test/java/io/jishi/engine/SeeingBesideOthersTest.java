// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import static io.jishi.engine.SeeingTest.CONTEXT;
import static io.jishi.engine.SeeingTest.QWEN;
import static io.jishi.engine.SeeingTest.QWEN_IMAGE;
import static io.jishi.engine.SeeingTest.chat;
import static io.jishi.engine.SeeingTest.golden;
import static io.jishi.engine.SeeingTest.greedy;
import static io.jishi.engine.SeeingTest.image;
import static io.jishi.engine.SeeingTest.ints;
import static io.jishi.engine.SeeingTest.open;
import static io.jishi.engine.SeeingTest.other;
import static io.jishi.engine.SeeingTest.qwenPrompt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.model.vision.Image;
import io.jishi.tensor.Batch;
import io.jishi.tensor.BidirectionalAttention;
import io.jishi.tensor.DType;
import io.jishi.tensor.ForwardingOps;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Tensor;
import io.jishi.testkit.SeeingFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images beside other callers: searches, towers between steps, sessions. */
class SeeingBesideOthersTest {
  @TempDir Path temp;

  private Path qwen() throws IOException {
    return SeeingFolder.write(temp.resolve("qwen"), QWEN, QWEN_IMAGE);
  }

  /** Operations that note in which order the model and its tower compute. */
  private static final class Noting extends ForwardingOps {
    private final StringBuffer order;
    private final char name;

    Noting(Ops ops, StringBuffer order, char name) {
      super(ops);
      this.order = order;
      this.name = name;
    }

    @Override
    public void begin(Batch batch) {
      order.append(name);
      super.begin(batch);
    }

    @Override
    public Tensor bidirectionalAttention(
        Tensor qkv, BidirectionalAttention attention, Batch batch) {
      order.append(name); // once a layer
      return super.bidirectionalAttention(qkv, attention, batch);
    }
  }

  @Test
  void othersGetTheirTokensBetweenTheLayersOfATower() throws Exception {
    StringBuffer order = new StringBuffer();
    AtomicInteger made = new AtomicInteger();
    Path folder = qwen();
    EngineOptions options =
        EngineOptions.DEFAULT.withContext(CONTEXT).with(Precision.EXACT).withCache(DType.F32);
    Request seeing = greedy(qwenPrompt(image(QWEN)), 6);
    Request plain = greedy(chat(Message.user(SeeingFolder.text(1, 2, 3))), 100);
    Request blind = plain.with(new Request.Ending(100, Set.of(), false));
    Answer alone;
    Answer other;
    try (Engine engine = open(folder)) {
      alone = engine.generate(seeing);
      other = engine.generate(blind);
    }
    try (Engine engine =
        EngineLoader.load(
            folder,
            options,
            ops -> new Noting(ops, order, made.getAndIncrement() == 0 ? 'm' : 'T'))) {
      Gate gate = new Gate();
      engine.listen(gate);
      gate.lock.lock();
      Generation beside = engine.start(blind);
      gate.awaitStep();
      AtomicReference<Answer> answer = new AtomicReference<>();
      Thread caller = Thread.ofPlatform().start(() -> answer.set(engine.generate(seeing)));
      while (caller.getState() != Thread.State.WAITING) { // for the tower
        Thread.onSpinWait();
      }
      gate.lock.unlock();
      caller.join();
      assertThat(answer.get().logprobs()).isEqualTo(alone.logprobs());
      assertThat(beside.result().logprobs()).isEqualTo(other.logprobs());
    }
    // The tower begins with its first layer, and a step of the model follows each of its layers.
    assertThat(order).containsPattern("mTTmTmTm");
  }

  @Test
  void searchesWithAnImageAreThoseOfTheirTextsAlone() throws IOException {
    Path folder = qwen();
    Prompt prompt = qwenPrompt(image(QWEN));
    Request request = greedy(prompt, 6).with((Sampling) null);
    Search.Beams rules = new Search.Beams(3, 3, 1, Search.Beams.Early.LIKELY);
    List<Answer> alone;
    try (Engine engine = open(folder)) {
      Answer greedy = engine.generate(greedy(prompt, 6));
      Answer one = engine.search(request, Search.Beams.of(1)).result().getFirst();
      assertThat(one.tokens()).isEqualTo(greedy.tokens());
      assertThat(one.logprobs()).isEqualTo(greedy.logprobs());
      alone = engine.search(request, rules).result();
      for (Answer answer : alone) { // each text has the probabilities that it has as a prompt
        int[] ids = ints(golden(QWEN), "input_ids");
        int[] whole = Arrays.copyOf(ids, ids.length + answer.tokens().length);
        System.arraycopy(answer.tokens(), 0, whole, ids.length, answer.tokens().length);
        Request scored =
            greedy(new Prompt.Tokens(whole, List.of(image(QWEN))), 1)
                .with(new Request.Output(-1, 0, false));
        List<TokenLogprob> scores = engine.generate(scored).promptLogprobs();
        for (int i = 0; i < answer.tokens().length; i++) {
          assertThat(scores.get(ids.length - 1 + i).logprob())
              .isEqualTo(answer.logprobs().get(i).logprob());
        }
      }
    }
    Capacity tight = new Capacity(2, CONTEXT, 7, 7, 0);
    try (Engine engine = open(folder, tight)) { // cut within the image, and preempted
      Search.Run run = engine.search(request, rules);
      List<Generation> beside =
          engine.start(
              greedy(qwenPrompt(other(image(QWEN))), 6).with(new Sampling(1, 0, 1, 0, 5L)), 3);
      Search.Run best = engine.search(request.with(new Sampling(1, 0, 1, 0, 9L)), BEST);
      List<Answer> found = run.result();
      for (int i = 0; i < 3; i++) {
        assertThat(found.get(i).tokens()).isEqualTo(alone.get(i).tokens());
        assertThat(found.get(i).logprobs()).isEqualTo(alone.get(i).logprobs());
      }
      try (Engine fresh = open(folder)) {
        Request seeded =
            greedy(qwenPrompt(other(image(QWEN))), 6).with(new Sampling(1, 0, 1, 0, 5L));
        for (int i = 0; i < 3; i++) {
          assertThat(beside.get(i).result().tokens())
              .isEqualTo(fresh.generate(Engine.choice(seeded, i)).tokens());
        }
        Request drawn = request.with(new Sampling(1, 0, 1, 0, 9L));
        assertThat(best.result().getFirst().tokens())
            .isEqualTo(
                IntStream.range(0, 4)
                    .mapToObj(i -> fresh.generate(Engine.choice(drawn, i)))
                    .max(Comparator.comparingDouble(BestOfRun::score))
                    .orElseThrow()
                    .tokens());
      }
    }
  }

  private static final Search.BestOf BEST = new Search.BestOf(1, 4);

  @Test
  void aSessionWithAnImageIsFoundAgainByTheSameImageAlone() throws IOException {
    Path folder = qwen();
    Path session = temp.resolve("seen.session");
    Image image = image(QWEN);
    int[] ids = ints(golden(QWEN), "input_ids");
    Answer first;
    try (Engine engine = open(folder)) {
      engine.generate(greedy(qwenPrompt(other(image)), 2)); // the image is not the first one seen
      first = engine.generate(greedy(qwenPrompt(image), 8));
      assertThat(engine.save(qwenPrompt(image), session)).isEqualTo(ids.length);
    }
    try (Engine engine = open(folder)) {
      assertThat(engine.restore(session)).isEqualTo(ids);
      Answer other = engine.generate(greedy(qwenPrompt(other(image)), 8));
      Answer again = engine.generate(greedy(qwenPrompt(image), 8));
      assertThat(other.usage().cachedTokens()).isEqualTo(6); // before the image
      assertThat(again.usage().cachedTokens()).isEqualTo(ids.length - 1);
      assertThat(again.logprobs()).isEqualTo(first.logprobs());
      assertThat(other.logprobs()).isNotEqualTo(first.logprobs());
    }
    byte[] bytes = Files.readAllBytes(session);
    for (int at : new int[] {60, 64, 68, 80, 100, bytes.length - 8}) { // images, digests, tokens
      byte[] torn = bytes.clone();
      torn[at] ^= 0x41;
      Path file = Files.write(temp.resolve("torn"), torn);
      try (Engine engine = open(folder)) {
        assertThatThrownBy(() -> engine.restore(file)).isInstanceOf(JishiException.BadFile.class);
        assertThat(engine.generate(greedy(qwenPrompt(image), 8)).usage().cachedTokens()).isZero();
      }
    }
  }
}
