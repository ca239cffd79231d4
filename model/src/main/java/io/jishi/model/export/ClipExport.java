// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.model.ClipLayout;
import io.jishi.model.ClipReader;
import io.jishi.model.StoredTensor;
import io.jishi.model.TowerSpec;
import io.jishi.model.VisionSpec;
import io.jishi.model.WeightMix;
import io.jishi.model.gguf.GgufMetadata;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The tower and projector of a model that sees as a GGUF file of the architecture {@code clip}.
 * What it will say is read back before anything is written, as {@link SpecExport} does.
 */
final class ClipExport {
  private ClipExport() {}

  /**
   * A writer of the file.
   *
   * @param seeing what the model is
   * @param mix types of the language model; the tower takes F32, F16 or BF16 of it, and stays as it
   *     is stored where that is a smaller type
   * @throws JishiException.Unsupported where the format cannot say what this tower is
   */
  static GgufWriter writer(ModelSource model, VisionSpec seeing, WeightMix mix) {
    String family = model.config().text("model_type").orElseThrow();
    ClipLayout layout = ClipLayout.of(ClipLayout.written().getOrDefault(family, ""));
    if (layout == null) {
      throw new JishiException.Unsupported(
          model.config().source()
              + ": GGUF has no form for the tower of the family '"
              + family
              + "', or none is known; possible are "
              + String.join(", ", ClipLayout.written().keySet()));
    }
    Map<String, Object> keys = ClipKeys.of(model, seeing, layout);
    ClipMoves moves = new ClipMoves(files(model, seeing), seeing, layout, mix);
    List<OutputTensor> tensors = moves.tensors();
    refuseUnread(model, moves.unread());
    refuseOther(model, seeing, keys, tensors);
    GgufWriter writer = new GgufWriter(tensors);
    keys.forEach(writer::put);
    return writer;
  }

  private static Map<String, OutputTensor> files(ModelSource model, VisionSpec seeing) {
    Map<String, OutputTensor> files = new LinkedHashMap<>();
    for (OutputTensor tensor : model.tensors()) {
      String name = seeing.towerName(tensor.name());
      if (name != null) {
        files.put(name, tensor);
      }
    }
    return files;
  }

  /** A tensor that has no place in the file would be lost. */
  private static void refuseUnread(ModelSource model, TreeSet<String> left) {
    if (!left.isEmpty()) {
      throw new JishiException.Unsupported(
          model.folder()
              + ": the tower's tensor '"
              + left.first()
              + "' and "
              + (left.size() - 1)
              + " more have no name in GGUF files");
    }
  }

  /** Reads the keys as a loader will. */
  private static void refuseOther(
      ModelSource model, VisionSpec seeing, Map<String, Object> keys, List<OutputTensor> tensors) {
    String source = "the projector's GGUF file of " + model.folder();
    Map<String, StoredTensor> stored = new LinkedHashMap<>();
    for (OutputTensor t : tensors) {
      stored.put(t.name(), new StoredTensor(t.name(), t.type(), t.shape(), MemorySegment.NULL));
    }
    VisionSpec read =
        ClipReader.vision(
            source, GgufMetadata.of(source, keys), stored, seeing.text(), new String[0]);
    String differs = SpecDifference.find(seeing.tower().layers(), read.tower().layers());
    differs =
        differs != null ? differs : SpecDifference.text("the tower", words(seeing), words(read));
    if (differs != null) {
      throw new JishiException.Unsupported(
          model.config().source()
              + ": GGUF files cannot say what this tower is: "
              + differs
              + ". Export safetensors instead");
    }
  }

  private static String words(VisionSpec seeing) {
    TowerSpec t = seeing.tower();
    TowerSpec.Inserted i = t.inserted();
    return "patches of %d, frames %d, bias %s, class token %s, %s, windows of %d, whole %s, %s, %s, image token %d, grid %s, %s"
        .formatted(
            t.patch(),
            t.frames(),
            t.patchBias(),
            t.classToken(),
            t.positions(),
            t.window(),
            t.window() == 0 ? "" : new TreeSet<>(t.whole()),
            t.projector(),
            i == null
                ? ""
                : List.of(i.after(), i.attention().heads(), i.norm(), i.inner()).toString(),
            seeing.imageToken(),
            seeing.grid(),
            seeing.around());
  }
}
