// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.safetensors;

import static io.jishi.model.safetensors.Made.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.base.JishiException.BadFile;
import io.jishi.base.JishiException.Unsupported;
import io.jishi.base.Json;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsFolderTest {
  @TempDir Path folder;

  @Test
  void shardsAreJoinedAsTheIndexSays() throws IOException {
    shard("s1.safetensors", entry("a", "I8", "[2]", 0, 2) + "," + entry("f", "U8", "[1]", 2, 3), 3);
    shard("s2.safetensors", entry("b", "I8", "[1]", 0, 1), 1);
    index("{\"b\":\"s2.safetensors\",\"a\":\"s1.safetensors\",\"f\":\"s1.safetensors\"}");
    SafetensorsFolder file = SafetensorsFolder.open(folder);
    assertThat(file.path()).isEqualTo(folder.resolve("s2.safetensors"));
    assertThat(file.tensors().keySet()).containsExactly("b", "a");
    assertThat(file.otherTypes()).isEqualTo(Map.of("f", "U8"));
    var a = file.tensors().get("a").data();
    assertThat(a.get(ValueLayout.JAVA_BYTE, 1)).isEqualTo((byte) 1);
    file.close();
    assertThatThrownBy(() -> a.get(ValueLayout.JAVA_BYTE, 1))
        .isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        "../out.safetensors",
        "a/../../out.safetensors",
        "/etc/passwd",
        "a\\b",
        "C:x",
        "a\0b",
        "sub/s.safetensors",
        ".hidden"
      })
  void aShardCannotBeOutsideOfTheFolder(String name) throws IOException {
    index(Json.write(Map.of("a", name)));
    error(BadFile.class, "must be the plain name of a file beside it");
  }

  @Test
  void missingShardsAreNamed() throws IOException {
    shard("s1.safetensors", entry("a", "I8", "[2]", 0, 2), 2);
    index("{\"a\":\"s1.safetensors\",\"b\":\"s2.safetensors\",\"c\":\"s3.safetensors\"}");
    error(BadFile.class, "missing beside it: s2.safetensors, s3.safetensors; fetch them too");
  }

  @Test
  void aTensorThatTheShardLacksIsAnError() throws IOException {
    shard("s1.safetensors", entry("a", "I8", "[2]", 0, 2), 2);
    index("{\"a\":\"s1.safetensors\",\"b\":\"s1.safetensors\"}");
    error(BadFile.class, "s1.safetensors: has no tensor 'b', but");
  }

  @Test
  void anIndexOfAWrongFormIsAnError() throws IOException {
    for (String map : new String[] {"3", "[]", "{}", "{\"a\":1}", "{\"a\":null}"}) {
      index(map);
      error(BadFile.class, "model.safetensors.index.json: ");
    }
    Files.writeString(folder.resolve(SafetensorsFolder.INDEX), "{\"metadata\":{}}");
    error(BadFile.class, "'weight_map' is missing");
    Files.writeString(folder.resolve(SafetensorsFolder.INDEX), "nonsense");
    error(BadFile.class, "not valid JSON");
  }

  @Test
  void picklesAreNotRead() throws IOException {
    Files.writeString(folder.resolve("pytorch_model.bin"), "x");
    error(Unsupported.class, "(pytorch_model.bin), which can run code when read; convert them");
  }

  @Test
  void aFolderWithoutWeightsSaysWhatItLacks() {
    error(BadFile.class, "holds neither model.safetensors nor model.safetensors.index.json");
    assertThatThrownBy(() -> SafetensorsFolder.open(folder.resolve("absent")))
        .isInstanceOf(BadFile.class)
        .hasMessageContaining("is not a folder");
  }

  private void shard(String name, String entries, int bytes) throws IOException {
    Files.write(folder.resolve(name), Made.file("{" + entries + "}", bytes));
  }

  private void index(String weightMap) throws IOException {
    Files.writeString(
        folder.resolve(SafetensorsFolder.INDEX), "{\"weight_map\":" + weightMap + "}");
  }

  private void error(Class<? extends JishiException> type, String message) {
    assertThatThrownBy(() -> SafetensorsFolder.open(folder))
        .isInstanceOf(type)
        .hasMessageContaining(message);
  }
}
