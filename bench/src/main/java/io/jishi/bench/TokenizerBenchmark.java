// SPDX-License-Identifier: Apache-2.0
package io.jishi.bench;

import io.jishi.text.FolderTokenizer;
import io.jishi.text.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Encodes the first megabyte of a text, in milliseconds: 1,000 by the score are megabytes a second.
 * Words come again in each round, so words are known that a text of a megabyte knows at its end.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
public class TokenizerBenchmark {
  private static final int BYTES = 1_000_000;

  /** A folder with the files of a tokenizer. */
  @Param("")
  public String folder;

  /** A text of a megabyte or more. */
  @Param("")
  public String file;

  private Tokenizer tokenizer;
  private String text;

  /** Reads both. */
  @Setup(Level.Trial)
  public void read() throws IOException {
    tokenizer = FolderTokenizer.read(Path.of(folder));
    byte[] all = Files.readAllBytes(Path.of(file));
    if (all.length < BYTES) {
      throw new IllegalArgumentException(file + " has less than " + BYTES + " bytes");
    }
    text = new String(all, 0, BYTES, StandardCharsets.UTF_8);
  }

  /** One pass. */
  @Benchmark
  public int[] encode() {
    return tokenizer.encode(text, Tokenizer.Special.TEXT);
  }
}
