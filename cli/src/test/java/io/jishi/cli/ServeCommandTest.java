// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.engine.embed.Embedder;
import io.jishi.engine.embed.EmbedderOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ServeCommandTest {
  private static final Pattern ADDRESS = Pattern.compile("http://127\\.0\\.0\\.1:\\d+/v1");

  private final Session session = new Session();

  @Test
  void theAddressIsToldAndAnswersUntilTheSignal() {
    AtomicReference<String> models = new AtomicReference<>();
    session.whileServing(() -> models.set(get(address() + "/models")));
    assertThat(session.on("serve", "--port", "0")).isZero();
    assertThat(models.get()).contains("\"object\":\"list\"");
    assertThat(session.engine.closed).isTrue();
    assertThat(session.out()).isEmpty();
  }

  @Test
  void adaptersAreLoadedAndShownAsModels() {
    AtomicReference<String> models = new AtomicReference<>();
    session.whileServing(() -> models.set(get(address() + "/models")));
    assertThat(session.on("serve", "--port", "0", "--lora", "law=a/law", "--lora", "med=m.gguf"))
        .isZero();
    assertThat(session.engine.adapters)
        .isEqualTo(Map.of("law", Path.of("a/law"), "med", Path.of("m.gguf")));
    assertThat(models.get()).contains(":law\"", ":med\"");
  }

  @Test
  void modelsForVectorsAndScoresCountAgainstTheOneLimit() {
    Path encoder = Path.of("../model/src/test/resources/goldens/qwen3");
    String model = encoder.toString();
    long each = Embedder.bytes(encoder, EmbedderOptions.DEFAULT.withContext(64));
    long limit = 2 * each + 1_000_000;
    session.whileServing(() -> {});
    List<String> line =
        List.of("--port", "0", "--embed", model, "--rerank", model, "--embed-ctx", "64");
    assertThat(session.on("serve", with(line, limit))).isEqualTo(1); // that model has no scores
    assertThat(session.engine.options.capacity().memory()).isEqualTo(1_000_000);
    assertThat(session.on("serve", with(line, 2 * each))).isEqualTo(1);
    assertThat(session.err())
        .contains("nothing is left for the model of -m beside")
        .contains("GB to --embed and")
        .contains("GB to --rerank")
        .contains("--memory-limit");
  }

  private static String[] with(List<String> line, long limit) {
    List<String> all = new ArrayList<>(line);
    all.addAll(List.of("--memory-limit", Long.toString(limit)));
    return all.toArray(String[]::new);
  }

  private String address() {
    Matcher matcher = ADDRESS.matcher(session.err());
    assertThat(matcher.find()).isTrue();
    return matcher.group();
  }

  private static String get(String address) {
    try (InputStream in = URI.create(address).toURL().openStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aPortInUseIsAFailure() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThat(session.on("serve", "--port", String.valueOf(taken.getLocalPort()))).isEqualTo(1);
    }
    assertThat(session.err()).contains("port").hasLineCount(1);
    assertThat(session.engine.closed).isTrue();
  }
}
