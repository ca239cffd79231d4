// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import java.util.Map;
import java.util.Objects;

/**
 * A tool that a model may ask to be called.
 *
 * @param name a word
 * @param description what it does, for the model
 * @param parameters JSON schema of its arguments, an object, as {@link io.jishi.base.Json} reads it
 */
public record Tool(String name, String description, Map<String, Object> parameters) {
  /** Refuses null. */
  public Tool {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(description, "description");
    Objects.requireNonNull(parameters, "parameters");
  }
}
