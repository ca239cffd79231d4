// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException.BadFile;
import io.jishi.testkit.GgufWriter;
import io.jishi.testkit.GgufWriter.Type;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufSplitTest {
  @TempDir Path folder;

  @Test
  void theFirstPartBringsTheOthers() {
    part(1, 3, 3).write(name(1, 3));
    part(2, 3, 3).write(name(2, 3));
    part(3, 3, 3).write(name(3, 3));
    try (GgufFile file = GgufFile.open(name(1, 3))) {
      assertThat(file.path()).isEqualTo(name(1, 3));
      assertThat(file.tensors().keySet()).containsExactly("t1", "t2", "t3");
      assertThat(file.tensors().get("t3").data().get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 3);
      assertThat(file.metadata("only.in")).isEqualTo(1L);
    }
  }

  @Test
  void aLaterPartNamesTheFirst() {
    part(2, 3, 3).write(name(2, 3));
    error(name(2, 3), "is part 2 of 3; open " + name(1, 3));
  }

  @Test
  void missingPartsAreNamed() {
    part(1, 3, 3).write(name(1, 3));
    error(name(1, 3), "missing beside it: m-00002-of-00003.gguf, m-00003-of-00003.gguf; fetch");
  }

  @Test
  void aRenamedPartSaysHowItMustBeCalled() throws IOException {
    part(1, 2, 2).write(name(1, 2));
    Path renamed = Files.move(name(1, 2), folder.resolve("model.gguf"));
    error(renamed, "its name must end in -00001-of-00002.gguf");
    Path wrongCount = Files.move(renamed, name(1, 3));
    error(wrongCount, "its name must end in -00001-of-00002.gguf");
  }

  @Test
  void aPartOfAnotherModelIsAnError() {
    part(1, 2, 2).write(name(1, 2));
    part(3, 3, 3).write(name(2, 2));
    error(name(1, 2), "is not part 2 of 2 of");
  }

  @Test
  void theNumberOfTensorsHasToBeRight() {
    part(1, 2, 5).write(name(1, 2));
    part(2, 2, 5).write(name(2, 2));
    error(name(1, 2), "the 2 parts hold 2 tensors, but 'split.tensors.count' is 5");
  }

  @Test
  void aTensorInTwoPartsIsAnError() {
    part(1, 2, 2).write(name(1, 2));
    part(2, 2, 2).tensor("t1", 24, new long[] {1}, new byte[1]).write(name(2, 2));
    error(name(1, 2), "tensor 't1' stands in an earlier part too");
  }

  @Test
  void aDamagedLaterPartIsNamed() throws IOException {
    part(1, 2, 2).write(name(1, 2));
    Files.writeString(name(2, 2), "nonsense");
    error(name(1, 2), name(2, 2) + ": is no GGUF file");
  }

  @Test
  void absurdCountsAreErrors() {
    Path path = folder.resolve("m.gguf");
    for (int count : new int[] {-1, Integer.MAX_VALUE, 100_000}) {
      new GgufWriter()
          .put("split.no", Type.U32, 0)
          .put("split.count", Type.I32, count)
          .tensor("t", 24, new long[] {1}, new byte[1])
          .write(path);
      error(path, path + ": ");
    }
  }

  private static GgufWriter part(int number, int count, int tensors) {
    return new GgufWriter()
        .put("only.in", number)
        .put("split.no", Type.U16, number - 1)
        .put("split.count", Type.U16, count)
        .put("split.tensors.count", Type.I32, tensors)
        .tensor("t" + number, 24, new long[] {1}, new byte[] {(byte) number});
  }

  private Path name(int number, int count) {
    return folder.resolve("m-0000" + number + "-of-0000" + count + ".gguf");
  }

  private static void error(Path path, String message) {
    assertThatThrownBy(() -> GgufFile.open(path))
        .isInstanceOf(BadFile.class)
        .hasMessageContaining(message);
  }
}
