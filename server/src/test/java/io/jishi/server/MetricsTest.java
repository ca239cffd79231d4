// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.engine.Engine;
import io.jishi.testkit.BlockType;
import io.jishi.testkit.RandomModel;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page for Prometheus, read by the letter of its text format 0.0.4. */
class MetricsTest {
  private static final String NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
  private static final Pattern HELP = Pattern.compile("# HELP (" + NAME + ") [^\\n]+");
  private static final Pattern TYPE =
      Pattern.compile("# TYPE (" + NAME + ") (counter|gauge|histogram)");
  private static final Pattern SAMPLE =
      Pattern.compile(
          "("
              + NAME
              + ")(?:\\{([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\\\n]|\\\\[\\\\\"n])*)\"\\})?"
              + " (\\+Inf|-?[0-9]+(?:\\.[0-9]+)?(?:E-?[0-9]+)?)");

  @TempDir Path temp;

  /** Every sample by its name and label; a line that is none of the grammar fails. */
  static Map<String, Double> read(String page) {
    assertThat(page).endsWith("\n").doesNotContain("\r", "\n\n");
    Map<String, Double> samples = new LinkedHashMap<>();
    Set<String> families = new HashSet<>();
    String family = null;
    String type = null;
    for (String line : page.strip().split("\n")) {
      Matcher help = HELP.matcher(line);
      Matcher typed = TYPE.matcher(line);
      Matcher sample = SAMPLE.matcher(line);
      if (help.matches()) {
        family = help.group(1);
        type = null;
        assertThat(families.add(family)).as("once: " + line).isTrue();
      } else if (typed.matches()) {
        assertThat(typed.group(1)).as(line).isEqualTo(family);
        type = typed.group(2);
      } else {
        assertThat(sample.matches()).as(line).isTrue();
        assertThat(type).as("a type before " + line).isIn("counter", "gauge", "histogram");
        String name = sample.group(1);
        String bare =
            type.equals("histogram") ? name.replaceFirst("_(bucket|sum|count)$", "") : name;
        assertThat(bare).as(line).isEqualTo(family);
        assertThat(type.equals("counter")).as(line).isEqualTo(name.endsWith("_total"));
        String label = sample.group(2) == null ? "" : sample.group(2) + "=" + sample.group(3);
        double value = Double.parseDouble(sample.group(4).replace("+Inf", "Infinity"));
        assertThat(samples.put(name + "|" + label, value)).as("once: " + line).isNull();
      }
    }
    return samples;
  }

  private static void assertHistogram(Map<String, Double> samples, String name, double count) {
    List<Double> bounds = new ArrayList<>();
    List<Double> below = new ArrayList<>();
    samples.forEach(
        (key, value) -> {
          if (key.startsWith(name + "_bucket|le=")) {
            bounds.add(
                Double.parseDouble(
                    key.substring(key.indexOf('=') + 1).replace("+Inf", "Infinity")));
            below.add(value);
          }
        });
    assertThat(bounds).isSorted().doesNotHaveDuplicates();
    assertThat(bounds.getLast()).isInfinite();
    assertThat(below).as("cumulative").isSorted();
    assertThat(below.getLast()).isEqualTo(samples.get(name + "_count|")).isEqualTo(count);
    double sum = samples.get(name + "_sum|");
    assertThat(sum).isGreaterThanOrEqualTo(0);
    double least = 0;
    for (int i = 1; i < bounds.size(); i++) {
      least += (below.get(i) - below.get(i - 1)) * bounds.get(i - 1);
    }
    assertThat(sum).as("values lie in their buckets").isGreaterThanOrEqualTo(least);
  }

  @Test
  void whatTheEngineDidStandsOnThePageInPrometheusFormat() {
    Path file = temp.resolve("model.gguf");
    RandomModel.write(file, RandomModel.Shape.tiny(BlockType.F32));
    try (Engine engine = Engine.open(file);
        JishiServer server = JishiServer.start(engine, ServerOptions.DEFAULT.withPort(0))) {
      Http http = new Http(server);
      Map<String, Double> before = read(http.get("/metrics").body());
      assertHistogram(before, "jishi_first_token_seconds", 0);
      for (int i = 0; i < 3; i++) {
        http.post(
            Http.COMPLETIONS,
            "{\"prompt\":\"Once upon\",\"max_tokens\":5,\"min_tokens\":5,\"temperature\":0}");
      }
      assertThat(http.post(Http.COMPLETIONS, "{\"prompt\":[99999]}").statusCode()).isEqualTo(400);
      HttpResponse<String> response = http.get("/metrics");
      assertThat(response.headers().firstValue("content-type"))
          .contains("text/plain; version=0.0.4; charset=utf-8");
      Map<String, Double> now = read(response.body());
      assertThat(now.keySet()).isEqualTo(before.keySet());
      assertThat(now)
          .containsEntry("jishi_requests_total|finish=length", 3.0)
          .containsEntry("jishi_requests_total|finish=cancelled", 0.0)
          .containsEntry("jishi_requests_failed_total|", 0.0)
          .containsEntry("jishi_requests_rejected_total|", 0.0)
          .containsEntry("jishi_generated_tokens_total|", 15.0)
          .containsEntry("jishi_prompt_tokens_total|", (double) engine.metrics().promptTokens())
          .containsEntry("jishi_cached_tokens_total|", (double) engine.metrics().cachedTokens())
          .containsEntry("jishi_running|", 0.0)
          .containsEntry("jishi_waiting|", 0.0);
      assertThat(now.get("jishi_cached_tokens_total|")).isPositive();
      for (String name : List.of("queue", "first_token", "token", "request")) {
        assertHistogram(now, "jishi_" + name + "_seconds", 3);
      }
      assertHistogram(now, "jishi_step_sequences", engine.metrics().steps());
      assertHistogram(now, "jishi_step_tokens", engine.metrics().steps());
      assertHistogram(now, "jishi_step_seconds", engine.metrics().steps());
      http.client().close();
    }
  }

  @Test
  void aValueCountsInTheFirstBucketThatHoldsIt() {
    Histogram histogram = new Histogram(1, 2, 4);
    for (double value : new double[] {0, 1, 1.5, 4, 5}) {
      histogram.add(value);
    }
    StringBuilder out = new StringBuilder();
    histogram.write("h", out);
    assertThat(out.toString())
        .isEqualTo(
            """
            h_bucket{le="1.0"} 2
            h_bucket{le="2.0"} 3
            h_bucket{le="4.0"} 4
            h_bucket{le="+Inf"} 5
            h_sum 11.5
            h_count 5
            """);
  }

  @Test
  void theKeyIsAskedForAndAnEngineThatDoesNotCountHasNoPage() {
    ServerOptions locked = ServerOptions.DEFAULT.withPort(0).withApiKey("k");
    try (JishiServer server = JishiServer.start(new FakeEngine(), locked)) {
      Http http = new Http(server);
      assertThat(http.get("/metrics").statusCode()).isEqualTo(401);
      HttpResponse<String> response =
          http.send(http.request("/metrics").header("Authorization", "Bearer k").build());
      assertThat(response.statusCode()).isEqualTo(404);
      assertThat(Http.error(response).text("message").orElseThrow()).contains("does not count");
      http.client().close();
    }
  }
}
