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
import io.jishi.engine.Request;
import io.jishi.engine.Sampling;
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
    Call call = RequestParser.parse(api, body(request, response));
    models.check(call.model());
    try (Running.Ticket ticket = running.start(() -> engine.start(call.request()))) {
      Generation generation = ticket.generation();
      ClientWatch watch = ClientWatch.current();
      watch.watch(generation::cancel);
      AnswerWriter writer = writer(call);
      if (call.stream()) {
        stream(generation, watch, writer, response);
      } else {
        List<Answer> answers = new ArrayList<>();
        answers.add(ended(generation, watch));
        for (int i = 1; i < call.choices(); i++) {
          answers.add(another(call, i, watch));
        }
        Responses.json(response, 200, writer.answer(answers));
      }
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

  /** One more answer to the same prompt, whose computed beginning the engine has kept. */
  private Answer another(Call call, int index, ClientWatch watch) {
    Request request = call.request();
    Sampling sampling = request.sampling();
    if (sampling != null && sampling.seed() != null) {
      request = request.with(sampling.withSeed(sampling.seed() + index));
    }
    Request next = request;
    try (Running.Ticket ticket = running.start(() -> engine.start(next))) {
      Generation generation = ticket.generation();
      watch.watch(generation::cancel);
      return ended(generation, watch);
    }
  }

  /** The answer, once it is there; never a cancelled one. */
  private static Answer ended(Generation generation, ClientWatch watch) {
    Answer answer = generation.result();
    if (watch.gone()) {
      throw new CloseConnectionException("the client is gone");
    }
    if (answer.finish() == Answer.Finish.CANCELLED) {
      throw new JishiException.Closed("the server is stopping: the generation was cancelled");
    }
    return answer;
  }

  private static void stream(
      Generation generation, ClientWatch watch, AnswerWriter writer, ServerResponse response) {
    response.header(HeaderValues.create(HeaderNames.CONTENT_TYPE, "text/event-stream"));
    response.header(HeaderValues.create(HeaderNames.CACHE_CONTROL, "no-cache"));
    try (OutputStream out = response.outputStream()) {
      try {
        events(generation, watch, writer, out);
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
      Generation generation, ClientWatch watch, AnswerWriter writer, OutputStream out)
      throws IOException {
    if (writer.opening() != null) {
      event(out, writer.opening());
    }
    int calls = 0;
    for (Part part = generation.nextPart(); part != null; part = generation.nextPart()) {
      event(out, writer.piece(part, calls));
      calls += part instanceof Part.ToolCall ? 1 : 0;
    }
    Answer answer = ended(generation, watch);
    event(out, writer.ending(answer));
    if (writer.call().usage()) {
      event(out, writer.usageChunk(answer));
    }
    event(out, "[DONE]");
  }

  private static void event(OutputStream out, String data) throws IOException {
    out.write(("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
  }
}
