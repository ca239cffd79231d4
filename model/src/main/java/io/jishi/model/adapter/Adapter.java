// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.adapter;

import io.jishi.base.JishiException;
import io.jishi.model.Checkpoint;
import io.jishi.model.Model;
import io.jishi.model.Origin;
import io.jishi.model.TensorRole;
import io.jishi.model.export.AdapterMoves;
import io.jishi.tensor.Weight;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * What an adapter adds to matrices of a model: {@code y = W x + scale · B (A x)}.
 *
 * @param source where it was read from, for messages
 * @param alpha the scale of a pair is {@code alpha / rank}
 * @param architecture that of the GGUF files whose names and order of rows it has, or null for
 *     those of published files
 * @param pairs by the stem of the tensor's name there, such as {@code
 *     model.layers.0.self_attn.q_proj}
 */
public record Adapter(String source, double alpha, String architecture, Map<String, Pair> pairs) {

  /**
   * Two matrices, row-major, or as many for each matrix that a tensor stacks (experts).
   *
   * @param experts how many the tensor stacks, 1 for a matrix
   * @param rank of each
   * @param in columns of A
   * @param out rows of B
   * @param a {@code [experts · rank, in]}
   * @param b {@code [out, rank · experts]}: column {@code k · experts + e} is k of expert e
   */
  public record Pair(int experts, int rank, int in, int out, float[] a, float[] b) {
    /** Checks the sizes. */
    public Pair {
      if (a.length != (long) experts * rank * in || b.length != (long) out * rank * experts) {
        throw new IllegalArgumentException("sizes do not agree");
      }
    }

    /** Beside one matrix. */
    public Pair(int rank, int in, int out, float[] a, float[] b) {
      this(1, rank, in, out, a, b);
    }

    /** The part of it that stands beside a weight of a decoder. */
    Pair beside(Weight weight, Placement place) {
      Map<String, float[]> values = Map.of("a", a, "b", b);
      float[] down = new float[rank * weight.cols()];
      float[] up = new float[weight.rows() * rank];
      fill(place.down("a", "b", experts, rank, in), values, down);
      fill(place.up("a", "b", experts, rank, in), values, up);
      return new Pair(rank, weight.cols(), weight.rows(), down, up);
    }

    private static void fill(Origin origin, Map<String, float[]> values, float[] to) {
      MemorySegment from = MemorySegment.ofArray(values.get(origin.tensor()));
      origin.forward(from, MemorySegment.ofArray(to));
    }
  }

  /** Copies the map. */
  public Adapter {
    pairs = Collections.unmodifiableMap(new LinkedHashMap<>(pairs));
  }

  /** Of published names. */
  public Adapter(String source, double alpha, Map<String, Pair> pairs) {
    this(source, alpha, null, pairs);
  }

  /** What a pair is multiplied with. */
  public float scale(Pair pair) {
    return (float) (alpha / pair.rank());
  }

  /**
   * The pairs of a model's weights, by identity.
   *
   * @throws JishiException.BadFile where the model has no such matrix: the adapter is of another
   * @throws JishiException.Unsupported where no product reads a matrix that it adds to
   */
  public Map<Weight, Pair> forModel(Model model) {
    Checkpoint checkpoint = model.checkpoint();
    Adapter own = AdapterMoves.fitting(this, model);
    int layers = model.decoder().spec().layers().size();
    Set<String> turned = checkpoint.turned(layers);
    Function<String, List<Long>> shapes =
        name -> model.tensors().containsKey(name) ? model.tensors().get(name).shape() : null;
    Map<String, Pair> byTensor = own.byTensor(model.tensors().keySet(), shapes, turned);
    refuseTables(byTensor, checkpoint);
    Map<Weight, Pair> result = new IdentityHashMap<>();
    Set<String> read = new HashSet<>();
    model
        .decoder()
        .places()
        .forEach(
            (weight, origin) -> {
              String tensor = origin.tensor();
              Pair pair = byTensor.get(tensor);
              if (pair != null) {
                read.add(tensor);
                boolean over = turned.contains(tensor);
                Placement place = Placement.of(weight, origin, shapes.apply(tensor), over);
                result.put(weight, pair.beside(weight, place));
              }
            });
    if (read.size() != byTensor.size()) {
      Set<String> left = new TreeSet<>(byTensor.keySet());
      left.removeAll(read);
      throw new JishiException.Unsupported(
          source + ": adds to '" + left.iterator().next() + "', which no layer multiplies by");
    }
    return result;
  }

  /** A table's rows are looked up, and no product adds to them. */
  private void refuseTables(Map<String, Pair> byTensor, Checkpoint checkpoint) {
    for (TensorRole role :
        List.of(TensorRole.EMBEDDING, TensorRole.POSITIONS, TensorRole.TOKEN_TYPES)) {
      String name = checkpoint.weight(role, 0);
      if (byTensor.containsKey(name)) {
        throw new JishiException.Unsupported(
            source
                + ": adds to '"
                + name
                + "', a table whose rows are looked up; adapters beside matrices of layers and"
                + " outputs are supported");
      }
    }
  }

  /**
   * The pairs by the names of the tensors that they add to.
   *
   * @param names of all tensors that there are
   * @param shapes of each
   * @param turned the names of those that store {@code [in, out]}
   * @throws JishiException.BadFile where one adds to a matrix that is not there
   */
  public Map<String, Pair> byTensor(
      Set<String> names, Function<String, List<Long>> shapes, Set<String> turned) {
    return new PairTargets(this, names, shapes, turned).find();
  }
}
