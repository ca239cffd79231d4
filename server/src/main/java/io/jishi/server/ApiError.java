// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An error as OpenAI's API writes it.
 *
 * @param status the HTTP status
 * @param message what was wrong and what to do
 * @param type the class of error that clients look at
 * @param param the field at fault, or null
 * @param code a finer class, or null
 */
record ApiError(int status, String message, String type, String param, String code) {
  private static final String REQUEST = "invalid_request_error";
  private static final String SERVER = "server_error";

  /** An error of the caller. */
  static ApiError request(int status, String code, String message) {
    return new ApiError(status, message, REQUEST, null, code);
  }

  /** What to tell a caller of an exception; nothing of the inside where it was not foreseen. */
  static ApiError of(Throwable e) {
    return switch (e) {
      case Refused refused -> refused.error();
      case JishiException.BadRequest bad ->
          new ApiError(400, bad.getMessage(), REQUEST, bad.field(), null);
      case JishiException.Unsupported _ -> request(400, "unsupported", e.getMessage());
      case JishiException.Busy _ ->
          new ApiError(429, e.getMessage(), "rate_limit_error", null, "rate_limit_exceeded");
      case JishiException.Closed _, JishiException.Cancelled _, JishiException.OutOfResources _ ->
          new ApiError(503, e.getMessage(), SERVER, null, "unavailable");
      default -> internal();
    };
  }

  static ApiError internal() {
    return new ApiError(500, "internal error: the server's log says more", SERVER, null, null);
  }

  String json() {
    Map<String, Object> error = new LinkedHashMap<>();
    error.put("message", message);
    error.put("type", type);
    error.put("param", param);
    error.put("code", code);
    return Json.write(Map.of("error", error));
  }

  byte[] bytes() {
    return json().getBytes(StandardCharsets.UTF_8);
  }

  /** Carries an error that HTTP has and the engine has not, such as an unknown path. */
  static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient ApiError error;

    Refused(ApiError error) {
      super(error.message(), null, false, false); // an answer, not a fault: no stack needed
      this.error = error;
    }

    ApiError error() {
      return error;
    }
  }
}
