// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.testkit.BlockType;
import io.jishi.testkit.GgufWriter;
import io.jishi.testkit.RandomModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers of a random model, which left alone writes nonsense. */
class FormTest {
  private static final String TEMPLATE =
      "{% for t in tools or [] %}{{ t.function.name }}{% endfor %}"
          + "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"
          + "{% if add_generation_prompt %}[assistant]{% if think %}<think>{% endif %}{% endif %}"
          + "{# <think> <tool_call> #}";

  @TempDir static Path temp;
  static Engine engine;

  @BeforeAll
  static void open() throws Exception {
    Path file = temp.resolve("tiny.gguf");
    GgufWriter writer = RandomModel.writer(RandomModel.Shape.tiny(BlockType.Q8_0));
    writer.put("tokenizer.chat_template", TEMPLATE);
    writer.write(file);
    engine = Engine.open(file);
  }

  @AfterAll
  static void close() {
    engine.close();
  }

  private static Request ask(long seed) {
    return Request.text("Hello").with(new Sampling(1.5f, 0, 1, 0, seed)).withMaxTokens(120);
  }

  private static final Request.Ending IN_TIME = new Request.Ending(0, Set.of(), true);

  @Test
  void anAnswerHasTheFormThatWasAskedFor() {
    Constraint schema =
        new Constraint.JsonSchema(
            "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"},\"t\":{\"type\":\"string\"}},"
                + "\"required\":[\"n\",\"t\"],\"additionalProperties\":false}");
    for (long seed = 0; seed < 6; seed++) {
      Answer answer = engine.generate(ask(seed).with(schema).with(IN_TIME));
      assertThat(answer.finish()).isEqualTo(Answer.Finish.STOP);
      Map<?, ?> json = (Map<?, ?>) Json.parse("answer", answer.text());
      assertThat(json.get("n")).isInstanceOf(Long.class);
      assertThat(json.get("t")).isInstanceOf(String.class);
      assertThat(engine.generate(ask(seed).with(new Constraint.Regex("[0-9]{4}-[a-f]+!"))).text())
          .matches("[0-9]{4}-[a-f]+!?");
      assertThat(
              engine.generate(ask(seed).with(new Constraint.Choice(List.of("yes", "no")))).text())
          .isIn("yes", "no");
    }
  }

  @Test
  void aConversationsFirstTokenLosesItsBlankAndTheFormIsKept() {
    Request chat = Request.chat(Message.user("Hi")).with(new Sampling(1.5f, 0, 1, 0, 3L));
    Answer answer = engine.generate(chat.with(new Constraint.Choice(List.of("one", "two"))));
    // The template shows thoughts, so the model may think first.
    assertThat(answer.text())
        .satisfiesAnyOf(
            t -> assertThat(t).isIn("one", "two"), t -> assertThat(t).startsWith("<think>"));
  }

  @Test
  void freeTextComesBeforeATriggerAndTheFormBehindIt() {
    Constraint form = new Constraint.After("e", new Constraint.Regex("<[0-9]>"));
    for (long seed = 0; seed < 10; seed++) {
      Answer answer = engine.generate(ask(seed).withMaxTokens(400).with(form));
      if (answer.finish() == Answer.Finish.STOP) {
        assertThat(answer.text()).matches("(?s)[^e]*e<[0-9]>");
        return;
      }
    }
    throw new AssertionError("the trigger never came");
  }

  @Test
  void aDemandedCallIsWrittenAsTheFamilyDoesAndFitsTheSchema() {
    Tool tool =
        new Tool(
            "add",
            "adds",
            Map.of(
                "type",
                "object",
                "properties",
                Map.of("a", Map.of("type", "integer")),
                "required",
                List.of("a"),
                "additionalProperties",
                false));
    Prompt prompt =
        new Prompt.Chat(List.of(Message.user("1+1")), Map.of("think", false), List.of(tool));
    boolean found = false;
    for (long seed = 0; seed < 20 && !found; seed++) {
      Request request =
          new Request(prompt, new Sampling(1, 0, 1, 0, seed), 200, List.of())
              .with(new Constraint.ToolCall("add"))
              .with(new Request.Output(-1, -1, true))
              .with(IN_TIME);
      Answer answer = engine.generate(request);
      for (Part part : answer.parts()) {
        if (part instanceof Part.ToolCall call) {
          assertThat(call.name()).isEqualTo("add");
          assertThat(call.valid()).isTrue();
          found = true;
        }
      }
    }
    assertThat(found).isTrue();
    assertThatThrownBy(
            () -> engine.start(Request.chat(Message.user("x")).with(new Constraint.ToolCall(null))))
        .isInstanceOf(JishiException.BadRequest.class);
  }

  @Test
  void logProbabilitiesStandBesideTheTokens() {
    Request request = ask(1).with(new Request.Output(3, 2, false)).withMaxTokens(5);
    Answer answer = engine.generate(request);
    assertThat(answer.logprobs()).hasSize(answer.usage().generatedTokens());
    assertThat(answer.promptLogprobs()).hasSize(answer.usage().promptTokens() - 1);
    for (TokenLogprob logprob : answer.logprobs()) {
      assertThat(logprob.top()).hasSize(3);
      assertThat(logprob.logprob()).isLessThanOrEqualTo(logprob.top().getFirst().logprob());
    }
    for (int i = 0; i < answer.tokens().length; i++) {
      assertThat(answer.logprobs().get(i).token()).isEqualTo(answer.tokens()[i]);
    }
    assertThat(engine.generate(request).promptLogprobs()).isEqualTo(answer.promptLogprobs());
  }

  @Test
  void stopTokensAndMinimumTokensAreKept() {
    Answer free = engine.generate(ask(2));
    int stop = free.tokens()[10];
    int first = 0;
    while (free.tokens()[first] != stop) {
      first++;
    }
    Answer cut = engine.generate(ask(2).with(new Request.Ending(0, Set.of(stop), false)));
    assertThat(cut.finish()).isEqualTo(Answer.Finish.STOP);
    assertThat(cut.tokens()).hasSize(first);
    Answer longer = engine.generate(ask(2).with(new Request.Ending(60, Set.of(stop), false)));
    assertThat(longer.tokens().length).isGreaterThanOrEqualTo(60);
    assertThat(java.util.Arrays.stream(longer.tokens()).limit(60)).doesNotContain(stop);
  }

  @Test
  void aWrongFormIsAnErrorOfItsCallerAlone() {
    for (Constraint bad :
        List.of(
            new Constraint.Regex("(("),
            new Constraint.Grammar("root ::= root"),
            new Constraint.JsonSchema("{\"not\":{}}"),
            new Constraint.Choice(List.of()))) {
      assertThatThrownBy(() -> engine.start(ask(1).with(bad)))
          .isInstanceOf(JishiException.BadRequest.class);
    }
    assertThatThrownBy(() -> ask(1).withStop(java.util.Collections.nCopies(1_000_000, "x")))
        .isInstanceOf(JishiException.BadRequest.class);
    assertThat(engine.generate(ask(1).withMaxTokens(3)).usage().generatedTokens()).isPositive();
  }
}
