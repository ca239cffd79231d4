// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Recorded requests: when they came and how long they were. Two formats: the CSV of Azure's traces
 * ({@code TIMESTAMP,ContextTokens,GeneratedTokens}) and the JSON lines of Mooncake's ({@code
 * timestamp} in milliseconds, {@code input_length}, {@code output_length}, {@code hash_ids}: what
 * each 512 tokens of the prompt are, so that prompts share beginnings as the real ones did).
 */
final class Trace {
  /** Tokens that one of Mooncake's hashes stands for. */
  private static final int HASHED = 512;

  private static final String HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens";

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss[.SSSSSSS]");

  private Trace() {}

  /**
   * One request.
   *
   * @param nanos since the first one
   * @param hashes of its beginning, may be empty
   */
  record Entry(long nanos, int prompt, int generate, int[] hashes) {

    /** Token ids of that length; equal hashes give equal tokens. */
    int[] tokens(int shrink, int most, int vocabulary, long seed) {
      int[] tokens = new int[Math.clamp(prompt / shrink, 1, most)];
      int part = Math.max(1, HASHED / shrink);
      SplittableRandom random = null;
      for (int i = 0; i < tokens.length; i++) {
        if (i % part == 0 || random == null) {
          boolean known = i / part < hashes.length;
          random = new SplittableRandom(known ? hashes[i / part] : seed * 31 + i);
        }
        tokens[i] = random.nextInt(vocabulary);
      }
      return tokens;
    }
  }

  /**
   * Reads the first requests of a file.
   *
   * @throws JishiException.BadFile where a line is none of the two formats
   */
  static List<Entry> read(Path file, int most) {
    List<Entry> all = new ArrayList<>();
    try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      boolean json = file.getFileName().toString().endsWith(".jsonl");
      LocalDateTime start = null;
      int number = 0;
      for (String line = reader.readLine();
          line != null && all.size() < most;
          line = reader.readLine()) {
        number++;
        String where = file + ": line " + number;
        if (!json && number == 1) {
          header(where, line);
          continue;
        }
        if (line.isBlank()) {
          continue;
        }
        if (json) {
          all.add(parse(where, JsonObject.of(where, Json.parse(where, line))));
        } else {
          String[] cells = line.strip().split(",", -1);
          start = start == null ? time(where, cells[0]) : start;
          all.add(parse(where, cells, start));
        }
      }
    } catch (IOException e) {
      throw new JishiException.BadFile(file + ": cannot be read: " + e, e);
    }
    if (all.isEmpty()) {
      throw new JishiException.BadFile(file + ": there are no requests in it");
    }
    return all;
  }

  /** A byte order mark before it is nothing. */
  private static void header(String where, String line) {
    if (!line.replace("\uFEFF", "").strip().equals(HEADER)) {
      throw new JishiException.BadFile(
          where
              + ": a CSV of Azure's begins with the line "
              + HEADER
              + ", a file of Mooncake's is"
              + " named .jsonl");
    }
  }

  private static Entry parse(String where, JsonObject json) {
    List<Object> ids = json.array("hash_ids").orElse(List.of());
    int[] hashes = new int[ids.size()];
    for (int i = 0; i < hashes.length; i++) {
      if (!(ids.get(i) instanceof Number id)) {
        throw json.wrong("hash_ids", "numbers");
      }
      hashes[i] = id.intValue();
    }
    return entry(
        where,
        json.requireInt("timestamp") * 1_000_000L,
        json.requireInt("input_length"),
        json.requireInt("output_length"),
        hashes);
  }

  private static Entry parse(String where, String[] cells, LocalDateTime start) {
    try {
      if (cells.length != 3) {
        throw new NumberFormatException(cells.length + " cells");
      }
      long nanos = ChronoUnit.NANOS.between(start, time(where, cells[0]));
      return entry(
          where, nanos, Integer.parseInt(cells[1]), Integer.parseInt(cells[2]), new int[0]);
    } catch (NumberFormatException | ArithmeticException e) {
      throw new JishiException.BadFile(
          where + ": a time and two numbers of tokens are needed, as TIMESTAMP,10,20", e);
    }
  }

  private static Entry entry(String where, long nanos, int prompt, int generate, int[] hashes) {
    if (nanos < 0 || prompt < 0 || generate < 0) {
      throw new JishiException.BadFile(where + ": a time or a length is below 0");
    }
    return new Entry(nanos, prompt, generate, hashes);
  }

  private static LocalDateTime time(String where, String text) {
    try {
      return LocalDateTime.parse(text, TIME);
    } catch (DateTimeParseException e) {
      throw new JishiException.BadFile(where + ": '" + text + "' is no time", e);
    }
  }
}
