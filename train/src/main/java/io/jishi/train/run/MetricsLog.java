// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.export.AtomicFiles;
import io.jishi.model.export.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code metrics.jsonl}: one JSON object a line, each written at once, each step once. */
final class MetricsLog implements AutoCloseable {
  private final Path file;
  private final FileChannel channel;

  private MetricsLog(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Opens the log to go on after a step.
   *
   * @param step lines of later steps, and a last one that a kill cut off, are dropped: they come
   *     again
   */
  static MetricsLog open(Path file, long step) {
    try {
      List<JsonObject> kept = read(file, step);
      StringBuilder text = new StringBuilder();
      kept.forEach(line -> text.append(Json.write(line.fields())).append('\n'));
      AtomicFiles.replace(
          file, Disk.LOCAL, out -> out.write(text.toString().getBytes(StandardCharsets.UTF_8)));
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
      return new MetricsLog(file, channel);
    } catch (IOException e) {
      throw AtomicFiles.failed(file, e);
    }
  }

  private static List<JsonObject> read(Path file, long step) throws IOException {
    List<JsonObject> kept = new ArrayList<>();
    if (!Files.exists(file)) {
      return kept;
    }
    List<String> lines = Files.readAllLines(file);
    for (int i = 0; i < lines.size(); i++) {
      String source = file + ":" + (i + 1);
      try {
        JsonObject line = JsonObject.of(source, Json.parse(source, lines.get(i)));
        if (line.longInteger("step").orElse(Long.MAX_VALUE) <= step) {
          kept.add(line);
        }
      } catch (JishiException.BadFile e) {
        if (i + 1 < lines.size()) {
          throw e; // a kill cuts off the last line and no other
        }
      }
    }
    return kept;
  }

  /** Appends a line. */
  void add(Map<String, Object> line) {
    String text = Json.write(line) + "\n";
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      throw AtomicFiles.failed(file, e);
    }
  }

  /** All lines so far, read anew: a long run has too many to hold. */
  List<JsonObject> lines() {
    try {
      return read(file, Long.MAX_VALUE - 1);
    } catch (IOException e) {
      throw AtomicFiles.failed(file, e);
    }
  }

  /** Takes back what was said of later steps. */
  MetricsLog rewind(long step) {
    close();
    return open(file, step);
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw AtomicFiles.failed(file, e);
    }
  }
}
