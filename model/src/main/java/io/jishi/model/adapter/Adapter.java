// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.adapter;

import io.jishi.base.JishiException;
import io.jishi.model.DecoderSpec;
import io.jishi.model.GgufLayout;
import io.jishi.model.Model;
import io.jishi.model.StoredTensor;
import io.jishi.model.TensorRole;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What an adapter adds to matrices of a model: {@code y = W x + scale · B (A x)}.
 *
 * @param source where it was read from, for messages
 * @param alpha the scale of a pair is {@code alpha / rank}
 * @param order of rows where a rotation turns pairs of them
 * @param pairs by the stem of the matrix's name in the published layout, such as {@code
 *     model.layers.0.self_attn.q_proj}
 */
public record Adapter(String source, double alpha, Order order, Map<String, Pair> pairs) {

  /** How rows of query and key matrices are ordered. */
  public enum Order {
    /** As published: a rotation turns row i with row i + d/2 of a head. */
    HALVES,
    /** As in GGUF files of the llama family: rows 2i and 2i + 1. */
    PAIRS
  }

  /**
   * Two matrices, row-major.
   *
   * @param rank rows of A, columns of B
   * @param in columns of A
   * @param out rows of B
   * @param a {@code [rank, in]}
   * @param b {@code [out, rank]}
   */
  public record Pair(int rank, int in, int out, float[] a, float[] b) {
    /** Checks the sizes. */
    public Pair {
      if (a.length != (long) rank * in || b.length != (long) out * rank) {
        throw new IllegalArgumentException("sizes do not agree");
      }
    }
  }

  /** Copies the map. */
  public Adapter {
    pairs = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(pairs));
  }

  /** What a pair is multiplied with. */
  public float scale(Pair pair) {
    return (float) (alpha / pair.rank());
  }

  /**
   * The pairs under the names that the matrices have in a model.
   *
   * @throws JishiException.BadFile where the model has no such matrix: the adapter is of another
   */
  public Map<String, Pair> forModel(Model model) {
    boolean gguf = model.tensors().containsKey(TensorRole.EMBEDDING.gguf(0) + ".weight");
    int layers = model.decoder().spec().layers().size();
    boolean paired = gguf && GgufLayout.permuted(model.decoder().spec().architecture());
    Order wanted = paired ? Order.PAIRS : Order.HALVES;
    Map<String, Pair> result = new LinkedHashMap<>();
    for (TensorRole role : TensorRole.llamaLike()) {
      for (int l = 0; l < layers; l++) {
        Pair pair = pairs.get(role.huggingFace(l));
        String name = (gguf ? role.gguf(l) : role.huggingFace(l)) + ".weight";
        if (pair != null && result.put(name, ordered(role, pair, wanted, model)) == null) {
          check(model.tensors().get(name), name, pair);
        }
      }
    }
    if (result.size() != pairs.size()) {
      throw new JishiException.BadFile(
          source
              + ": is an adapter of another model: it adds to "
              + pairs.size()
              + " matrices, of which this model has "
              + result.size());
    }
    return result;
  }

  private void check(StoredTensor tensor, String name, Pair pair) {
    List<Long> shape = List.of((long) pair.out(), (long) pair.in());
    if (tensor == null || !tensor.shape().equals(shape)) {
      throw new JishiException.BadFile(
          source
              + ": is an adapter of another model: it adds a matrix "
              + shape
              + " to '"
              + name
              + "', which "
              + (tensor == null ? "is not there" : "is " + tensor.shape()));
    }
  }

  private Pair ordered(TensorRole role, Pair pair, Order wanted, Model model) {
    if (wanted == order || role != TensorRole.QUERY && role != TensorRole.KEY) {
      return pair;
    }
    int head = headDim(model);
    float[] b = new float[pair.b().length];
    for (int row = 0; row < pair.out(); row++) {
      int from = wanted == Order.PAIRS ? fromHalves(row, head) : fromPairs(row, head);
      System.arraycopy(pair.b(), from * pair.rank(), b, row * pair.rank(), pair.rank());
    }
    return new Pair(pair.rank(), pair.in(), pair.out(), pair.a(), b);
  }

  private static int headDim(Model model) {
    return model.decoder().spec().layers().stream()
        .flatMap(layer -> layer.parts().stream())
        .filter(DecoderSpec.GroupedAttention.class::isInstance)
        .map(DecoderSpec.GroupedAttention.class::cast)
        .mapToInt(DecoderSpec.GroupedAttention::headDim)
        .findFirst()
        .orElseThrow(
            () ->
                new JishiException.Unsupported(
                    "adapters of this file's order of rows need heads of attention, and "
                        + model.name()
                        + " has none"));
  }

  /** Where row {@code row} of the order of pairs stands in that of halves. */
  static int fromHalves(int row, int head) {
    int inHead = row % head;
    return row - inHead + inHead % 2 * (head / 2) + inHead / 2;
  }

  private static int fromPairs(int row, int head) {
    int inHead = row % head;
    int half = head / 2;
    return row - inHead + (inHead < half ? 2 * inHead : 2 * (inHead - half) + 1);
  }
}
