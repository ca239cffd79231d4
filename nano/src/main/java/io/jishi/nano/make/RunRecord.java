// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.make;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one run of a training read and took; a line of JSON in {@code runs.jsonl}.
 *
 * @param part name of its recipe
 * @param seed of its exercises
 * @param conversations that were written
 * @param steps done
 * @param tokens seen
 * @param coreHours time of the steps, times the processors that they ran on
 * @param code version of Jishi
 */
public record RunRecord(
    String part,
    long seed,
    long conversations,
    long steps,
    long tokens,
    double coreHours,
    String code) {

  /**
   * Adds up a run of {@code jishi train}.
   *
   * @param run its folder, with {@code metrics.jsonl}
   * @param processors that each step ran on
   * @param code version of Jishi
   * @throws JishiException.BadFile where the run has no metrics
   */
  public static RunRecord of(Size.Part part, Path run, int processors, String code) {
    long steps = 0;
    long tokens = 0;
    double seconds = 0;
    for (JsonObject line : lines(run.resolve("metrics.jsonl"))) {
      if (line.has("tokensPerSecond")) {
        long seen = number(line, "tokens");
        steps++;
        tokens += seen;
        seconds += seen / decimal(line, "tokensPerSecond");
      }
    }
    double hours = seconds * processors / 3600;
    return new RunRecord(
        part.recipe(), part.seed(), part.conversations(), steps, tokens, hours, code);
  }

  /**
   * Reads a file of records.
   *
   * @throws JishiException.BadFile where it cannot be read, or a line lacks something
   */
  public static List<RunRecord> read(Path file) {
    return lines(file).stream()
        .map(
            line ->
                new RunRecord(
                    line.text("part").orElseThrow(() -> line.missing("part")),
                    number(line, "seed"),
                    number(line, "conversations"),
                    number(line, "steps"),
                    number(line, "tokens"),
                    decimal(line, "coreHours"),
                    line.text("code").orElseThrow(() -> line.missing("code"))))
        .toList();
  }

  /** Puts it behind those of a file, unless that part stands there already. */
  void keep(Path file) throws IOException {
    if (Files.exists(file) && read(file).stream().anyMatch(r -> r.part.equals(part))) {
      return;
    }
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("part", part);
    line.put("seed", seed);
    line.put("conversations", conversations);
    line.put("steps", steps);
    line.put("tokens", tokens);
    line.put("coreHours", Math.round(coreHours * 100) / 100.0);
    line.put("code", code);
    Files.writeString(
        file, Json.write(line) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private static long number(JsonObject line, String key) {
    return line.longInteger(key).orElseThrow(() -> line.missing(key));
  }

  private static double decimal(JsonObject line, String key) {
    return line.number(key).orElseThrow(() -> line.missing(key));
  }

  private static List<JsonObject> lines(Path file) {
    try {
      return Files.readAllLines(file).stream()
          .map(line -> JsonObject.of(file.toString(), Json.parse(file.toString(), line)))
          .toList();
    } catch (IOException e) {
      throw new JishiException.BadFile(file + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
