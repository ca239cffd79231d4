// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.tensor.DType;
import io.jishi.tensor.Precision;
import io.jishi.testkit.Shared;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models that others trained. */
class RealModelTest {

  /**
   * {@code FAST} would round the products of F16 weights to BF16: a near tie may fall the other
   * way.
   */
  @ParameterizedTest
  @CsvSource({"F32, FAST", "F32, EXACT", "F16, EXACT"})
  void theEmptyPromptGivesTheStoryOfTheReference(String type, Precision precision)
      throws Exception {
    Path folder = Shared.require("weights/stories260K");
    String expected = Files.readString(folder.resolve("expected.txt")).stripTrailing();
    Path file = folder.resolve("stories260K-" + type + ".gguf");
    try (Engine engine = Engine.open(file, EngineOptions.DEFAULT.with(precision))) {
      Request request = Request.text("").with(Sampling.GREEDY).withMaxTokens(200);
      assertThat(engine.generate(request).text()).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"F16", "Q8_0"})
  void roundedProductsTellAStoryToo(String type) {
    Path file = Shared.require("weights/stories260K/stories260K-" + type + ".gguf");
    try (Engine engine = Engine.open(file)) {
      Request request = Request.text("").with(Sampling.GREEDY).withMaxTokens(60);
      assertThat(engine.generate(request).text())
          .startsWith("Once upon a time, there was a little girl named Lily.");
    }
  }

  /** Rounded keys and values may tip a near tie, but not before the story is told. */
  @ParameterizedTest
  @ValueSource(strings = {"F32", "F16", "BF16", "Q8_0"})
  void everyCacheTellsTheStory(DType cache) throws Exception {
    Path folder = Shared.require("weights/stories260K");
    Path file = folder.resolve("stories260K-F32.gguf");
    try (Engine engine = Engine.open(file, EngineOptions.DEFAULT.withCache(cache))) {
      Request request = Request.text("").with(Sampling.GREEDY).withMaxTokens(60);
      assertThat(engine.generate(request).text())
          .startsWith("Once upon a time, there was a little girl named Lily.");
    }
  }

  @Test
  void aFolderOfSafetensorsTellsAStoryToItsEnd() {
    Path folder = Shared.require("weights/learning-lm-story");
    try (Engine engine = Engine.open(folder)) {
      Answer answer =
          engine.generate(
              Request.text("Once upon a time").with(Sampling.GREEDY).withMaxTokens(400));
      assertThat(answer.finish()).isEqualTo(Answer.Finish.STOP);
      assertThat(answer.text()).contains("little girl named Lily").endsWith("<|end_story|>");
      assertThatThrownBy(() -> engine.generate(Request.chat(Message.user("Hi"))))
          .isInstanceOf(JishiException.BadRequest.class)
          .hasMessageContaining("no chat template");
    }
  }
}
