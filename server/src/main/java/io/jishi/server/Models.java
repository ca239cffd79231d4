// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.base.Json;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The one model of the server as the API shows it, by the name that it was given or by its own. */
final class Models {
  private final String name;
  private final String own;
  private final long created = Instant.now().getEpochSecond();

  /** With the name to show, or null for the model's own. */
  Models(String name, String own) {
    this.name = name == null ? own : name;
    this.own = own;
  }

  String name() {
    return name;
  }

  /** Refuses the name of a model that is not here; an empty name means whatever is. */
  void check(String asked) {
    if (!asked.isEmpty() && !asked.equals(name) && !asked.equals(own)) {
      String message = "there is no model '" + asked + "' here: the one that is loaded is '" + name;
      throw new ApiError.Refused(
          new ApiError(404, message + "'", "invalid_request_error", "model", "model_not_found"));
    }
  }

  /** The answer to {@code GET /v1/models}. */
  String list() {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("object", "list");
    out.put("data", List.of(model()));
    return Json.write(out);
  }

  /** The answer to {@code GET /v1/models/{id}}. */
  String one() {
    return Json.write(model());
  }

  private Map<String, Object> model() {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("id", name);
    out.put("object", "model");
    out.put("created", created);
    out.put("owned_by", "jishi");
    return out;
  }
}
