// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.base.JishiException;
import java.util.List;
import java.util.Objects;

/**
 * Where and how a server listens.
 *
 * @param host name or address of this machine to listen on; {@code 0.0.0.0} takes all
 * @param port TCP port; 0 takes a free one
 * @param model the name that the model has in the API; null takes the model's own, which is
 *     accepted in any case
 * @param apiKey what callers must send as {@code Authorization: Bearer …}; null asks for nothing
 * @param maxBody the largest request body, bytes; a larger one is refused unread
 * @param examples questions that the model is known to answer, for the greeting page
 * @param adapters names of adapters that the engine has loaded, which callers may ask for
 */
public record ServerOptions(
    String host,
    int port,
    String model,
    String apiKey,
    int maxBody,
    List<String> examples,
    List<String> adapters) {
  /**
   * This machine alone, port 8080, no key; 16 MiB hold a camera's photograph, and more text than
   * any context.
   */
  public static final ServerOptions DEFAULT =
      new ServerOptions("127.0.0.1", 8080, null, null, 16 << 20, List.of(), List.of());

  /** Refuses what cannot be listened on. */
  public ServerOptions {
    Objects.requireNonNull(host, "host");
    check(port >= 0 && port <= 65535, "port", "0 to 65535, not " + port);
    check(model == null || !model.isBlank(), "model", "a name, not blank");
    check(apiKey == null || !apiKey.isBlank(), "apiKey", "a key, not blank");
    check(maxBody > 0, "maxBody", "above 0, not " + maxBody);
    examples = List.copyOf(examples);
    adapters = List.copyOf(adapters);
  }

  private static void check(boolean ok, String field, String expected) {
    if (!ok) {
      throw new JishiException.BadRequest(field, field + " must be " + expected);
    }
  }

  /** The same options on another host. */
  public ServerOptions withHost(String other) {
    return new ServerOptions(other, port, model, apiKey, maxBody, examples, adapters);
  }

  /** The same options on another port. */
  public ServerOptions withPort(int other) {
    return new ServerOptions(host, other, model, apiKey, maxBody, examples, adapters);
  }

  /** The same options with another name for the model. */
  public ServerOptions withModel(String name) {
    return new ServerOptions(host, port, name, apiKey, maxBody, examples, adapters);
  }

  /** The same options with a key that callers must send. */
  public ServerOptions withApiKey(String key) {
    return new ServerOptions(host, port, model, key, maxBody, examples, adapters);
  }

  /** The same options with another limit of the body, bytes. */
  public ServerOptions withMaxBody(int bytes) {
    return new ServerOptions(host, port, model, apiKey, bytes, examples, adapters);
  }

  /** The same options with questions for the greeting page. */
  public ServerOptions withExamples(List<String> questions) {
    return new ServerOptions(host, port, model, apiKey, maxBody, questions, adapters);
  }

  /** The same options with adapters that callers may ask for. */
  public ServerOptions withAdapters(List<String> names) {
    return new ServerOptions(host, port, model, apiKey, maxBody, examples, names);
  }

  /** Everything but the key. */
  @Override
  public String toString() {
    String key = apiKey == null ? "none" : "set";
    return "ServerOptions[host=%s, port=%d, model=%s, apiKey=%s, maxBody=%d]"
        .formatted(host, port, model, key, maxBody, examples);
  }
}
