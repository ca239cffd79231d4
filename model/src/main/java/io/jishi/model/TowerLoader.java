// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.tensor.Backend;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Norm;
import io.jishi.tensor.Weight;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Builds a tower over the tensors of a file. */
final class TowerLoader {
  private final TowerSpec spec;
  private final int width;
  private final DecoderLoader layers;
  private final DecoderLoader inserted;

  /**
   * Ready to load.
   *
   * @param file the tower's tensors alone
   * @param pack whether weights may be copied into the backend's own layout
   */
  TowerLoader(VisionSpec vision, WeightFile file, Backend backend, Arena arena, boolean pack) {
    spec = vision.tower();
    width = spec.layers().width();
    layers = new DecoderLoader(spec.layers(), file, vision.names(), backend, arena, pack, pack);
    inserted =
        spec.inserted() == null
            ? null
            : new DecoderLoader(
                spec.layers(), file, spec.inserted().checkpoint(), backend, arena, pack, pack);
  }

  Tower load(Set<String> names) {
    Tensors tensors = layers.tensors();
    Linears linears = layers.linears();
    TowerSpec.Projector p = spec.projector();
    int square = width * p.merge() * p.merge();
    boolean one = p.inner() == 0;
    NormSpec first = spec.layers().embedding().norm();
    Tower.Parts parts =
        new Tower.Parts(
            tensors.floats("blank", 1, pixels(), new float[pixels()]),
            patches(),
            spec.positions() == null ? null : positions(),
            first == null ? null : linears.norm(TensorRole.EMBEDDING_NORM, 0, width, first),
            layers.layers(),
            spec.inserted() == null ? null : inserted(),
            norm(TensorRole.FINAL_NORM, width, spec.layers().norm()),
            norm(TensorRole.PROJECTOR_NORM, width, p.each()),
            norm(TensorRole.PROJECTOR_NORM, square, p.all()),
            linears.linear(0, TensorRole.PROJECTOR_IN, one ? p.out() : p.inner(), square, p.bias()),
            one ? null : linears.linear(0, TensorRole.PROJECTOR_OUT, p.out(), p.inner(), p.bias()));
    Set<String> derived = new HashSet<>(inserted == null ? Set.of() : inserted.tensors().used());
    names.stream().filter(spec::leaves).forEach(derived::add);
    tensors.refuseUnused(spec.layers().architecture(), derived, List.of());
    return new Tower(spec, parts);
  }

  private Norm norm(TensorRole role, int size, NormSpec norm) {
    return norm == null ? null : layers.linears().norm(role, 0, size, norm);
  }

  private int pixels() {
    return 3 * spec.patch() * spec.patch();
  }

  /** An image stands alike in all frames, so their matrices are added. */
  private Linear patches() {
    Tensors tensors = layers.tensors();
    Weight matrix;
    if (tensors.has(TensorRole.PATCHES_AGAIN, 0)) {
      matrix =
          added(
              List.of(
                  tensors.stored(TensorRole.PATCHES, 0, width, pixels()),
                  tensors.stored(TensorRole.PATCHES_AGAIN, 0, width, pixels())),
              1);
    } else {
      int frames = spec.frames();
      Weight stored = tensors.stored(TensorRole.PATCHES, 0, width, frames * pixels());
      matrix = frames == 1 ? tensors.prepared(stored) : added(List.of(stored), frames);
    }
    Weight bias = spec.patchBias() ? tensors.bias(TensorRole.PATCHES, 0, width) : null;
    return Linear.of(List.of(matrix), Arrays.asList(bias));
  }

  private Weight added(List<Weight> all, int frames) {
    int colour = spec.patch() * spec.patch();
    float[] sums = new float[width * pixels()];
    for (Weight stored : all) {
      float[] row = new float[stored.cols()];
      byte[] scratch = new byte[Math.toIntExact(stored.type().rowBytes(stored.cols()))];
      for (int r = 0; r < width; r++) {
        stored.row(r, scratch, row);
        for (int i = 0; i < row.length; i++) {
          int at = i / (frames * colour) * colour + i % colour;
          sums[r * pixels() + at] += row[i];
        }
      }
    }
    Tensors tensors = layers.tensors();
    return tensors.prepared(tensors.floats(all.getFirst().name(), width, pixels(), sums));
  }

  private Weight positions() {
    Tensors tensors = layers.tensors();
    int side = spec.positions().side();
    int rows = side * side + (spec.classToken() ? 1 : 0);
    if (!spec.classToken()) {
      return tensors.stored(TensorRole.POSITIONS, 0, rows, width);
    }
    Weight table = tensors.stored(TensorRole.POSITIONS, 0, rows, width);
    float[] all = new float[rows * width];
    float[] row = new float[width];
    byte[] scratch = new byte[Math.toIntExact(table.type().rowBytes(width))];
    for (int r = 0; r < rows; r++) {
      table.row(r, scratch, row);
      System.arraycopy(row, 0, all, r * width, width);
    }
    tensors.vector(TensorRole.CLASS_TOKEN, 0, width).vector(row);
    for (int i = 0; i < width; i++) {
      all[i] += row[i];
    }
    return tensors.floats(table.name(), rows, width, all);
  }

  private Tower.Inserted inserted() {
    TowerSpec.Inserted i = spec.inserted();
    Linears linears = inserted.linears();
    return new Tower.Inserted(
        linears.norm(TensorRole.MIXER_NORM, 0, width, i.norm()),
        (Mixer) inserted.part(0, i.attention()),
        linears.norm(TensorRole.CHANNEL_NORM, 0, 4 * width, i.norm()),
        new io.jishi.tensor.FeedForward(
            linears.linear(0, TensorRole.UP, i.inner(), 4 * width, true),
            linears.linear(0, TensorRole.DOWN, width, i.inner(), true),
            io.jishi.tensor.Activation.GELU_TANH));
  }
}
