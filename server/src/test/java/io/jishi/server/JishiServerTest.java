// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import io.jishi.engine.Answer;
import io.jishi.engine.Request;
import io.jishi.server.FakeEngine.Script;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JishiServerTest {
  private static final ServerOptions FREE_PORT = ServerOptions.DEFAULT.withPort(0);

  private final FakeEngine engine = new FakeEngine();
  private final JishiServer server = JishiServer.start(engine, FREE_PORT);
  private final Http http = new Http(server);

  @AfterEach
  void stop() {
    server.close();
    http.client().close();
  }

  @Test
  void theModuleIsNamed() {
    assertThat(JishiServer.class.getModule().isNamed()).isTrue();
  }

  @Test
  void theRootGreetsAndNoNameCanAddToThePage() {
    HttpResponse<String> response = http.get("/");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type")).contains("text/html; charset=utf-8");
    assertThat(response.body()).contains("fake/model", "/v1/chat/completions");
    assertThat(Greeting.page("<script>", List.of("<b>1 < 2?</b>")))
        .doesNotContain("<script>", "<b>1")
        .contains("&lt;script&gt;", "&lt;b&gt;1 &lt; 2?&lt;/b&gt;");
  }

  @Test
  void aChatHasOpenAisForm() {
    HttpResponse<String> response = http.post(Http.CHAT, Http.HELLO + "}");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type")).contains("application/json");
    Map<String, Object> answer = Http.json(response).fields();
    assertThat(answer.remove("id")).asString().startsWith("chatcmpl-");
    assertThat((Long) answer.remove("created")).isPositive();
    assertThat(answer.toString())
        .isEqualTo(
            "{object=chat.completion, model=fake/model, choices=[{index=0, message={"
                + "role=assistant, content=Hello 世界, refusal=null}, logprobs=null,"
                + " finish_reason=stop}], usage={prompt_tokens=7, completion_tokens=5,"
                + " total_tokens=12, prompt_tokens_details={cached_tokens=3}}}");
  }

  @Test
  void guessesStandInTheUsageUnderTheNamesOfTheApi() {
    engine.answer = _ -> Script.of("one").guessed(9, 4);
    JsonObject answer = Http.json(http.post(Http.CHAT, Http.HELLO + "}"));
    assertThat(answer.object("usage").orElseThrow().fields().get("completion_tokens_details"))
        .hasToString("{accepted_prediction_tokens=4, rejected_prediction_tokens=5}");
  }

  @Test
  void aCompletionHasOpenAisForm() {
    engine.answer = _ -> new Script().say("one", " two").end(Answer.Finish.LENGTH);
    JsonObject answer = Http.json(http.post(Http.COMPLETIONS, "{\"prompt\":\"zero\"}"));
    assertThat(answer.text("object")).contains("text_completion");
    assertThat(answer.array("choices").orElseThrow().toString())
        .isEqualTo("[{index=0, text=one two, logprobs=null, finish_reason=length}]");
  }

  @Test
  void aStreamOfAChatIsFramedAsServerSentEvents() {
    HttpResponse<String> response = http.post(Http.CHAT, Http.HELLO + ",\"stream\":true}");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type")).contains("text/event-stream");
    String start = "data: {\"id\":\"chatcmpl-X\",\"object\":\"chat.completion.chunk\",";
    assertThat(events(response))
        .isEqualTo(
            List.of(
                start + choice("\"delta\":{\"role\":\"assistant\",\"content\":\"\"}", "null"),
                start + choice("\"delta\":{\"content\":\"Hel\"}", "null"),
                start + choice("\"delta\":{\"content\":\"lo \"}", "null"),
                start + choice("\"delta\":{\"content\":\"世界\"}", "null"),
                start + choice("\"delta\":{}", "\"stop\""),
                "data: [DONE]"));
  }

  @Test
  void aStreamEndsWithItsUsageWhereAsked() {
    String body = "{\"prompt\":\"\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}";
    List<String> events = events(http.post(Http.COMPLETIONS, body));
    assertThat(events.getFirst()).contains("\"text\":\"Hel\"").endsWith("\"usage\":null}");
    assertThat(events.get(events.size() - 2))
        .endsWith(
            "\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":5,"
                + "\"total_tokens\":12,\"prompt_tokens_details\":{\"cached_tokens\":3}}}");
    assertThat(events.getLast()).isEqualTo("data: [DONE]");
  }

  @Test
  void piecesArriveWhenTheyAreSaidNotAtTheEnd() throws IOException {
    Script script = new Script();
    engine.answer = _ -> script;
    try (Socket socket = http.raw(Http.CHAT, Http.HELLO + ",\"stream\":true}")) {
      var in = socket.getInputStream();
      StringBuilder seen = new StringBuilder();
      for (String piece : List.of("first", "second")) {
        script.say(piece);
        while (seen.indexOf(piece) < 0) { // a server that held it back would leave us here
          seen.append((char) in.read());
        }
      }
      assertThat(seen).doesNotContain("[DONE]");
    }
  }

  @Test
  void modelsAreListedAndFoundByName() {
    assertThat(http.get("/v1/models").body()).contains("\"id\":\"fake/model\"");
    assertThat(http.get("/v1/models/fake/model").statusCode()).isEqualTo(200);
    assertThat(http.get("/v1/models/fake%2Fmodel").body()).contains("\"object\":\"model\"");
    assertThat(Http.error(http.get("/v1/models/other")).text("code")).contains("model_not_found");
  }

  @Test
  void aModelMayHaveAnotherNameAndKeepsItsOwn() {
    try (JishiServer named = JishiServer.start(engine, FREE_PORT.withModel("gpt"))) {
      Http client = new Http(named);
      for (String name : List.of("gpt", "fake/model", "")) {
        String body = Http.HELLO + ",\"model\":\"" + name + "\"}";
        assertThat(Http.json(client.post(Http.CHAT, body)).text("model")).contains("gpt");
      }
    }
  }

  @Test
  void anUnknownModelIsNotFound() {
    HttpResponse<String> response = http.post(Http.CHAT, Http.HELLO + ",\"model\":\"gpt-9\"}");
    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(Http.error(response).text("code")).contains("model_not_found");
    assertThat(Http.error(response).text("param")).contains("model");
    assertThat(engine.requests).isEmpty();
  }

  @Test
  void anAdapterIsAModelOfItsOwnName() {
    ServerOptions options = FREE_PORT.withModel("base").withAdapters(List.of("law", "med"));
    try (JishiServer named = JishiServer.start(engine, options)) {
      Http client = new Http(named);
      assertThat(client.get("/v1/models").body())
          .contains("\"id\":\"base\"", "\"id\":\"base:law\"", "\"id\":\"base:med\"");
      assertThat(client.get("/v1/models/base:law").body()).contains("\"id\":\"base:law\"");
      for (String asked :
          List.of("\"model\":\"base:law\"", "\"model\":\"base\",\"adapter\":\"law\"")) {
        assertThat(client.post(Http.CHAT, Http.HELLO + "," + asked + "}").statusCode())
            .isEqualTo(200);
      }
      assertThat(engine.requests)
          .hasSize(2)
          .allMatch(request -> request.adapter().equals(new Request.Adapted("law", 1)));
      assertThat(client.post(Http.CHAT, Http.HELLO + ",\"model\":\"base:x\"}").statusCode())
          .isEqualTo(404);
      HttpResponse<String> both =
          client.post(Http.CHAT, Http.HELLO + ",\"model\":\"base:law\",\"adapter\":\"med\"}");
      assertThat(Http.error(both).text("param")).contains("adapter");
      assertThat(engine.requests).hasSize(2);
      client.client().close();
    }
  }

  @Test
  void healthIsOk() {
    assertThat(http.get("/health").statusCode()).isEqualTo(200);
    assertThat(http.get("/health").body()).isEqualTo("{\"status\":\"ok\"}");
  }

  @ParameterizedTest
  @CsvSource({
    "POST,/,405",
    "GET,/v1/none,404",
    "POST,/v1/none,404",
    "GET,/v1/chat/completions,405",
    "DELETE,/v1/models,405",
    "POST,/health,405",
    "POST,/v1/completions,400",
  })
  void wrongCallsGetErrorsInOpenAisForm(String method, String path, int status) {
    HttpRequest request =
        http.request(path).method(method, HttpRequest.BodyPublishers.ofString("x")).build();
    HttpResponse<String> response = http.send(request);
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(Http.error(response).text("type")).contains("invalid_request_error");
    assertThat(response.headers().firstValue("allow").isPresent()).isEqualTo(status == 405);
  }

  @Test
  void aForeignPageInABrowserHasToSendJsonAsSuch() {
    HttpRequest request =
        http.request("/v1/completions")
            .header("Origin", "http://elsewhere.example")
            .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\":\"x\"}"))
            .build();
    assertThat(http.send(request).statusCode()).isEqualTo(415);
  }

  @Test
  void aBadRequestNamesItsField() {
    HttpResponse<String> response = http.post(Http.CHAT, Http.HELLO + ",\"top_p\":5}");
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(Http.error(response).fields())
        .containsEntry("param", "top_p")
        .containsEntry("code", null)
        .containsEntry("type", "invalid_request_error");
  }

  @Test
  void brokenJsonIsABadRequest() {
    assertThat(http.post(Http.CHAT, "{").statusCode()).isEqualTo(400);
    assertThat(http.post(Http.CHAT, "").statusCode()).isEqualTo(400);
  }

  @Test
  void theEnginesErrorsKeepTheirMeaning() {
    engineThrows(new JishiException.BadRequest("messages", "too long"), 400, "too long");
    engineThrows(new JishiException.Unsupported("no template"), 400, "no template");
    engineThrows(new JishiException.Busy("64 wait"), 429, "64 wait");
    engineThrows(new JishiException.Closed("closed"), 503, "closed");
    engineThrows(new JishiException.OutOfResources("memory", null), 503, "memory");
    String hidden = "internal error: the server's log says more";
    engineThrows(new IllegalStateException("secret"), 500, hidden);
    engineThrows(new JishiException.BadFile("/secret/path"), 500, hidden);
  }

  private void engineThrows(RuntimeException e, int status, String message) {
    engine.answer =
        _ -> {
          throw e;
        };
    assertError(http.post(Http.CHAT, Http.HELLO + "}"), status, message);
    assertError(http.post(Http.CHAT, Http.HELLO + ",\"stream\":true}"), status, message);
    engine.answer = _ -> new Script().say("x").fail(e);
    assertError(http.post(Http.CHAT, Http.HELLO + "}"), status, message);
  }

  private static void assertError(HttpResponse<String> response, int status, String message) {
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(Http.error(response).text("message")).contains(message);
    boolean later = status == 429 || status == 503;
    assertThat(response.headers().firstValue("retry-after").isPresent()).isEqualTo(later);
  }

  @Test
  void anErrorInTheMiddleOfAStreamIsItsLastEvent() {
    engine.answer = _ -> new Script().say("x").fail(new IllegalStateException("secret"));
    HttpResponse<String> response = http.post(Http.CHAT, Http.HELLO + ",\"stream\":true}");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(events(response).getLast())
        .isEqualTo(
            "data: {\"error\":{\"message\":\"internal error: the server's log says more\","
                + "\"type\":\"server_error\",\"param\":null,\"code\":null}}");
  }

  @Test
  void aBodyAboveTheLimitIsRefusedUnread() throws IOException {
    String head = "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    for (String length :
        List.of(
            "Content-Length: 999999999\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n7fffffff\r\n")) {
      try (Socket socket = http.raw(head + length)) { // the body itself is never sent
        String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(answer)
            .startsWith("HTTP/1.1 413 ")
            .contains("\"type\":\"invalid_request_error\"");
      }
    }
  }

  @Test
  void brokenHttpGetsErrorsInOpenAisFormToo() throws IOException {
    String post = "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    Map<String, Integer> wrong =
        Map.of(
            "NONSENSE\r\n\r\n",
            400,
            "GET /health HTTP/1.0\r\n\r\n",
            505,
            "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
            400,
            post + "Content-Length: many\r\n\r\n",
            400,
            post + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
            400);
    for (Map.Entry<String, Integer> entry : wrong.entrySet()) {
      try (Socket socket = http.raw(entry.getKey())) {
        String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(answer).as(entry.getKey()).startsWith("HTTP/1.1 " + entry.getValue() + " ");
        assertThat(answer).as(entry.getKey()).contains("{\"error\":{\"message\":");
      }
    }
  }

  @Test
  void aKeyIsAskedForWhereOneIsSet() {
    try (JishiServer locked = JishiServer.start(engine, FREE_PORT.withApiKey("k1"))) {
      Http client = new Http(locked);
      assertThat(client.get("/health").statusCode()).isEqualTo(200);
      assertThat(client.post(Http.CHAT, Http.HELLO + "}").statusCode()).isEqualTo(401);
      assertThat(Http.error(client.get("/v1/models")).text("code")).contains("invalid_api_key");
      HttpRequest.Builder request = client.request("/v1/models");
      assertThat(client.send(request.header("Authorization", "Bearer k1").build()).statusCode())
          .isEqualTo(200);
    }
  }

  @Test
  void aPortInUseIsAnErrorWithARemedy() throws IOException {
    try (ServerSocket taken = new ServerSocket()) {
      taken.bind(new InetSocketAddress("127.0.0.1", 0));
      ServerOptions options = FREE_PORT.withPort(taken.getLocalPort());
      assertThatThrownBy(() -> JishiServer.start(engine, options))
          .isInstanceOf(JishiException.BadRequest.class)
          .hasMessageContaining("port " + taken.getLocalPort())
          .hasMessageContaining("choose another one");
    }
  }

  @Test
  void aHostOfAnotherMachineIsAnError() {
    for (String host : List.of("192.0.2.1", "no.such.host.invalid")) { // RFC 5737, RFC 6761
      assertThatThrownBy(() -> JishiServer.start(engine, FREE_PORT.withHost(host)))
          .isInstanceOf(JishiException.BadRequest.class)
          .hasMessageContaining(host);
    }
  }

  @Test
  void theKeyIsNotPrinted() {
    assertThat(FREE_PORT.withApiKey("secret").toString()).doesNotContain("secret");
  }

  /** The events, with the parts that differ from run to run made the same. */
  private static List<String> events(HttpResponse<String> response) {
    assertThat(response.body()).endsWith("\n\n");
    return List.of(response.body().replaceAll("chatcmpl-\\w+", "chatcmpl-X").strip().split("\n\n"))
        .stream()
        .map(event -> event.replaceAll("\"created\":\\d+,\"model\":\"fake/model\",", ""))
        .toList();
  }

  private static String choice(String content, String finish) {
    return "\"choices\":[{\"index\":0,%s,\"logprobs\":null,\"finish_reason\":%s}]}"
        .formatted(content, finish);
  }
}
