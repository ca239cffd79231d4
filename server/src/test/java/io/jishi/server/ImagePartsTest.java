// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.engine.Engine;
import io.jishi.engine.EngineOptions;
import io.jishi.tensor.Precision;
import io.jishi.testkit.SeeingFolder;
import io.jishi.testkit.Shared;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images of a chat, to a server of a tiny model that sees. */
class ImagePartsTest {
  private static final String GOLDEN = "vlm_qwen2_vl";
  private static final String PARAM = "messages[0].content[1].image_url.url";

  @TempDir static Path temp;
  private static JishiServer server;
  private static Http http;

  @BeforeAll
  static void start() throws IOException {
    Path folder = SeeingFolder.write(temp.resolve("m"), GOLDEN, "<v258><v260><v259>");
    Engine engine =
        Engine.open(folder, EngineOptions.DEFAULT.withContext(250).with(Precision.EXACT));
    server = JishiServer.start(engine, ServerOptions.DEFAULT.withPort(0));
    http = new Http(server);
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
      http.client().close();
    }
  }

  private static String data(byte[] file) {
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(file);
  }

  private static String part(String url) {
    return ",{\"type\":\"image_url\",\"image_url\":{\"url\":\"%s\",\"detail\":\"auto\"}}"
        .formatted(url);
  }

  private static HttpResponse<String> ask(String before, String images, String after) {
    String body =
        """
        {"temperature":0,"max_tokens":16,"messages":[{"role":"user","content":[
        {"type":"text","text":"%s"}%s,{"type":"text","text":"%s"}]}]}
        """;
    return http.post(Http.CHAT, body.formatted(before, images, after));
  }

  private static void assertRefused(HttpResponse<String> response, String param, String message) {
    assertThat(response.statusCode()).isEqualTo(400);
    JsonObject error = Http.error(response);
    assertThat(error.text("param")).contains(param);
    assertThat(error.text("message").orElseThrow()).contains(message);
  }

  @Test
  void anImageInTheAddressIsSeenAsTheReferenceSeesIt() throws IOException {
    JsonObject json = Json.parseObject(Shared.require("goldens/" + GOLDEN + "/golden.json"));
    JsonObject golden = JsonObject.of("prompt", json.array("prompts").orElseThrow().getFirst());
    int[] ids = ints(golden, "input_ids");
    String before = SeeingFolder.text(Arrays.copyOf(ids, 5));
    String after = SeeingFolder.text(IntStream.of(ids).skip(5).filter(id -> id < 256).toArray());
    HttpResponse<String> response = ask(before, part(data(SeeingFolder.png(GOLDEN))), after);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.body())
        .contains("\"content\":\"" + SeeingFolder.text(ints(golden, "greedy")) + "\"")
        .contains("\"prompt_tokens\":" + ids.length);
  }

  private static int[] ints(JsonObject json, String field) {
    return json.array(field).orElseThrow().stream().mapToInt(v -> ((Long) v).intValue()).toArray();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://127.0.0.1:1/a.png",
        "https://example.org/a.png",
        "file:///etc/passwd",
        "/etc/passwd",
        "data:text/plain;base64,aGk=",
        "data:image/png,hi",
        ""
      })
  void noAddressIsOpened(String url) {
    assertRefused(ask("a", part(url), "b"), PARAM, "this server opens no other address");
  }

  @Test
  void whatIsNoImageIsRefusedByPlace() throws IOException {
    byte[] png = SeeingFolder.png(GOLDEN);
    assertRefused(
        ask("a", part(data(Arrays.copyOf(png, png.length / 2))), ""), PARAM, "is damaged");
    assertRefused(ask("a", part(data(new byte[] {1, 2, 3})), ""), PARAM, "is no image");
    assertRefused(ask("a", part("data:image/png;base64,###"), ""), PARAM, "is no base64");
    assertRefused(ask("a", part(data(huge())), ""), PARAM, "60000 x 60000 pixels");
    assertRefused(
        ask("a", ",{\"type\":\"image_url\"}", ""), "messages[0].content[1].image_url", "missing");
  }

  /** A file of few bytes whose header promises ten gigabytes of pixels. */
  private static byte[] huge() throws IOException {
    byte[] png = SeeingFolder.black(1, 1);
    ByteBuffer buffer = ByteBuffer.wrap(png); // width and height stand at 16, their CRC at 29
    buffer.putInt(16, 60_000).putInt(20, 60_000);
    CRC32 crc = new CRC32();
    crc.update(png, 12, 17);
    buffer.putInt(29, (int) crc.getValue());
    return png;
  }

  @Test
  void imagesOfARequestShareItsLimits() throws IOException {
    String small = part(data(SeeingFolder.black(1, 1)));
    assertRefused(
        ask("a", small.repeat(ContentFields.MOST_IMAGES + 1), ""),
        "messages[0].content[17].image_url",
        "at most 16 images");
    String large = part(data(SeeingFolder.black(4096, 4097))); // a little more than half
    assertRefused(
        ask("a", large.repeat(2), ""), "messages[0].content[2].image_url.url", "make it smaller");
  }

  @Test
  void anImageOfTheAssistantIsRefused() throws IOException {
    String body =
        "{\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}"
            + part(data(SeeingFolder.png(GOLDEN)))
            + "]}]}";
    assertRefused(http.post(Http.CHAT, body), "messages[0].content[1].type", "of the user");
  }
}
