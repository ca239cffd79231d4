// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.InternalServerException;
import com.openai.errors.NotFoundException;
import com.openai.errors.RateLimitException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.completions.CompletionUsage;
import io.jishi.base.JishiException;
import io.jishi.engine.Answer;
import io.jishi.engine.Message;
import io.jishi.engine.Prompt;
import io.jishi.engine.Request;
import io.jishi.engine.Sampling;
import io.jishi.server.FakeEngine.Script;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What OpenAI's own Java client makes of the server. */
class OpenAiClientTest {
  private final FakeEngine engine = new FakeEngine();
  private final JishiServer server =
      JishiServer.start(engine, ServerOptions.DEFAULT.withPort(0).withApiKey("key"));
  private final OpenAIClient client = client("key");

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  @Test
  void aChat() {
    ChatCompletion answer =
        client
            .chat()
            .completions()
            .create(
                chat()
                    .temperature(0.5)
                    .topP(0.25)
                    .putAdditionalBodyProperty("seed", JsonValue.from(42))
                    .maxCompletionTokens(9)
                    .stop("x")
                    .build());
    ChatCompletion.Choice choice = answer.choices().getFirst();
    assertThat(choice.message().content()).contains("Hello 世界");
    assertThat(choice.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
    assertUsage(answer.usage().orElseThrow());
    assertThat(answer.validate().isValid()).isTrue();
    Prompt prompt =
        new Prompt.Chat(List.of(Message.system("Be kind."), Message.user("Hi")), Map.of());
    Sampling sampling = new Sampling(0.5f, 0, 0.25f, 0, 42L);
    assertThat(engine.requests)
        .containsExactly(
            new Request(prompt, sampling, 9, List.of("x")).with(new Request.Output(-1, -1, true)));
  }

  @Test
  void aStreamedChat() {
    List<ChatCompletionChunk> chunks = new ArrayList<>();
    var options = ChatCompletionStreamOptions.builder().includeUsage(true).build();
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(chat().streamOptions(options).build())) {
      stream.stream().forEach(chunks::add);
    }
    assertThat(chunks).allMatch(ChatCompletionChunk::isValid);
    assertThat(
            chunks.stream()
                .flatMap(chunk -> chunk.choices().stream())
                .flatMap(choice -> choice.delta().content().stream())
                .collect(Collectors.joining("|")))
        .isEqualTo("|Hel|lo |世界");
    assertThat(chunks.get(chunks.size() - 2).choices().getFirst().finishReason())
        .contains(ChatCompletionChunk.Choice.FinishReason.STOP);
    assertUsage(chunks.getLast().usage().orElseThrow());
  }

  @Test
  void aCompletion() {
    engine.answer = _ -> new Script().say("there").end(Answer.Finish.LENGTH);
    Completion answer = client.completions().create(completion());
    assertThat(answer.choices().getFirst().text()).isEqualTo("there");
    assertThat(answer.choices().getFirst().finishReason().toString()).isEqualTo("length");
    assertUsage(answer.usage().orElseThrow());
  }

  @Test
  void aStreamedCompletion() {
    try (StreamResponse<Completion> stream = client.completions().createStreaming(completion())) {
      assertThat(stream.stream().map(chunk -> chunk.choices().getFirst().text()).toList())
          .containsExactly("Hel", "lo ", "世界", "");
    }
  }

  @Test
  void theModels() {
    String id = client.models().list().data().getFirst().id();
    assertThat(id).isEqualTo("fake/model");
    assertThat(client.models().retrieve(id).id()).isEqualTo(id);
    assertThatThrownBy(() -> client.models().retrieve("x")).isInstanceOf(NotFoundException.class);
  }

  @Test
  void errorsBecomeTheClientsOwn() {
    BadRequestException bad =
        catchThrowableOfType(
            BadRequestException.class, () -> create(chat().temperature(-1.0).build()));
    assertThat(bad.param()).contains("temperature");
    assertThat(bad.type()).contains("invalid_request_error");
    NotFoundException missing =
        catchThrowableOfType(NotFoundException.class, () -> create(chat().model("x").build()));
    assertThat(missing.code()).contains("model_not_found");
    OpenAIClient stranger = client("wrong");
    assertThatThrownBy(() -> stranger.models().list()).isInstanceOf(UnauthorizedException.class);
    stranger.close();
  }

  @Test
  void theEnginesErrorsBecomeTheClientsOwn() {
    engine.answer =
        _ -> {
          throw new JishiException.Busy("64 wait");
        };
    assertThatThrownBy(() -> create(chat().build()))
        .isInstanceOf(RateLimitException.class)
        .hasMessageContaining("64 wait");
    engine.answer =
        _ -> {
          throw new JishiException.Closed("closed");
        };
    InternalServerException down =
        catchThrowableOfType(InternalServerException.class, () -> create(chat().build()));
    assertThat(down.statusCode()).isEqualTo(503);
  }

  @Test
  void anErrorInTheMiddleOfAStreamIsThrown() {
    engine.answer = _ -> new Script().say("x").fail(new JishiException.Closed("went away"));
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(chat().build())) {
      assertThatThrownBy(() -> stream.stream().toList()).hasMessageContaining("went away");
    }
  }

  @Test
  void closingAStreamCancelsItsGeneration() throws InterruptedException {
    Script script = new Script().say("first");
    engine.answer = _ -> script;
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(chat().build())) {
      assertThat(stream.stream().findFirst()).isPresent();
    }
    assertThat(script.cancelled.await(1, TimeUnit.MINUTES)).isTrue();
  }

  private ChatCompletion create(ChatCompletionCreateParams params) {
    return client.chat().completions().create(params);
  }

  private static ChatCompletionCreateParams.Builder chat() {
    return ChatCompletionCreateParams.builder()
        .model("fake/model")
        .addSystemMessage("Be kind.")
        .addUserMessage("Hi");
  }

  private static CompletionCreateParams completion() {
    return CompletionCreateParams.builder().model("fake/model").prompt("Once").build();
  }

  private static void assertUsage(CompletionUsage usage) {
    assertThat(usage.promptTokens()).isEqualTo(7);
    assertThat(usage.completionTokens()).isEqualTo(5);
    assertThat(usage.totalTokens()).isEqualTo(12);
    assertThat(usage.promptTokensDetails().orElseThrow().cachedTokens()).contains(3L);
  }

  private OpenAIClient client(String key) {
    return OpenAIOkHttpClient.builder()
        .baseUrl(server.uri() + "/v1")
        .apiKey(key)
        .maxRetries(0)
        .build();
  }
}
