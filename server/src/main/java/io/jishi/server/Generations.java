// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.HttpMediaType;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.jishi.base.JishiException;
import io.jishi.engine.Answer;
import io.jishi.engine.Engine;
import io.jishi.engine.Generation;
import io.jishi.engine.Part;
import io.jishi.engine.Search;
import io.jishi.text.Tokenizer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * The calls that generate, from body to answer. A client that goes away cancels its generation,
 * whether it streams or waits.
 */
final class Generations {
  private final Engine engine;
  private final Models models;
  private final Running running;

  Generations(Engine engine, Models models, Running running) {
    this.engine = engine;
    this.models = models;
    this.running = running;
  }

  /** Answers one call. */
  void handle(Call.Api api, ServerRequest request, ServerResponse response) {
    Call call = models.adapted(RequestParser.parse(api, body(request, response)));
    if (call.search() != null) {
      search(call, response);
      return;
    }
    try (Running.Ticket<List<Generation>> ticket =
        running.start(
            () -> engine.start(call.request(), call.choices()),
            all -> all.forEach(Generation::cancel))) {
      List<Generation> generations = ticket.work();
      ClientWatch watch = ClientWatch.current();
      watch.watch(() -> generations.forEach(Generation::cancel));
      AnswerWriter writer = writer(call);
      if (call.stream()) {
        stream(generations, watch, writer, response);
      } else {
        List<Answer> answers = new ArrayList<>();
        for (Generation generation : generations) {
          answers.add(ended(generation.result(), watch));
        }
        Responses.json(response, 200, writer.answer(answers));
      }
    }
  }

  private void search(Call call, ServerResponse response) {
    try (Running.Ticket<Search.Run> ticket =
        running.start(() -> engine.search(call.request(), call.search()), Search.Run::cancel)) {
      ClientWatch watch = ClientWatch.current();
      watch.watch(ticket.work()::cancel);
      List<Answer> answers = ticket.work().result();
      answers.forEach(answer -> ended(answer, watch));
      Responses.json(response, 200, writer(call).answer(answers));
    }
  }

  /**
   * A foreign page in a browser (its calls have an {@code Origin}) cannot send JSON's content type
   * unasked, so it cannot use us; other callers may leave the type out.
   */
  static byte[] body(ServerRequest request, ServerResponse response) {
    boolean json =
        request
            .headers()
            .contentType()
            .map(HttpMediaType::mediaType)
            .filter(type -> type.text().equalsIgnoreCase("application/json"))
            .isPresent();
    if (!json && request.headers().contains(HeaderNames.ORIGIN)) {
      throw new ApiError.Refused(
          ApiError.request(415, null, "send the header 'Content-Type: application/json'"));
    }
    Status status;
    try { // not closed: that would read on after a body above the limit
      return request.content().inputStream().readAllBytes();
    } catch (CloseConnectionException e) {
      throw e;
    } catch (RequestException e) {
      status = e.status();
    } catch (RuntimeException | IOException e) { // Helidon gives all kinds for broken chunks
      status = Status.BAD_REQUEST_400;
    }
    // Where this call ends is not known, so no other can follow.
    response.header(HeaderValues.CONNECTION_CLOSE);
    Responses.error(response, Responses.http(status, "the request's body is malformed"));
    throw new CloseConnectionException("the request's body cannot be read");
  }

  private String piece(int token) {
    Tokenizer tokenizer = engine.tokenizer();
    return tokenizer.isControl(token)
        ? tokenizer.piece(token)
        : new String(tokenizer.bytes(token), StandardCharsets.UTF_8);
  }

  private AnswerWriter writer(Call call) {
    String prefix = call.api() == Call.Api.CHAT ? "chatcmpl-" : "cmpl-";
    String id = prefix + UUID.randomUUID().toString().replace("-", "");
    return new AnswerWriter(call, id, Instant.now().getEpochSecond(), models.name(), this::piece);
  }

  /** The answer; never a cancelled one. */
  private static Answer ended(Answer answer, ClientWatch watch) {
    if (watch.gone()) {
      throw new CloseConnectionException("the client is gone");
    }
    if (answer.finish() == Answer.Finish.CANCELLED) {
      throw new JishiException.Closed("the server is stopping: the generation was cancelled");
    }
    return answer;
  }

  private static void stream(
      List<Generation> generations,
      ClientWatch watch,
      AnswerWriter writer,
      ServerResponse response) {
    response.header(HeaderValues.create(HeaderNames.CONTENT_TYPE, "text/event-stream"));
    response.header(HeaderValues.create(HeaderNames.CACHE_CONTROL, "no-cache"));
    try (OutputStream out = response.outputStream()) {
      try {
        events(generations, watch, writer, out);
      } catch (CloseConnectionException | UncheckedIOException e) {
        throw e;
      } catch (RuntimeException e) {
        // The status is sent: the error comes as an event, and no [DONE] follows.
        event(out, Responses.told(e).json());
      }
    } catch (IOException | UncheckedIOException e) {
      throw new CloseConnectionException("the client is gone", e);
    }
  }

  private static void events(
      List<Generation> generations, ClientWatch watch, AnswerWriter writer, OutputStream out)
      throws IOException {
    for (int i = 0; i < generations.size() && writer.opening(i) != null; i++) {
      event(out, writer.opening(i));
    }
    int[] calls = new int[generations.size()];
    Answer[] answers = new Answer[generations.size()];
    Chorus.forEach(
        generations,
        new Chorus.Listener() {
          @Override
          public void piece(int index, Part part) throws IOException {
            event(out, writer.piece(index, part, calls[index]));
            calls[index] += part instanceof Part.ToolCall ? 1 : 0;
          }

          @Override
          public void ended(int index, Answer answer) throws IOException {
            answers[index] = Generations.ended(answer, watch);
            event(out, writer.ending(index, answer));
          }
        });
    if (writer.call().usage()) {
      event(out, writer.usageChunk(List.of(answers)));
    }
    event(out, "[DONE]");
  }

  private static void event(OutputStream out, String data) throws IOException {
    out.write(("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
  }
}
