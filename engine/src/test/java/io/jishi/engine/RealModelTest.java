// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.testkit.Shared;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Models that others trained. */
class RealModelTest {

  @ParameterizedTest
  @ValueSource(strings = {"F32", "F16"})
  void theEmptyPromptGivesTheStoryOfTheReference(String type) throws Exception {
    Path folder = Shared.require("weights/stories260K");
    String expected = Files.readString(folder.resolve("expected.txt")).stripTrailing();
    try (Engine engine = Engine.open(folder.resolve("stories260K-" + type + ".gguf"))) {
      Request request = Request.text("").with(Sampling.GREEDY).withMaxTokens(200);
      assertThat(engine.generate(request).text()).isEqualTo(expected);
    }
  }

  @Test
  void quantisedWeightsTellAStoryToo() {
    Path file = Shared.require("weights/stories260K/stories260K-Q8_0.gguf");
    try (Engine engine = Engine.open(file)) {
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
