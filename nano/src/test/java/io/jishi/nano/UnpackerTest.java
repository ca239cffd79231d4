// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnpackerTest {
  private static final byte[] WEIGHTS = "weights ".repeat(50_000).getBytes(StandardCharsets.UTF_8);

  @TempDir Path temp;
  private final AtomicInteger reads = new AtomicInteger();

  private static String sum(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  private Unpacker unpacker() throws Exception {
    return new Unpacker(
        "nano.gguf",
        sum(WEIGHTS),
        () -> {
          reads.incrementAndGet();
          return new ByteArrayInputStream(WEIGHTS);
        });
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.toList();
    }
  }

  @Test
  void theFirstUseUnpacksAndLaterOnesFindIt() throws Exception {
    Path cache = temp.resolve("a/b");
    Path file = unpacker().unpack(List.of(cache));
    assertThat(file).hasBinaryContent(WEIGHTS).hasParent(cache);
    assertThat(file.getFileName().toString())
        .isEqualTo("nano-" + sum(WEIGHTS).substring(0, 16) + ".gguf");
    assertThat(unpacker().unpack(List.of(cache))).isEqualTo(file);
    assertThat(reads).hasValue(1);
    assertThat(files(cache)).containsExactly(file);
  }

  @Test
  void aDamagedCopyIsReplaced() throws Exception {
    Path file = unpacker().unpack(List.of(temp));
    byte[] other = WEIGHTS.clone();
    other[1234] ^= 1;
    Files.write(file, other);
    assertThat(unpacker().unpack(List.of(temp))).isEqualTo(file).hasBinaryContent(WEIGHTS);
    Files.write(file, new byte[10]);
    assertThat(unpacker().unpack(List.of(temp))).hasBinaryContent(WEIGHTS);
  }

  @Test
  void manyAtOnceGetTheSameWholeFile() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      Callable<Path> one = () -> unpacker().unpack(List.of(temp));
      for (Future<Path> done : threads.invokeAll(java.util.Collections.nCopies(16, one))) {
        assertThat(done.get()).hasBinaryContent(WEIGHTS);
      }
    }
    assertThat(files(temp)).hasSize(1);
  }

  @Test
  void whereTheCacheCannotBeWrittenTheNextFolderAndThenATemporaryOneIsTaken() throws Exception {
    Path noFolder = Files.writeString(temp.resolve("file"), "in the way");
    Path second = temp.resolve("second");
    assertThat(unpacker().unpack(List.of(noFolder, second))).hasParent(second);
    Path file = unpacker().unpack(List.of(noFolder));
    assertThat(file).hasBinaryContent(WEIGHTS);
    assertThat(file.startsWith(temp)).isFalse();
    Files.delete(file);
    Files.delete(file.getParent());
  }

  @Test
  void aDamagedResourceIsNeverHandedOut() throws Exception {
    Unpacker bad =
        new Unpacker("nano.gguf", sum(new byte[1]), () -> new ByteArrayInputStream(WEIGHTS));
    assertThatThrownBy(() -> bad.unpack(List.of(temp)))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("damaged");
    assertThat(files(temp)).isEmpty();
    assertThatThrownBy(() -> new Unpacker("nano.gguf", "12ab", () -> null))
        .isInstanceOf(JishiException.BadFile.class);
  }

  @Test
  void theWeightsAreSmallAndHaveTheChecksumThatTheJarGives() throws Exception {
    try (InputStream weights = Nano.class.getResourceAsStream("nano.gguf");
        InputStream file = Nano.class.getResourceAsStream("nano.gguf.sha256")) {
      byte[] bytes = weights.readAllBytes();
      assertThat(bytes.length).isLessThan(12_000_000);
      assertThat(new String(file.readAllBytes(), StandardCharsets.UTF_8)).startsWith(sum(bytes));
    }
  }

  @Test
  void theCacheIsWhereTheSystemHasIt() {
    assertThat(CacheFolders.of(Map.of(), "Linux", "/home/a"))
        .containsExactly(Path.of("/home/a/.cache/jishi"));
    assertThat(CacheFolders.of(Map.of("XDG_CACHE_HOME", "/x"), "Linux", "/home/a"))
        .containsExactly(Path.of("/x/jishi"), Path.of("/home/a/.cache/jishi"));
    assertThat(CacheFolders.of(Map.of("XDG_CACHE_HOME", "x"), "Mac OS X", "/Users/a"))
        .containsExactly(Path.of("/Users/a/Library/Caches/jishi"));
    assertThat(CacheFolders.of(Map.of("LOCALAPPDATA", "/l"), "Windows 11", "/w"))
        .containsExactly(Path.of("/l/jishi"));
    assertThat(CacheFolders.of(Map.of(), "Linux", "")).isEmpty();
  }
}
