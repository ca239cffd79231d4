// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.adapter;

import io.jishi.base.JishiException;
import io.jishi.model.Origin;
import io.jishi.tensor.Weight;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Which part of {@code B A} stands beside a weight. An adapter adds to the matrix {@code M [out,
 * in]} of a stored tensor, or to each of those that the tensor stacks; a decoder may read rows of
 * it in another order, one expert of many, or a part turned over. The product splits as the matrix
 * does: rows of M are rows of B, columns are those of A, and {@code (B A)ᵀ = Aᵀ Bᵀ}.
 *
 * @param matrix which of the stacked ones
 * @param upright whether the weight's rows are rows of M, not columns
 * @param rows the row, or column, of M for each row of the weight that comes out of it
 * @param first the column, or row, of M that the weight's first column is
 * @param count of those
 * @param width columns of the weight; those beyond {@code count} are none of M's
 */
public record Placement(int matrix, boolean upright, int[] rows, int first, int count, int width) {

  /**
   * The place of a weight.
   *
   * @param origin how it comes out of the tensor
   * @param shape of the tensor: the last two dimensions are those of a matrix
   * @param turned whether the tensor stores {@code Mᵀ}
   * @throws JishiException.Unsupported where it is no matrix of stored values
   */
  public static Placement of(Weight weight, Origin origin, List<Long> shape, boolean turned) {
    Origin from = origin;
    if (weight.rows() == 1 && origin.count() == 1 && weight.cols() > 1) {
      from = Origin.matrix(origin.tensor(), origin.first(), 1, weight.cols()); // one row of values
    }
    int dims = shape.size();
    long high = dims < 2 ? 1 : shape.get(dims - 2);
    long wide = shape.get(dims - 1);
    long at = from.offset() % (high * wide);
    boolean along = from.colStride() == 1 && from.rowStride() == wide;
    boolean across = from.rowStride() == 1 && from.colStride() == wide;
    if (from.change() != Origin.Change.NONE || !along && !across) {
      throw new JishiException.Unsupported(
          "an adapter beside '"
              + origin.tensor()
              + "' "
              + shape
              + " is not supported: the model reads it changed, or not as a matrix; adapters"
              + " stand beside matrices of products");
    }
    int row = (int) (along ? at / wide : at % wide);
    int first = (int) (along ? at % wide : at / wide);
    int[] rows = IntStream.of(from.order()).map(i -> row + i).toArray();
    int matrix = Math.toIntExact(from.offset() / (high * wide));
    return new Placement(matrix, along != turned, rows, first, from.count(), weight.cols());
  }

  /**
   * Where {@code [rank, width]} of the weight's own pair comes from.
   *
   * @param a the name of A, {@code [experts · rank, in]}
   * @param b the name of B, {@code [out, rank · experts]}, the experts of a rank side by side
   */
  public Origin down(String a, String b, int experts, int rank, int in) {
    int[] ranks = IntStream.range(0, rank).toArray();
    return upright
        ? new Origin(
            a, width, count, (long) matrix * rank * in + first, ranks, in, 1, Origin.Change.NONE)
        : new Origin(
            b,
            width,
            count,
            (long) first * rank * experts + matrix,
            ranks,
            experts,
            (long) rank * experts,
            Origin.Change.NONE);
  }

  /** Where {@code [rows, rank]} of the weight's own pair comes from; see {@link #down}. */
  public Origin up(String a, String b, int experts, int rank, int in) {
    return upright
        ? new Origin(
            b, rank, rank, matrix, rows, (long) rank * experts, experts, Origin.Change.NONE)
        : new Origin(a, rank, rank, (long) matrix * rank * in, rows, 1, in, Origin.Change.NONE);
  }
}
