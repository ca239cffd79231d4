// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.model.RandomSpec;
import io.jishi.testkit.Shared;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
    return new ServeOptions(streams, 8, 5, 1, prefix, trace, 10, 16, 100, 1, Duration.ZERO);
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

  @ParameterizedTest
  @ValueSource(
      strings = {
        "now,1,2",
        "2023-11-16 18:17:10,1",
        "2023-11-16 18:17:10,1,2,3",
        "2023-11-16 18:17:10,x,1",
        "2023-11-16 18:17:10,-5,1",
        "2023-11-16 18:17:10,5,-1",
        "2023-11-16 18:17:10,99999999999,1",
        "2023-11-16 18:17:02,5,1",
        "2023-02-31 18:17:10,5,1",
        "9999-12-31 18:17:10,5,1",
        ",,",
      })
  void aBadRowOfATraceIsRefusedWithItsLine(String row) throws Exception {
    Path file = write("bad.csv", AZURE + "\n" + row + "\n");
    assertThatThrownBy(() -> Trace.read(file, 10))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("bad.csv: line 6");
    assertThat(Trace.read(file, 3)).as("those before it can be replayed").hasSize(3);
  }

  @Test
  void whatIsNoTraceIsRefused() throws Exception {
    assertThatThrownBy(() -> Trace.read(write("no.csv", "time,in,out\n1,2,3\n"), 5))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("line 1")
        .hasMessageContaining("TIMESTAMP,ContextTokens,GeneratedTokens");
    assertThatThrownBy(() -> Trace.read(write("none.csv", AZURE.lines().findFirst().get()), 5))
        .hasMessageContaining("no requests");
    assertThatThrownBy(() -> Trace.read(write("bad.jsonl", "{\"timestamp\": 1}"), 5))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("line 1");
  }

  @ParameterizedTest
  @CsvSource({"code,8819", "conv,19366"})
  void azuresOwnFilesAreRead(String name, int requests) {
    Path file = Shared.require("data/traces-azure/AzureLLMInferenceTrace_" + name + ".csv");
    List<Trace.Entry> all = Trace.read(file, Integer.MAX_VALUE);
    assertThat(all).hasSize(requests);
    assertThat(all).isSortedAccordingTo(Comparator.comparingLong(Trace.Entry::nanos));
    assertThat(all.getLast().nanos()).isBetween(3_000_000_000_000L, 3_700_000_000_000L); // an hour
  }

  @Property(tries = 200)
  void aTraceOfAnyTextIsReadOrRefused(@ForAll String text, @ForAll boolean json) throws Exception {
    Path file = Files.createTempFile("trace", json ? ".jsonl" : ".csv");
    try {
      String header = "TIMESTAMP,ContextTokens,GeneratedTokens\n";
      Files.writeString(file, header.repeat(json ? 0 : 1) + text.replace('\ud800', 'x'));
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

  @Test
  void aTraceOfAzuresIsReplayedToItsLastRequest() throws Exception {
    ServeReport report =
        ServeBench.run(
            RandomSpec.parse("llama-20m:q4_0"),
            new ServeOptions(
                List.of(), 8, 5, 1, 0, write("azure.csv", AZURE), 10, 100, 1000, 1, Duration.ZERO),
            _ -> {});
    assertThat(report.replay().requests()).isEqualTo(3);
    assertThat(report.replay().failed()).isZero();
    assertThat(report.replay().refused()).isZero();
    assertThat(report.replay().peakBlocks()).isPositive();
  }
}
