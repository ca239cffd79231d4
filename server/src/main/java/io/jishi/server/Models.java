// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.engine.Request;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The one model of the server as the API shows it, by the name that it was given or by its own; and
 * with each adapter that was loaded, as {@code model:adapter}.
 */
final class Models {
  private final String name;
  private final String own;
  private final List<String> adapters;
  private final long created = Instant.now().getEpochSecond();

  /** With the name to show, or null for the model's own, and the names of adapters. */
  Models(String name, String own, List<String> adapters) {
    this.name = name == null ? own : name;
    this.own = own;
    this.adapters = adapters;
  }

  String name() {
    return name;
  }

  /**
   * The call with the adapter that its model names. Refuses the name of a model that is not here;
   * an empty name means whatever is.
   */
  Call adapted(Call call) {
    String adapter = adapter(call.model());
    Request.Adapted asked = call.request().adapter();
    if (adapter == null) {
      return call;
    }
    if (asked != null && !asked.name().equals(adapter)) {
      throw new JishiException.BadRequest(
          "adapter", "'model' and 'adapter' name different adapters: give one of them");
    }
    return asked != null ? call : call.with(call.request().with(new Request.Adapted(adapter, 1)));
  }

  /** The adapter in a model's name, or null for the model alone. */
  private String adapter(String asked) {
    if (asked.isEmpty() || asked.equals(name) || asked.equals(own)) {
      return null;
    }
    for (String adapter : adapters) {
      if (asked.equals(name + ":" + adapter) || asked.equals(own + ":" + adapter)) {
        return adapter;
      }
    }
    String message = "there is no model '" + asked + "' here: there are " + names();
    throw new ApiError.Refused(
        new ApiError(404, message, "invalid_request_error", "model", "model_not_found"));
  }

  private List<String> names() {
    List<String> names = new ArrayList<>(List.of(name));
    adapters.forEach(adapter -> names.add(name + ":" + adapter));
    return names;
  }

  /** The answer to {@code GET /v1/models}. */
  String list() {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("object", "list");
    out.put("data", names().stream().map(this::model).toList());
    return Json.write(out);
  }

  /** The answer to {@code GET /v1/models/{id}}. */
  String one(String asked) {
    String adapter = adapter(asked);
    return Json.write(model(adapter == null ? name : name + ":" + adapter));
  }

  private Map<String, Object> model(String id) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("id", id);
    out.put("object", "model");
    out.put("created", created);
    out.put("owned_by", "jishi");
    return out;
  }
}
