// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.model.Checkpoint;
import io.jishi.model.DecoderSpec;
import io.jishi.model.TensorRole;
import io.jishi.tensor.DType;
import java.lang.ref.SoftReference;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The tensors of a published checkpoint as GGUF has them: names, orders of rows, gains whole. */
final class TensorSource {
  /** Architectures whose rotary pairs stand side by side in GGUF, and apart in checkpoints. */
  private static final Set<String> PAIRED = Set.of("llama", "granite");

  /** What converters leave out: it follows from the configuration, or is BERT's pooler. */
  private static final List<String> DERIVED =
      List.of(
          ".rotary_emb.inv_freq",
          ".attention.bias",
          ".attention.masked_bias",
          "embeddings.position_ids",
          "pooler.dense.weight",
          "pooler.dense.bias");

  private final DecoderSpec spec;
  private final Checkpoint from;
  private final String arch;
  private final Map<String, OutputTensor> byName;
  private final Set<String> read = new HashSet<>();

  TensorSource(DecoderSpec spec, Checkpoint from, String arch, Map<String, OutputTensor> byName) {
    this.spec = spec;
    this.from = from;
    this.arch = arch;
    this.byName = byName;
  }

  /** Weight and bias of a role, those that exist. */
  List<OutputTensor> of(TensorRole role, int layer) {
    if (isPooler(role)) {
      return List.of();
    }
    String weight = from.weight(role, layer);
    if (weight == null) {
      return List.of();
    }
    if (role == TensorRole.OUTPUT && spec.tiedOutput()) {
      read.add(weight);
      boolean again = byName.containsKey(from.weight(TensorRole.EMBEDDING, 0));
      OutputTensor only = byName.get(weight);
      return again || only == null
          ? List.of() // the table, a second time
          : List.of(only.named(Checkpoint.GGUF.weight(TensorRole.EMBEDDING, 0)));
    }
    if (weight.contains("%e")) {
      return experts(role, layer);
    }
    TensorRole target = role == TensorRole.GATE_UP ? TensorRole.UP : role;
    OutputTensor matrix = byName.get(weight);
    OutputTensor bias = byName.get(from.bias(role, layer));
    String name = Checkpoint.GGUF.weight(target, layer);
    if (matrix == null || name == null) {
      return List.of();
    }
    read.add(weight);
    OutputTensor made = changed(role, matrix).named(name);
    if (bias == null) {
      return List.of(made);
    }
    read.add(bias.name());
    return List.of(made, ordered(role, bias).named(Checkpoint.GGUF.bias(target, layer)));
  }

  /**
   * Files of vectors carry a pooler, for which GGUF has no name; a classifier's first layer is one.
   */
  private boolean isPooler(TensorRole role) {
    return role == TensorRole.SUMMARY && (spec.summary() == null || spec.summary().optional());
  }

  private OutputTensor changed(TensorRole role, OutputTensor tensor) {
    OutputTensor turned = from.transposed().contains(role) ? transposed(tensor) : tensor;
    if (role == TensorRole.POSITIONS && spec.embedding().skipped() > 0) {
      int skipped = spec.embedding().skipped();
      return new OutputTensor(
          turned.name(),
          turned.type(),
          List.of(turned.rowCount() - skipped, turned.shape().getLast()),
          (row, out) -> turned.rows().read(row + skipped, out));
    }
    boolean gain = role.name().endsWith("NORM") && spec.norm() != null && spec.norm().plusOne();
    return gain ? plusOne(turned) : ordered(role, turned);
  }

  private static OutputTensor plusOne(OutputTensor tensor) {
    return new OutputTensor(
        tensor.name(),
        DType.F32,
        tensor.shape(),
        (row, out) -> {
          tensor.rows().read(row, out);
          for (int i = 0; i < out.length; i++) {
            out[i]++;
          }
        });
  }

