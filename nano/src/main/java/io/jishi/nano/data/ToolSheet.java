// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A tool as a conversation offers it.
 *
 * @param name a word
 * @param description what it does
 * @param parameters names and JSON types of its arguments, all of them required
 */
public record ToolSheet(String name, String description, Map<String, String> parameters) {

  /** The JSON schema of the arguments. */
  public Map<String, Object> schema() {
    Map<String, Object> properties = new LinkedHashMap<>();
    parameters.forEach((parameter, type) -> properties.put(parameter, Map.of("type", type)));
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("type", "object");
    schema.put("properties", properties);
    schema.put("required", List.copyOf(parameters.keySet()));
    return schema;
  }

  /** As templates and clients write it. */
  Map<String, Object> function() {
    Map<String, Object> function = new LinkedHashMap<>();
    function.put("name", name);
    function.put("description", description);
    function.put("parameters", schema());
    Map<String, Object> tool = new LinkedHashMap<>();
    tool.put("type", "function");
    tool.put("function", function);
    return tool;
  }
}
