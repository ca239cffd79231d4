// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.model.RandomSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServeBenchTest {
  private static final String AZURE =
      """
      TIMESTAMP,ContextTokens,GeneratedTokens
      2023-11-16 18:17:03.9799600,4808,10
      2023-11-16 18:17:04.0319600,3180,80
      2023-11-16 18:17:09.0000000,100,800
      """;
  private static final String MOONCAKE =
      """
      {"timestamp": 0, "input_length": 1100, "output_length": 50, "hash_ids": [0, 1, 2]}
      {"timestamp": 20, "input_length": 1200, "output_length": 40, "hash_ids": [0, 1, 9]}
      """;

  @TempDir Path temp;

  private Path write(String name, String text) throws Exception {
    return Files.writeString(temp.resolve(name), text);
  }

  private static ServeOptions options(List<Integer> streams, int prefix, Path trace) {
    return new ServeOptions(streams, 8, 5, 1, prefix, trace, 10, 16, 100, 1);
  }

  @Test
  void bothFormatsOfTracesAreRead() throws Exception {
    List<Trace.Entry> azure = Trace.read(write("azure.csv", AZURE), 10);
    assertThat(azure).extracting(Trace.Entry::prompt).containsExactly(4808, 3180, 100);
    assertThat(azure.get(1).nanos()).isEqualTo(52_000_000);
    assertThat(Trace.read(temp.resolve("azure.csv"), 2)).hasSize(2);
    List<Trace.Entry> mooncake = Trace.read(write("mooncake.jsonl", MOONCAKE), 10);
    int[] first = mooncake.get(0).tokens(4, 1000, 500, 1);
    int[] second = mooncake.get(1).tokens(4, 1000, 500, 2);
    assertThat(first).hasSize(275);
    assertThat(java.util.Arrays.mismatch(first, second)).isBetween(256, 260);
  }

  @Test
  void aDamagedTraceIsRefusedWithItsLine() {
    for (String line : List.of("now,1,2", "2023-11-16 18:17:03,1", "2023-11-16 18:17:03,x,1", "")) {
      assertThatThrownBy(() -> Trace.read(write("bad.csv", "TIMESTAMP,A,B\n" + line), 5))
          .isInstanceOf(JishiException.BadFile.class);
    }
    assertThatThrownBy(() -> Trace.read(write("bad.jsonl", "{\"timestamp\": 1}"), 5))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("line 1");
  }

  @Property(tries = 200)
  void aTraceOfAnyTextIsReadOrRefused(@ForAll String text, @ForAll boolean json) throws Exception {
    Path file = Files.createTempFile("trace", json ? ".jsonl" : ".csv");
    try {
      Files.writeString(file, "TIMESTAMP,A,B\n".repeat(json ? 0 : 1) + text.replace('\ud800', 'x'));
      Trace.read(file, 10);
    } catch (JishiException.BadFile e) {
      assertThat(e).hasMessageContaining(file.getFileName().toString());
    } finally {
      Files.delete(file);
    }
  }

  @Test
  void whatIsServedIsReported() throws Exception {
    RandomSpec model = RandomSpec.parse("llama-20m:q4_0");
    ServeReport report =
        ServeBench.run(
            model, options(List.of(1, 3), 100, write("mooncake.jsonl", MOONCAKE)), _ -> {});
    assertThat(report.runs()).extracting(ServeReport.Run::streams).containsExactly(1, 3);
    assertThat(report.runs()).allMatch(r -> r.tokensPerSecond() > 0 && r.worstRatio() >= 1);
    assertThat(report.prefix().againNanos()).isPositive();
    assertThat(report.replay().failed()).isZero();
    assertThat(report.replay().firstToken().p99()).isPositive();
    Map<String, Object> json = report.toJson();
    assertThat(json).containsKeys("runs", "prefix", "replay");
    assertThatThrownBy(() -> options(List.of(0), 0, null))
        .isInstanceOf(JishiException.BadRequest.class);
  }
}
