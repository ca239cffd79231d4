// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.jishi.base.JishiException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/** Which path does what. */
final class Routes {
  private final Generations generations;
  private final EncoderCalls encoders;
  private final Models models;
  private final Running running;
  private final Figures metrics;
  private final String apiKey;
  private final String page;

  Routes(
      Generations generations,
      EncoderCalls encoders,
      Models models,
      Running running,
      Figures metrics,
      String apiKey,
      String page) {
    this.generations = generations;
    this.encoders = encoders;
    this.models = models;
    this.running = running;
    this.metrics = metrics;
    this.apiKey = apiKey;
    this.page = page;
  }

  HttpRouting.Builder routing() {
    HttpRouting.Builder routing = HttpRouting.builder();
    path(routing, Method.GET, "/", (_, res) -> Responses.html(res, page));
    path(routing, Method.GET, "/health", this::health);
    path(routing, Method.GET, "/metrics", keyed(this::metrics));
    path(routing, Method.GET, "/v1/models", keyed((_, res) -> reply(res, models.list())));
    path(routing, Method.GET, "/v1/models/{+id}", keyed(this::model));
    path(routing, Method.POST, "/v1/chat/completions", keyed(generating(Call.Api.CHAT)));
    path(routing, Method.POST, "/v1/completions", keyed(generating(Call.Api.COMPLETION)));
    path(routing, Method.POST, "/v1/embeddings", keyed(admitted(encoders::embed)));
    path(routing, Method.POST, "/v1/rerank", keyed(admitted(encoders::rerank)));
    routing.any(Routes::unknown);
    routing.addFilter(Routes::closing);
    routing.error(JishiException.class, (_, res, e) -> Responses.error(res, Responses.told(e)));
    routing.error(ApiError.Refused.class, (_, res, e) -> Responses.error(res, Responses.told(e)));
    return routing;
  }

  /** Closes where the client asks for it, which Helidon leaves to the client. */
  private static void closing(FilterChain chain, RoutingRequest request, RoutingResponse response) {
    try {
      chain.proceed();
    } finally {
      if (request.headers().contains(HeaderValues.CONNECTION_CLOSE)) {
        ClientWatch.current().last();
      }
    }
  }

  private static void path(HttpRouting.Builder to, Method method, String path, Handler handler) {
    to.route(method, path, handler);
    to.any(
        path,
        (req, res) -> {
          res.header(HeaderValues.create(HeaderNames.ALLOW, method.text()));
          String asked = req.prologue().method().text();
          String message = req.path().path() + " takes " + method.text() + ", not " + asked;
          throw new ApiError.Refused(ApiError.request(405, null, message));
        });
  }

  private Handler generating(Call.Api api) {
    return (request, response) -> generations.handle(api, request, response);
  }

  /** Refused while the server drains, which waits for those that were not. */
  private Handler admitted(Handler handler) {
    return (request, response) -> running.during(() -> handle(handler, request, response));
  }

  private static void handle(Handler handler, ServerRequest request, ServerResponse response) {
    try {
      handler.handle(request, response);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) { // our own handlers throw none
      throw new IllegalStateException(e);
    }
  }

  private Handler keyed(Handler handler) {
    return (request, response) -> {
      if (!allowed(request)) {
        throw new ApiError.Refused(
            ApiError.request(
                401, "invalid_api_key", "send the server's key: 'Authorization: Bearer KEY'"));
      }
      handler.handle(request, response);
    };
  }

  private boolean allowed(ServerRequest request) {
    if (apiKey == null) {
      return true;
    }
    String sent = request.headers().first(HeaderNames.AUTHORIZATION).orElse("");
    return MessageDigest.isEqual(bytes("Bearer " + apiKey), bytes(sent)); // in constant time
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** 503 while draining, so that a load balancer looks elsewhere. */
  private void health(ServerRequest request, ServerResponse response) {
    boolean draining = running.draining();
    String status = draining ? "{\"status\":\"draining\"}" : "{\"status\":\"ok\"}";
    Responses.json(response, draining ? 503 : 200, status);
  }

  private void model(ServerRequest request, ServerResponse response) {
    reply(response, models.one(request.path().pathParameters().get("id")));
  }

  private void metrics(ServerRequest request, ServerResponse response) {
    if (!metrics.any()) {
      throw new ApiError.Refused(
          ApiError.request(404, null, "this server's engine does not count: it has no metrics"));
    }
    response.header(HeaderValues.create(HeaderNames.CONTENT_TYPE, PrometheusText.TYPE));
    response.send(metrics.page().getBytes(StandardCharsets.UTF_8));
  }

  private static void reply(ServerResponse response, String json) {
    Responses.json(response, 200, json);
  }

  private static void unknown(ServerRequest request, ServerResponse response) {
    String message = "there is no " + request.path().path() + ": see /v1/models, /v1/completions, ";
    throw new ApiError.Refused(
        ApiError.request(
            404,
            null,
            message + "/v1/chat/completions, /v1/embeddings, /v1/rerank, /health and /metrics"));
  }
}
