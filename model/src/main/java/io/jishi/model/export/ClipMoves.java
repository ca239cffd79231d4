// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.model.Checkpoint;
import io.jishi.model.ClipLayout;
import io.jishi.model.TensorRole;
import io.jishi.model.TowerSpec;
import io.jishi.model.VisionSpec;
import io.jishi.model.WeightMix;
import io.jishi.tensor.DType;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The ways of a tower's tensors to GGUF: other names; queries, keys and values that were published
 * as one are three; the matrices of two frames are two.
 */
final class ClipMoves {
  /** What is small and disturbs all that follows stays F32. */
  private static final Set<TensorRole> EXACT =
      EnumSet.of(TensorRole.PATCHES, TensorRole.POSITIONS, TensorRole.CLASS_TOKEN);

  private final Map<String, OutputTensor> files;
  private final VisionSpec seeing;
  private final TowerSpec tower;
  private final ClipLayout layout;
  private final WeightMix mix;
  private final Set<String> read = new HashSet<>();
  private final List<OutputTensor> tensors = new ArrayList<>();

  /**
   * Nothing moved yet.
   *
   * @param files the published tensors of the tower
   * @param mix types of the language model
   */
  ClipMoves(Map<String, OutputTensor> files, VisionSpec seeing, ClipLayout layout, WeightMix mix) {
    this.files = files;
    this.seeing = seeing;
    this.tower = seeing.tower();
    this.layout = layout;
    this.mix = mix;
  }

  /** All tensors of the file. */
  List<OutputTensor> tensors() {
    move(seeing.names(), layout.names());
    if (tower.inserted() != null) {
      move(tower.inserted().checkpoint(), layout.inserted());
    }
    return tensors;
  }

  /** Published tensors that have no way, once all have gone. */
  TreeSet<String> unread() {
    TreeSet<String> left = new TreeSet<>(files.keySet());
    left.removeAll(read);
    left.removeIf(tower::leaves);
    return left;
  }

  private void move(Checkpoint from, Map<TensorRole, String> names) {
    Checkpoint to = Checkpoint.named(names);
    from.stems()
        .forEach(
            (role, stem) -> {
              int layers = stem.contains("%d") ? tower.layers().layers().size() : 1;
              for (int l = 0; l < layers && names.containsKey(role); l++) {
                move(
                    role, from.weight(role, l), role == TensorRole.QKV ? null : to.weight(role, l));
                move(role, from.bias(role, l), role == TensorRole.QKV ? null : to.bias(role, l));
                if (role == TensorRole.QKV) {
                  split(from.weight(role, l), to, l, false);
                  split(from.bias(role, l), to, l, true);
                }
              }
            });
  }

  private void move(TensorRole role, String from, String to) {
    OutputTensor tensor = to == null ? null : files.get(from);
    if (tensor == null) {
      return;
    }
    read.add(from);
    if (role == TensorRole.PATCHES && tensor.shape().size() == 5) {
      frames(tensor, to);
    } else {
      add(role, tensor.named(to));
    }
  }

  private void add(TensorRole role, OutputTensor tensor) {
    boolean exact = tensor.shape().size() < 2 || EXACT.contains(role);
    boolean asked = mix != null && mix.base().plain();
    tensors.add(tensor.as(exact ? DType.F32 : asked ? mix.base() : tensor.type()));
  }

  private void split(String from, Checkpoint to, int layer, boolean bias) {
    OutputTensor all = files.get(from);
    if (all == null) {
      return;
    }
    read.add(from);
    long rows = all.shape().getFirst();
    int third = Math.toIntExact(rows / 3);
    if (rows % 3 != 0) {
      throw new JishiException.BadFile(
          from + ": " + rows + " rows are no queries, keys and values of one size");
    }
    List<TensorRole> roles = List.of(TensorRole.QUERY, TensorRole.KEY, TensorRole.VALUE);
    for (int k = 0; k < 3; k++) {
      TensorRole role = roles.get(k);
      int first = k * third;
      OutputTensor.Rows part =
          bias
              ? (row, out) -> {
                float[] whole = new float[all.columns()];
                all.rows().read(0, whole);
                System.arraycopy(whole, first, out, 0, third);
              }
              : (row, out) -> all.rows().read(first + row, out);
      String name = bias ? to.bias(role, layer) : to.weight(role, layer);
      List<Long> shape =
          bias ? List.of((long) third) : List.of((long) third, all.shape().getLast());
      add(role, new OutputTensor(name, all.type(), shape, part));
    }
  }

  /** {@code [width, colours, frames, rows, columns]}, one tensor a frame. */
  private void frames(OutputTensor all, String name) {
    List<Long> shape = all.shape();
    long frames = shape.get(2);
    long rows = shape.get(3);
    if (frames != 2) {
      throw new JishiException.Unsupported(
          all.name() + ": patches of " + frames + " frames have no form in GGUF, only of 2");
    }
    for (int f = 0; f < frames; f++) {
      int frame = f;
      OutputTensor.Rows part =
          (row, out) -> all.rows().read((row / rows * frames + frame) * rows + row % rows, out);
      String own = f == 0 ? name : layout.names().get(TensorRole.PATCHES_AGAIN).replace("=", "");
      List<Long> one = List.of(shape.get(0), shape.get(1), rows, shape.get(4));
      add(TensorRole.PATCHES, new OutputTensor(own, all.type(), one, part));
    }
  }
}
