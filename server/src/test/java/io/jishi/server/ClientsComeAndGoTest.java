// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.engine.Answer;
import io.jishi.server.FakeEngine.Script;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Many clients, clients that vanish, and a server that stops under them. */
class ClientsComeAndGoTest {
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final String STREAM = Http.HELLO + ",\"stream\":true}";

  private final FakeEngine engine = new FakeEngine();
  private final JishiServer server = JishiServer.start(engine, ServerOptions.DEFAULT.withPort(0));
  private final Http http = new Http(server);

  @AfterEach
  void stop() {
    server.close();
    http.client().close();
  }

  @Test
  void aServerThatStopsWaitsForWhatNothingCanCancel() throws Exception {
    Running running = new Running();
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Thread call =
        Thread.ofVirtual()
            .start(
                () ->
                    running.during(
                        () -> {
                          inside.countDown();
                          try {
                            go.await();
                          } catch (InterruptedException e) {
                            throw new AssertionError(e);
                          }
                        }));
    inside.await();
    running.drain();
    running.cancel();
    assertThat(running.await(Duration.ofMillis(1))).isFalse();
    assertThatThrownBy(() -> running.during(() -> {})).hasMessageContaining("stopping");
    go.countDown();
    call.join();
    assertThat(running.await(Duration.ZERO)).isTrue();
  }

  @Test
  void manyClientsAtOnceEachGetTheirOwnAnswer() throws Exception {
    engine.answer = request -> Script.of(request.prompt().toString());
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<HttpResponse<String>>> answers = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        String body = "{\"prompt\":\"<" + i + ">\",\"stream\":" + (i % 2 == 0) + "}";
        answers.add(threads.submit(() -> http.post(Http.COMPLETIONS, body)));
      }
      for (int i = 0; i < 64; i++) {
        assertThat(answers.get(i).get().body()).contains("<" + i + ">");
      }
    }
  }

  @Test
  void aClientThatVanishesInTheMiddleOfItsStreamCancels() throws Exception {
    Script script = new Script().say("first");
    engine.answer = _ -> script;
    Socket socket = http.raw(Http.CHAT, STREAM);
    readUntil(socket.getInputStream(), "first");
    socket.close();
    assertCancelled(script); // though no further piece was ever written to it
  }

  @Test
  void aClientThatVanishesBeforeTheFirstPieceCancels() throws Exception {
    for (String body : List.of(STREAM, Http.HELLO + "}")) {
      Script script = new Script();
      engine.answer = _ -> script;
      Socket socket = http.raw(Http.CHAT, body);
      assertThat(engine.started.poll(LONG.toSeconds(), TimeUnit.SECONDS)).isSameAs(script);
      socket.close();
      assertCancelled(script);
    }
  }

  @Test
  void aClientThatResetsItsConnectionCancels() throws Exception {
    Script script = new Script();
    engine.answer = _ -> script;
    Socket socket = http.raw(Http.CHAT, Http.HELLO + "}");
    engine.started.take();
    socket.setSoLinger(true, 0);
    socket.close();
    assertCancelled(script);
  }

  @Test
  void oneConnectionServesManyCallsEvenIfTheyAreSentAhead() throws IOException {
    String call =
        "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            + "Content-Length: 14\r\n\r\n{\"prompt\":\"x\"}";
    String last = "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    try (Socket socket = http.raw(call)) {
      readUntil(socket.getInputStream(), "Hello");
      socket.getOutputStream().write((call + call + last).getBytes(StandardCharsets.US_ASCII));
      String rest = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(rest.split("HTTP/1.1 200", -1)).hasSize(4);
      assertThat(rest).endsWith("{\"status\":\"ok\"}");
    }
  }

  @Test
  void drainingRefusesNewCallsAndFinishesThoseUnderWay() throws Exception {
    Script script = new Script();
    engine.answer = _ -> script;
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<HttpResponse<String>> running = threads.submit(() -> http.post(Http.CHAT, STREAM));
      engine.started.take();
      Future<?> drained = threads.submit(() -> server.drain(LONG));
      while (http.get("/health").statusCode() == 200) {
        Thread.onSpinWait();
      }
      assertThat(http.get("/health").body()).isEqualTo("{\"status\":\"draining\"}");
      HttpResponse<String> refused = http.post(Http.CHAT, STREAM);
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(Http.error(refused).text("message").orElseThrow()).contains("stopping");
      assertThat(drained.isDone()).isFalse();
      script.say("the end").end(Answer.Finish.STOP);
      assertThat(running.get().body()).contains("the end").endsWith("data: [DONE]\n\n");
      drained.get();
    }
    assertRefusesConnections();
  }

  @Test
  void whatDoesNotEndWhileDrainingIsCancelledAndTold() throws Exception {
    Script waiting = new Script();
    Script streaming = new Script().say("begun");
    engine.answer = request -> request.maxTokens() == 1 ? waiting : streaming;
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<HttpResponse<String>> plain =
          threads.submit(() -> http.post(Http.CHAT, Http.HELLO + ",\"max_tokens\":1}"));
      Future<HttpResponse<String>> stream = threads.submit(() -> http.post(Http.CHAT, STREAM));
      engine.started.take();
      engine.started.take();
      server.drain(Duration.ofMillis(50));
      assertThat(plain.get().statusCode()).isEqualTo(503);
      assertThat(stream.get().body()).contains("begun").contains("data: {\"error\":{");
      assertThat(stream.get().body()).doesNotContain("[DONE]");
    }
    assertRefusesConnections();
  }

  @Test
  void closingTwiceIsTheSameAsOnce() {
    server.close();
    server.close();
    assertRefusesConnections();
  }

  private void assertRefusesConnections() {
    try (Socket _ = http.raw("")) {
      throw new AssertionError("still listening");
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("refused");
    }
  }

  private static void assertCancelled(Script script) throws InterruptedException {
    assertThat(script.cancelled.await(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  private static void readUntil(InputStream in, String text) throws IOException {
    StringBuilder seen = new StringBuilder();
    while (seen.indexOf(text) < 0) {
      int next = in.read();
      assertThat(next).isNotNegative();
      seen.append((char) next);
    }
  }
}
