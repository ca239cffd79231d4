// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;

/** JSON answers, and errors in OpenAI's form wherever in the web server they arise. */
final class Responses {
  private static final System.Logger LOG = System.getLogger(Responses.class.getName());

  private static final String JSON = "application/json";

  /** How long a caller may wait before it asks again, seconds. */
  private static final String RETRY_SECONDS = "1";

  private Responses() {}

  static void json(ServerResponse response, int status, String json) {
    response.status(status);
    response.header(HeaderValues.create(HeaderNames.CONTENT_TYPE, JSON));
    response.send(json.getBytes(StandardCharsets.UTF_8));
  }

  static void html(ServerResponse response, String page) {
    response.header(HeaderValues.create(HeaderNames.CONTENT_TYPE, "text/html; charset=utf-8"));
    response.send(page.getBytes(StandardCharsets.UTF_8));
  }

  static void error(ServerResponse response, ApiError error) {
    if (error.status() == 429 || error.status() == 503) {
      response.header(HeaderValues.create(HeaderNames.RETRY_AFTER, RETRY_SECONDS));
    }
    json(response, error.status(), error.json());
  }

  /** What the caller is told; what it is not told goes to the log. */
  static ApiError told(Throwable e) {
    ApiError error = ApiError.of(e);
    if (error.status() == 500) {
      LOG.log(System.Logger.Level.ERROR, "a call failed", e);
    }
    return error;
  }

  /** Errors that arise before or outside of a handler: broken HTTP, a body too large, a defect. */
  static DirectHandlers direct() {
    DirectHandlers.Builder handlers = DirectHandlers.builder();
    for (DirectHandler.EventType type : DirectHandler.EventType.values()) {
      handlers.addHandler(type, (_, _, status, headers, why) -> direct(status, headers, why));
    }
    return handlers.build();
  }

  private static DirectHandler.TransportResponse direct(
      Status status, ServerResponseHeaders headers, String why) {
    return DirectHandler.TransportResponse.builder()
        .status(status)
        .headers(headers)
        .header(HeaderValues.create(HeaderNames.CONTENT_TYPE, JSON))
        .entity(http(status, why).bytes())
        .build();
  }

  /** An error of the HTTP layer. */
  static ApiError http(Status status, String why) {
    return switch (status.code()) {
      case 413 -> ApiError.request(413, null, "the request's body is too large");
      case 500 -> ApiError.internal();
      default -> ApiError.request(status.code(), null, why == null ? status.toString() : why);
    };
  }
}
