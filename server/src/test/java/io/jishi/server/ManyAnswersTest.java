// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.engine.Answer;
import io.jishi.engine.Engine;
import io.jishi.engine.Generation;
import io.jishi.engine.Prompt;
import io.jishi.engine.Request;
import io.jishi.engine.Sampling;
import io.jishi.engine.Search;
import io.jishi.server.FakeEngine.Script;
import io.jishi.testkit.BlockType;
import io.jishi.testkit.RandomModel;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several answers to one call, over HTTP. */
class ManyAnswersTest {
  private static final ServerOptions FREE_PORT = ServerOptions.DEFAULT.withPort(0);
  private static final String BODY = "{\"prompt\":\"Once\",\"max_tokens\":6";

  @TempDir Path temp;

  private Engine engine() {
    Path file = temp.resolve("model.gguf");
    RandomModel.write(file, RandomModel.Shape.tiny(BlockType.F32));
    return Engine.open(file);
  }

  private static Request request(Sampling sampling) {
    return new Request(new Prompt.Text("Once"), sampling, 6, List.of());
  }

  private static List<JsonObject> choices(HttpResponse<String> response) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return Http.json(response).array("choices").orElseThrow().stream()
        .map(choice -> JsonObject.of("choice", choice))
        .toList();
  }

  private static List<String> texts(HttpResponse<String> response) {
    List<String> texts = new ArrayList<>();
    for (JsonObject choice : choices(response)) {
      assertThat(choice.requireInt("index")).isEqualTo(texts.size());
      texts.add(choice.text("text").orElseThrow());
    }
    return texts;
  }

  @Test
  void nAnswersAreThoseOfTheEngineWholeAndStreamed() {
    try (Engine engine = engine();
        JishiServer server = JishiServer.start(engine, FREE_PORT)) {
      Http http = new Http(server);
      Sampling sampling = new Sampling(1, 0, 1, 0, 5L);
      List<String> expected =
          engine.start(request(sampling), 3).stream()
              .map(Generation::result)
              .map(Answer::text)
              .toList();
      assertThat(expected).as("different seeds").doesNotHaveDuplicates();
      String body = BODY + ",\"n\":3,\"seed\":5";
      HttpResponse<String> whole = http.post(Http.COMPLETIONS, body + "}");
      assertThat(texts(whole)).isEqualTo(expected);
      JsonObject usage = Http.json(whole).object("usage").orElseThrow();
      int prompt = usage.requireInt("prompt_tokens");
      assertThat(usage.requireInt("total_tokens") - usage.requireInt("completion_tokens"))
          .as("the prompt counts once")
          .isEqualTo(prompt);

      String streamed = body + ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}";
      List<StringBuilder> pieces =
          List.of(new StringBuilder(), new StringBuilder(), new StringBuilder());
      int ended = 0;
      List<String> events = List.of(http.post(Http.COMPLETIONS, streamed).body().split("\n\n"));
      assertThat(events.getLast()).isEqualTo("data: [DONE]");
      for (String event : events.subList(0, events.size() - 2)) {
        JsonObject chunk = JsonObject.of("chunk", Json.parse("chunk", event.substring(6)));
        JsonObject choice =
            JsonObject.of("choice", chunk.array("choices").orElseThrow().getFirst());
        pieces.get(choice.requireInt("index")).append(choice.text("text").orElseThrow());
        ended += choice.text("finish_reason").isPresent() ? 1 : 0;
      }
      assertThat(pieces.stream().map(Object::toString).toList()).isEqualTo(expected);
      assertThat(ended).isEqualTo(3);
      JsonObject last =
          JsonObject.of("usage", Json.parse("usage", events.get(events.size() - 2).substring(6)));
      assertThat(last.object("usage").orElseThrow().fields().get("completion_tokens"))
          .isEqualTo(usage.fields().get("completion_tokens"));
      http.client().close();
    }
  }

  @Test
  void rankedAnswersAreThoseOfTheEngine() {
    try (Engine engine = engine();
        JishiServer server = JishiServer.start(engine, FREE_PORT)) {
      Http http = new Http(server);
      List<Answer> beams =
          engine
              .search(request(null), new Search.Beams(2, 3, 0.5f, Search.Beams.Early.NEVER))
              .result();
      String asked = ",\"n\":2,\"beams\":3,\"length_penalty\":0.5,\"early_stopping\":\"never\"}";
      assertThat(texts(http.post(Http.COMPLETIONS, BODY + asked)))
          .isEqualTo(beams.stream().map(Answer::text).toList());
      Sampling sampling = new Sampling(1, 0, 1, 0, 8L);
      List<Answer> best = engine.search(request(sampling), new Search.BestOf(1, 4)).result();
      assertThat(texts(http.post(Http.COMPLETIONS, BODY + ",\"best_of\":4,\"seed\":8}")))
          .containsExactly(best.getFirst().text());
      String form = ",\"n\":2,\"beams\":3,\"guided_regex\":\"[a-c]{2}\"}";
      assertThat(texts(http.post(Http.COMPLETIONS, BODY + form)))
          .hasSize(2)
          .doesNotHaveDuplicates()
          .allMatch(text -> text.matches("[a-c]{2}"));
      HttpResponse<String> refused =
          http.post(Http.COMPLETIONS, BODY + ",\"beams\":2,\"temperature\":0.7}");
      assertThat(refused.statusCode()).isEqualTo(400);
      assertThat(Http.error(refused).text("message").orElseThrow()).contains("beams draw nothing");
      refused = http.post(Http.COMPLETIONS, BODY + ",\"best_of\":1000}");
      assertThat(refused.statusCode()).isEqualTo(400);
      assertThat(Http.error(refused).text("param")).contains("best_of");
      http.client().close();
    }
  }

  @SuppressWarnings("try") // closing before the end is what is tested
  @Test
  void aPieceOfOneAnswerDoesNotWaitForAnother() throws Exception {
    FakeEngine engine = new FakeEngine();
    List<Script> scripts = new ArrayList<>();
    engine.answer =
        _ -> {
          scripts.add(new Script());
          return scripts.getLast();
        };
    try (JishiServer server = JishiServer.start(engine, FREE_PORT)) {
      Http http = new Http(server);
      String body = "{\"prompt\":\"x\",\"n\":2,\"stream\":true}";
      Socket socket = http.raw(Http.COMPLETIONS, body);
      engine.started.take();
      engine.started.take();
      StringBuilder seen = new StringBuilder();
      for (int i = 0; i < 6; i++) { // in turn: none has ended before the last
        String piece = "piece-" + i;
        scripts.get(i % 2).say(piece);
        while (seen.indexOf(piece) < 0) {
          seen.append((char) socket.getInputStream().read());
        }
        assertThat(seen.toString()).contains("\"index\":" + i % 2 + ",\"text\":\"" + piece);
      }
      socket.close();
      for (Script script : scripts) { // the client is gone: nobody wants either
        assertThat(script.cancelled.await(1, TimeUnit.MINUTES)).isTrue();
      }
      http.client().close();
    }
  }

  @Test
  void whereOneFailsAllEndAndTheClientIsTold() throws Exception {
    FakeEngine engine = new FakeEngine();
    Script good = new Script().say("x");
    engine.answer =
        _ ->
            engine.requests.size() == 1
                ? good
                : new Script().fail(new IllegalStateException("secret"));
    try (JishiServer server = JishiServer.start(engine, FREE_PORT)) {
      Http http = new Http(server);
      String body = "{\"prompt\":\"x\",\"n\":2,\"stream\":true}";
      String answer = http.post(Http.COMPLETIONS, body).body();
      assertThat(answer).contains("internal error").doesNotContain("[DONE]", "secret");
      assertThat(good.cancelled.await(1, TimeUnit.MINUTES)).isTrue();
      http.client().close();
    }
  }
}
