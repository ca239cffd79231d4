// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.model.export.AtomicFiles;
import io.jishi.model.export.Disk;
import io.jishi.model.export.GgufExport;
import io.jishi.model.export.GgufWriter;
import io.jishi.model.export.ModelSource;
import io.jishi.model.export.OutputTensor;
import io.jishi.model.gguf.GgufFile;
import io.jishi.tensor.DType;
import io.jishi.tensor.Precision;
import io.jishi.testkit.Shared;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of older converters keep queries, keys and values in one matrix. */
class OldGgufTest {
  private static final List<String> PARTS = List.of("attn_q", "attn_k", "attn_v");

  @TempDir Path temp;

  @ParameterizedTest
  @ValueSource(strings = {"phi", "qwen2", "qwen3", "starcoder2", "phi3"})
  void queriesKeysAndValuesMayStandInOneMatrix(String name) {
    Path apart = temp.resolve("apart.gguf");
    try (ModelSource source = ModelSource.open(Shared.require("goldens/" + name))) {
      GgufExport.write(source, apart, DType.F32, Disk.LOCAL);
    }
    Path packed = temp.resolve("packed.gguf");
    try (GgufFile file = GgufFile.open(apart)) {
      GgufWriter writer = new GgufWriter(packed(file));
      file.metadata().keys().forEach(k -> writer.putStored(k, file.metadata().stored(k)));
      AtomicFiles.create(packed, Disk.LOCAL, writer);
    }
    try (GgufFile file = GgufFile.open(packed)) {
      assertThat(file.tensors().keySet())
          .contains("blk.0.attn_qkv.weight")
          .noneMatch(t -> t.contains("attn_q.") || t.contains("attn_v."));
    }
    assertThat(logits(packed)).isDeepEqualTo(logits(apart));
  }

  private static float[][] logits(Path model) {
    int[] tokens = IntStream.range(0, 20).map(i -> (i * 31 + 7) % 250).toArray();
    try (GoldenTest.Runner runner =
        new GoldenTest.Runner(model, DType.F32, Precision.EXACT, 1, 0)) {
      return runner.logits(tokens);
    }
  }

  /** All tensors, with the three of each layer as one, and their biases likewise. */
  private static List<OutputTensor> packed(GgufFile file) {
    List<OutputTensor> all = new ArrayList<>();
    for (StoredTensor stored : file.tensors().values()) {
      OutputTensor tensor = OutputTensor.of(stored);
      String first = PARTS.getFirst() + ".";
      if (tensor.name().contains(first)) {
        all.add(
            joined(
                tensor.name().replace(first, "attn_qkv."),
                PARTS.stream()
                    .map(part -> tensor.name().replace(first, part + "."))
                    .map(part -> OutputTensor.of(file.tensors().get(part)))
                    .toList()));
      } else if (PARTS.stream().noneMatch(part -> tensor.name().contains(part + "."))) {
        all.add(tensor);
      }
    }
    return all;
  }

  /** One below the other. */
  private static OutputTensor joined(String name, List<OutputTensor> parts) {
    long rows = parts.stream().mapToLong(p -> p.shape().getFirst()).sum();
    boolean matrix = parts.getFirst().shape().size() == 2;
    if (!matrix) {
      return new OutputTensor(name, DType.F32, List.of(rows), (_, out) -> beside(parts, out));
    }
    long columns = parts.getFirst().columns();
    return new OutputTensor(
        name,
        DType.F32,
        List.of(rows, columns),
        (row, out) -> {
          long at = row;
          for (OutputTensor part : parts) {
            if (at < part.rowCount()) {
              part.rows().read(at, out);
              return;
            }
            at -= part.rowCount();
          }
        });
  }

  private static void beside(List<OutputTensor> parts, float[] out) {
    int at = 0;
    for (OutputTensor part : parts) {
      float[] own = new float[part.columns()];
      part.rows().read(0, own);
      System.arraycopy(own, 0, out, at, own.length);
      at += own.length;
    }
  }
}
