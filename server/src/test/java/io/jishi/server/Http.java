// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;

/** A plain HTTP client of one server, and a raw socket where a client has to misbehave. */
record Http(JishiServer server, HttpClient client) {
  static final String CHAT = "/v1/chat/completions";
  static final String COMPLETIONS = "/v1/completions";
  static final String HELLO = "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";

  Http(JishiServer server) {
    this(server, HttpClient.newHttpClient());
  }

  HttpResponse<String> get(String path) {
    return send(request(path).build());
  }

  HttpResponse<String> post(String path, String body) {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(server.uri().resolve(path));
  }

  HttpResponse<String> send(HttpRequest request) {
    try {
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Sends a call over a socket of its own and leaves the rest to the caller. */
  Socket raw(String path, String body) throws IOException {
    String head = "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    return raw((head + "Content-Length: %d\r\n\r\n%s").formatted(path, body.length(), body));
  }

  Socket raw(String bytes) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    socket.setSoTimeout(30_000); // a server that keeps silent fails the test, not the build
    OutputStream out = socket.getOutputStream();
    out.write(bytes.getBytes(StandardCharsets.US_ASCII));
    out.flush();
    return socket;
  }

  static JsonObject json(HttpResponse<String> response) {
    return JsonObject.of("answer", Json.parse("answer", response.body()));
  }

  static JsonObject error(HttpResponse<String> response) {
    return json(response).object("error").orElseThrow();
  }
}
