// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.testkit.BlockType;
import io.jishi.testkit.RandomModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever one caller asks for, it alone is told, and the others lose nothing. */
class BadCallersTest {
  private static final int CONTEXT = 256;

  @TempDir Path temp;

  private static Request text(String text, int tokens) {
    return new Request(new Prompt.Text(text), Sampling.GREEDY, tokens, List.of());
  }

  private static Request schema(String schema) {
    return text("x", 8).with(new Constraint.JsonSchema(schema));
  }

  private static Request regex(String pattern) {
    return text("x", 8).with(new Constraint.Regex(pattern));
  }

  /** What is wrong, by a name for people. */
  private Map<String, ThrowingCallable> wrong(Engine engine, Path session, Path adapter) {
    Map<String, ThrowingCallable> all = new LinkedHashMap<>();
    all.put("contradiction", () -> engine.start(schema("{\"enum\":[1,2],\"type\":\"string\"}")));
    all.put("recursion without end", () -> engine.start(schema("{\"$ref\":\"#\"}")));
    String deep = "{\"items\":".repeat(5000) + "{}" + "}".repeat(5000);
    all.put("a schema too deep", () -> engine.start(schema(deep)));
    all.put("a schema too large", () -> engine.start(schema(wide(200_000))));
    all.put("counts of counts", () -> engine.start(regex("((a{1,999}){1,999}){1,999}")));
    all.put("a pattern too deep", () -> engine.start(regex("(".repeat(50_000))));
    all.put(
        "a million stop texts",
        () -> text("x", 8).withStop(Collections.nCopies(1_000_000, "stop")));
    all.put(
        "a million stop tokens",
        () ->
            text("x", 8)
                .with(
                    new Request.Ending(
                        0,
                        IntStream.range(0, 1_000_000).boxed().collect(Collectors.toSet()),
                        false)));
    all.put("a negative count", () -> text("x", -1));
    all.put("no number", () -> new Sampling(Float.NaN, 0, 1, 0, null));
    all.put("no number either", () -> new Sampling.Mirostat(5, Float.NaN));
    all.put("not finite", () -> new Sampling(1, 0, Float.POSITIVE_INFINITY, 0, null));
    all.put("a prompt beyond the context", () -> engine.start(text("word ".repeat(900), 1)));
    all.put(
        "a token beyond the vocabulary",
        () ->
            engine.start(
                new Request(new Prompt.Tokens(new int[] {1, 1 << 30}), null, 1, List.of())));
    all.put("more answers than places", () -> engine.start(text("x", 1), 100_000));
    all.put(
        "an adapter that is not there",
        () -> engine.start(text("x", 1).with(new Request.Adapted("none", 1))));
    all.put("an adapter of another shape", () -> engine.addAdapter("other", adapter));
    all.put("a session cut short", () -> engine.restore(session));
    all.put(
        "beams that draw",
        () -> engine.search(text("x", 1).with(new Sampling(1, 0, 1, 0, 1L)), Search.Beams.of(2)));
    all.put("beams with a bad form", () -> engine.search(regex("(("), Search.Beams.of(2)));
    return all;
  }

  private static String wide(int properties) {
    return IntStream.range(0, properties)
        .mapToObj(i -> "\"p" + i + "\":{\"type\":\"integer\"}")
        .collect(Collectors.joining(",", "{\"type\":\"object\",\"properties\":{", "}}"));
  }

  @Test
  void isToldAloneAndNobodyElseLosesAnything() throws Exception {
    Path model = temp.resolve("model.gguf");
    RandomModel.write(model, RandomModel.Shape.tiny(BlockType.F32));
    Path session = temp.resolve("session");
    try (Engine engine = Engine.open(model)) {
      engine.generate(text("Once upon a time", 4));
      engine.save(new Prompt.Text("Once upon a time"), session);
      byte[] bytes = Files.readAllBytes(session);
      Files.write(session, java.util.Arrays.copyOf(bytes, bytes.length / 2));
    }
    Path adapter = temp.resolve("lora");
    AdaptersTest.write(AdaptersTest.adapter(1, List.of("q_proj")), adapter);
    List<Answer> expected = new ArrayList<>();
    Engine engine = Engine.open(model);
    try (engine) {
      for (int i = 0; i < 4; i++) {
        expected.add(engine.generate(text("The " + i + ". story", 150)));
      }
      List<Generation> good = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        good.add(engine.start(text("The " + i + ". story", 150)));
      }
      Gate gate = new Gate();
      engine.listen(gate);
      gate.lock.lock();
      Generation vanished = engine.start(text("Nobody reads this", CONTEXT / 2));
      vanished.cancel();
      gate.lock.unlock();
      wrong(engine, session, adapter)
          .forEach(
              (name, call) ->
                  assertThatThrownBy(call)
                      .as(name)
                      .isInstanceOf(JishiException.class)
                      .satisfies(
                          e -> assertThat(e.getMessage()).as(name).hasSizeBetween(10, 1000)));
      engine.generate(regex("(x+x+)+y")); // backtracking would take for ever: this does not
      for (int i = 0; i < good.size(); i++) {
        assertThat(good.get(i).result().tokens()).isEqualTo(expected.get(i).tokens());
      }
      assertThat(vanished.result().finish()).isEqualTo(Answer.Finish.CANCELLED);
    }
    assertThat(engine.metrics().failed()).isZero();
    assertThat(engine.metrics().running() + engine.metrics().waiting()).isZero();
    assertThat(engine.metrics().usedBlocks()).isEqualTo(engine.metrics().cachedBlocks());
  }
}