  /** {@code [in, out]} as {@code [out, in]}; the tensor is held while its rows are read. */
  private static OutputTensor transposed(OutputTensor tensor) {
    int in = Math.toIntExact(tensor.rowCount());
    int out = tensor.columns();
    Held held = new Held(tensor, in, out);
    return new OutputTensor(
        tensor.name(),
        tensor.type(),
        List.of((long) out, (long) in),
        (row, to) -> {
          float[] all = held.values();
          for (int i = 0; i < in; i++) {
            to[i] = all[i * out + (int) row];
          }
        });
  }

  /** The values of a tensor until memory is wanted for something else. */
  private static final class Held {
    private final OutputTensor tensor;
    private final int rows;
    private final int cols;
    private SoftReference<float[]> values = new SoftReference<>(null);

    Held(OutputTensor tensor, int rows, int cols) {
      this.tensor = tensor;
      this.rows = rows;
      this.cols = cols;
    }

    synchronized float[] values() {
      float[] there = values.get();
      if (there == null) {
        there = all(tensor, rows, cols);
        values = new SoftReference<>(there);
      }
      return there;
    }
  }

  private static float[] all(OutputTensor tensor, int rows, int cols) {
    float[] all = new float[Math.multiplyExact(rows, cols)];
    float[] row = new float[cols];
    for (int r = 0; r < rows; r++) {
      tensor.rows().read(r, row);
      System.arraycopy(row, 0, all, r * cols, cols);
    }
    return all;
  }

  /** Rows of queries and keys so that rotary pairs are neighbours, where GGUF has them so. */
  private OutputTensor ordered(TensorRole role, OutputTensor tensor) {
    boolean rotated = role == TensorRole.QUERY || role == TensorRole.KEY;
    if (!rotated || !PAIRED.contains(arch)) {
      return tensor;
    }
    int dim =
        ((DecoderSpec.GroupedAttention) spec.layers().getFirst().parts().getFirst()).headDim();
    OutputTensor.Rows rows =
        tensor.shape().size() > 1
            ? (row, out) -> tensor.rows().read(apart((int) row, dim), out)
            : (row, out) -> {
              float[] whole = new float[out.length];
              tensor.rows().read(row, whole);
              for (int i = 0; i < out.length; i++) {
                out[i] = whole[apart(i, dim)];
              }
            };
    return new OutputTensor(tensor.name(), tensor.type(), tensor.shape(), rows);
  }

  private static int apart(int row, int dim) {
    int inHead = row % dim;
    return row - inHead + inHead % 2 * (dim / 2) + inHead / 2;
  }

  /** All experts' matrices one above another in one tensor. */
  private List<OutputTensor> experts(TensorRole role, int layer) {
    OutputTensor first = byName.get(from.expert(role, layer, 0));
    String name = Checkpoint.GGUF.weight(role, layer);
    if (first == null || name == null) {
      return List.of();
    }
    int count = 0;
    while (byName.containsKey(from.expert(role, layer, count))) {
      read.add(from.expert(role, layer, count++));
    }
    OutputTensor[] all = new OutputTensor[count];
    for (int e = 0; e < count; e++) {
      all[e] = byName.get(from.expert(role, layer, e));
      if (!all[e].shape().equals(first.shape())) {
        throw new JishiException.BadFile(all[e].name() + ": has another shape than other experts");
      }
    }
    long rows = first.rowCount();
    return List.of(
        new OutputTensor(
            name,
            first.type(),
            List.of((long) count, rows, first.shape().getLast()),
            (row, out) -> all[(int) (row / rows)].rows().read(row % rows, out)));
  }

  /** A tensor that has no place in the file would be lost. */
  void refuseUnread(Path folder) {
    Set<String> left = new TreeSet<>(byName.keySet());
    left.removeAll(read);
    left.removeIf(name -> DERIVED.stream().anyMatch(name::endsWith));
    if (!left.isEmpty()) {
      throw new JishiException.Unsupported(
          folder
              + ": the tensor '"
              + left.iterator().next()
              + "' and "
              + (left.size() - 1)
              + " more have no name in GGUF files");
    }
  }
}
