// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.model.export.Disk;
import io.jishi.model.export.GgufExport;
import io.jishi.model.export.ModelSource;
import io.jishi.tensor.DType;
import io.jishi.tensor.Precision;
import io.jishi.testkit.SeeingFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model that sees, in two GGUF files, answers as its folder does. */
class SeeingFilesTest {
  @TempDir Path temp;

  @Test
  void twoFilesAnswerAsTheFolderDoes() throws IOException {
    Path folder = SeeingFolder.write(temp.resolve("qwen"), SeeingTest.QWEN, SeeingTest.QWEN_IMAGE);
    Path words = folder.resolve("tokenizer.json");
    String rule = "\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false}";
    String named = Files.readString(words).replace("\"pre_tokenizer\":null", rule);
    Files.writeString(words, named); // GGUF has names for some rules, and none for no rule
    Path file = temp.resolve("model.gguf");
    try (ModelSource source = ModelSource.open(folder)) {
      GgufExport.write(source, file, DType.F32, Disk.LOCAL);
    }
    Path projector = temp.resolve("tower.gguf");
    Files.move(GgufExport.projector(file), projector);
    String expected = answer(folder, null);
    assertThat(expected).isNotEmpty();
    assertThat(answer(file, projector)).isEqualTo(expected);
  }

  private static String answer(Path model, Path projector) throws IOException {
    Message turn =
        Message.user(
            List.of(
                Content.text(SeeingFolder.text(1, 2, 3)),
                new Content.Picture(SeeingTest.image(SeeingTest.QWEN)),
                Content.text(SeeingFolder.text(4, 5))));
    EngineOptions options =
        EngineOptions.DEFAULT
            .withContext(SeeingTest.CONTEXT)
            .with(Precision.EXACT)
            .withCache(DType.F32)
            .withProjector(projector);
    try (Engine engine = Engine.open(model, options)) {
      return engine.generate(SeeingTest.greedy(SeeingTest.chat(turn), 12)).text();
    }
  }
}
