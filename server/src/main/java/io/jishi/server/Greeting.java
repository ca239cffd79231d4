// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.base.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The page at the root: what is served here and how to ask it, without a script. */
final class Greeting {
  private Greeting() {}

  /**
   * The page.
   *
   * @param model its name, which may hold anything
   * @param examples questions that it is known to answer
   */
  static String page(String model, List<String> examples) {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><title>Jishi</title></head><body>
        <h1>Jishi</h1>
        <p>The model <b>%s</b> is served here by OpenAI's API:</p>
        <ul><li><code>POST /v1/chat/completions</code></li>
        <li><code>POST /v1/completions</code></li>
        <li><code>GET /v1/models</code></li>
        <li><code>GET /health</code></li></ul>
        <pre>curl http://THIS-ADDRESS/v1/chat/completions -H 'Content-Type: application/json' \\
          -d '%s'</pre>
        """
            .formatted(
                escaped(model),
                escaped(call(examples.isEmpty() ? "Hello!" : examples.getFirst()))));
    if (!examples.isEmpty()) {
      page.append("<p>It is a small model. Questions that it answers:</p>\n<ul>\n");
      examples.forEach(e -> page.append("<li>").append(escaped(e)).append("</li>\n"));
      page.append("</ul>\n");
    }
    return page.append("</body></html>\n").toString();
  }

  private static String call(String question) {
    Map<String, Object> message = new LinkedHashMap<>();
    message.put("role", "user");
    message.put("content", question);
    return Json.write(Map.of("messages", List.of(message)));
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }
}
