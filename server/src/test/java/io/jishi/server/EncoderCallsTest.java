// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import io.jishi.base.JsonObject;
import io.jishi.engine.embed.Embedder;
import io.jishi.engine.embed.Reranker;
import io.jishi.testkit.Shared;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Vectors and scores over HTTP. */
class EncoderCallsTest {
  private static final int DIMENSIONS = 60;

  @TempDir Path temp;
  private Embedder embedder;
  private Reranker reranker;
  private JishiServer server;
  private Http http;

  @BeforeEach
  void start() throws Exception {
    embedder = Embedder.open(withWords("bert_embed", 301));
    reranker = Reranker.open(withWords("xlm_roberta_reranker", 257));
    server =
        JishiServer.start(
            new FakeEngine(),
            new Encoders(embedder, reranker),
            ServerOptions.DEFAULT.withPort(0).withApiKey("key"));
    http = new Http(server);
  }

  @AfterEach
  void stop() {
    if (server != null) { // null where reference data is missing
      server.close();
      embedder.close();
      reranker.close();
    }
  }

  private Path withWords(String name, int vocabulary) throws Exception {
    Path folder = Files.createDirectories(temp.resolve(name));
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(Shared.require("goldens/" + name).resolve(file), folder.resolve(file));
    }
    List<String> pieces =
        new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "cat", "dog"));
    while (pieces.size() < vocabulary) {
      pieces.add("[unused" + pieces.size() + "]");
    }
    Files.write(folder.resolve("vocab.txt"), pieces);
    return folder;
  }

  @Test
  void theClientOfOpenAiReadsVectorsInBothForms() {
    float[] expected = embedder.embed(List.of("cat dog")).getFirst();
    OpenAIClient client =
        OpenAIOkHttpClient.builder().baseUrl(server.uri() + "/v1").apiKey("key").build();
    try {
      for (EmbeddingCreateParams.EncodingFormat format :
          List.of(
              EmbeddingCreateParams.EncodingFormat.FLOAT,
              EmbeddingCreateParams.EncodingFormat.BASE64)) {
        CreateEmbeddingResponse answer =
            client
                .embeddings()
                .create(
                    EmbeddingCreateParams.builder()
                        .model("any")
                        .inputOfArrayOfStrings(List.of("dog", "cat dog"))
                        .encodingFormat(format)
                        .build());
        assertThat(answer.data()).hasSize(2);
        assertThat(answer.usage().promptTokens()).isEqualTo(7);
        List<Float> vector = answer.data().get(1).embedding();
        assertThat(vector).hasSize(DIMENSIONS);
        for (int i = 0; i < DIMENSIONS; i++) {
          assertThat(vector.get(i)).isCloseTo(expected[i], Offset.offset(1e-6f));
        }
      }
      CreateEmbeddingResponse fewer =
          client
              .embeddings()
              .create(
                  EmbeddingCreateParams.builder()
                      .model("any")
                      .inputOfArrayOfTokens(List.of(2L, 6L, 3L))
                      .dimensions(8)
                      .build());
      assertThat(fewer.data().getFirst().embedding()).hasSize(8);
    } finally {
      client.close();
    }
  }

  @Test
  void documentsComeByTheirScores() {
    JsonObject answer =
        Http.json(
            post(
                "/v1/rerank",
                "{\"query\":\"cat\",\"documents\":[\"dog\",{\"text\":\"cat cat\"},\"cat\"],"
                    + "\"top_n\":2,\"return_documents\":true}"));
    List<Object> results = answer.array("results").orElseThrow();
    assertThat(results).hasSize(2);
    double last = 1;
    for (Object result : results) {
      JsonObject one = JsonObject.of("result", result);
      double score = one.number("relevance_score").orElseThrow();
      assertThat(score).isBetween(0.0, last);
      last = score;
      assertThat(one.object("document").orElseThrow().text("text")).isPresent();
    }
  }

  @Test
  void callsStandOnThePageOfMetrics() {
    for (int i = 0; i < 2; i++) {
      post("/v1/embeddings", "{\"input\":[\"cat\",\"dog\"]}");
    }
    post("/v1/rerank", "{\"query\":\"cat\",\"documents\":[\"dog\",\"cat\",\"dog dog\"]}");
    String page =
        http.send(http.request("/metrics").header("Authorization", "Bearer key").build()).body();
    MetricsTest.read(page);
    assertThat(page)
        .contains("\njishi_embeddings_total 2\n")
        .contains("\njishi_embeddings_texts_total 4\n")
        .contains("\njishi_embeddings_tokens_total 12\n") // each between two framing tokens
        .contains("\njishi_embeddings_queue_seconds_count 2\n")
        .contains("\njishi_embeddings_pass_seconds_count 2\n")
        .contains("\njishi_rerank_total 1\n")
        .contains("\njishi_rerank_texts_total 3\n")
        .contains("\njishi_rerank_tokens_total " + reranker.metrics().tokens() + "\n")
        .contains("\njishi_rerank_call_texts_sum 3.0\n")
        .contains("\njishi_rerank_failed_total 0\n")
        .doesNotContain("jishi_requests_total"); // the engine of this test does not count
  }

  @Test
  void whatIsWrongNamesItsField() {
    String[][] wrong = {
      {"/v1/embeddings", "{}", "input"},
      {"/v1/embeddings", "{\"input\":[]}", "input"},
      {"/v1/embeddings", "{\"input\":[1,\"x\"]}", "input"},
      {"/v1/embeddings", "{\"input\":[9999]}", "input"},
      {"/v1/embeddings", "{\"input\":\"x\",\"encoding_format\":\"hex\"}", "encoding_format"},
      {"/v1/embeddings", "{\"input\":\"x\",\"dimensions\":0}", "dimensions"},
      {"/v1/embeddings", "{\"input\":\"x\",\"dimensions\":61}", "dimensions"},
      {"/v1/rerank", "{\"query\":\"x\"}", "documents"},
      {"/v1/rerank", "{\"documents\":[\"x\"]}", "query"},
      {"/v1/rerank", "{\"query\":\"x\",\"documents\":[1]}", "documents[0]"},
      {"/v1/rerank", "{\"query\":\"x\",\"documents\":[\"x\"],\"top_n\":0}", "top_n"},
      {"/v1/embeddings", "{\"input\":\"" + "cat ".repeat(200) + "\"}", "input"},
    };
    for (String[] call : wrong) {
      var response = post(call[0], call[1]);
      assertThat(response.statusCode()).as(call[1]).isEqualTo(400);
      assertThat(Http.error(response).text("param")).as(call[1]).contains(call[2]);
    }
    assertThat(
            post(
                    "/v1/embeddings",
                    "{\"input\":\"" + "cat ".repeat(200) + "\",\"truncate_prompt_tokens\":-1}")
                .statusCode())
        .isEqualTo(200);
  }

  @Test
  void aServerWithoutSuchModelsSaysHowToHaveThem() {
    try (JishiServer bare =
        JishiServer.start(new FakeEngine(), ServerOptions.DEFAULT.withPort(0))) {
      var response = new Http(bare).post("/v1/embeddings", "{\"input\":\"x\"}");
      assertThat(response.statusCode()).isEqualTo(404);
      assertThat(Http.error(response).text("message").orElseThrow()).contains("--embed");
    }
  }

  private java.net.http.HttpResponse<String> post(String path, String body) {
    return http.send(
        http.request(path)
            .header("Content-Type", "application/json")
            .header("Authorization", "Bearer key")
            .POST(java.net.http.HttpRequest.BodyPublishers.ofString(body))
            .build());
  }
}
