// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.mapped;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException.BadFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MappedFileTest {
  @TempDir Path folder;

  @Test
  void testsRunInTheNamedModule() {
    assertThat(MappedFile.class.getModule().isNamed()).isTrue();
  }

  @Test
  void whatIsNoReadableFileSaysWhy() throws IOException {
    error(folder.resolve("absent"), "no such file");
    error(folder, "is a folder, not a file");
    error(Files.createFile(folder.resolve("empty")), "the file is empty");
    error(Files.createSymbolicLink(folder.resolve("link"), Path.of("gone")), "no such file");
  }

  @Test
  void aDeviceIsNoFile() {
    Path device = Path.of("/dev/zero");
    Assumptions.assumeTrue(Files.exists(device));
    error(device, "is not a regular file");
  }

  @Test
  void aFileWithoutPermissionSaysSo() throws IOException {
    Path path = Files.writeString(folder.resolve("closed"), "x");
    path.toFile().setReadable(false);
    Assumptions.assumeFalse(Files.isReadable(path)); // the superuser reads everything
    error(path, "permission denied");
  }

  @Test
  void aLongNameIsCutBetweenCharacters() {
    assertThat(Quote.of("😀".repeat(100))).isEqualTo("'" + "😀".repeat(80) + "…'");
    assertThat(Quote.of("a\nb\u2028c\ud800")).isEqualTo("'a\uFFFDb\uFFFDc\uFFFD'");
  }

  private static void error(Path path, String message) {
    assertThatThrownBy(() -> MappedFile.open(path))
        .isInstanceOf(BadFile.class)
        .hasMessageStartingWith(path + ": ")
        .hasMessageContaining(message);
  }
}
