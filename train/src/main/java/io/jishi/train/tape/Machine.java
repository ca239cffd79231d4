// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Backend;
import io.jishi.tensor.ForwardRows;
import io.jishi.tensor.MatrixProducts;
import io.jishi.tensor.TileProducts;
import io.jishi.tensor.TrainingRows;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** What runs recorded steps: matrix products, work on rows, threads, scratch memory. */
public final class Machine implements AutoCloseable {
  private final MatrixProducts products;
  private final TrainingRows rows;
  private final ForwardRows forwardRows;
  private final Lane[] lanes;
  private Arena arena = Arena.ofShared();
  private MemorySegment scratch = MemorySegment.NULL;

  /** One worker's own tools, for work that is cut into chunks. */
  public static final class Lane {
    final TrainingRows rows;
    final TileProducts tiles;
    byte[] bytes = new byte[0];

    /** An array for the worker's use. */
    public float[] a = new float[0];

    /** A second one. */
    public float[] b = new float[0];

    private final float[][] arrays = new float[8][0];

    /** Further arrays, by number, of at least so many floats; what is in one stays. */
    float[] array(int index, int floats) {
      if (arrays[index].length < floats) {
        arrays[index] = java.util.Arrays.copyOf(arrays[index], floats);
      }
      return arrays[index];
    }

    private Lane(Backend backend, MatrixProducts.Inputs inputs) {
      rows = backend.trainingRows(1);
      tiles = backend.tileProducts(inputs);
    }

    /** Makes the arrays hold {@code floats} and {@code stored} bytes. */
    public void room(int floats, int stored) {
      if (a.length < floats) {
        a = new float[floats];
        b = new float[floats];
      }
      if (bytes.length < stored) {
        bytes = new byte[stored];
      }
    }
  }

  /**
   * A machine on a backend.
   *
   * @param threads processors to use; 0 takes all
   * @param inputs what the factors of matrix products are rounded to
   */
  public Machine(Backend backend, int threads, MatrixProducts.Inputs inputs) {
    products = backend.matrixProducts(threads, inputs);
    rows = backend.trainingRows(threads);
    forwardRows = backend.forwardRows(threads);
    lanes = new Lane[rows.threads() == 1 ? 1 : backend.threads()];
    for (int w = 0; w < lanes.length; w++) {
      lanes[w] = new Lane(backend, inputs);
    }
  }

  /** Products by all threads. */
  public MatrixProducts products() {
    return products;
  }

  /** Work on rows by all threads. */
  public TrainingRows rows() {
    return rows;
  }

  ForwardRows forwardRows() {
    return forwardRows;
  }

  Lane lane(int worker) {
    return lanes[worker];
  }

  int lanes() {
    return lanes.length;
  }

  /** Makes scratch memory of that size. */
  void reserve(long bytes) {
    if (scratch.byteSize() < bytes) {
      arena.close();
      arena = Arena.ofShared();
      scratch = arena.allocate(bytes, 64);
    }
  }

  long scratchBytes() {
    return scratch.byteSize();
  }

  /** A part of the scratch memory; what is in it is lost when the next step runs. */
  public MemorySegment scratch(long offset, long bytes) {
    return scratch.asSlice(offset, bytes);
  }

  @Override
  public void close() {
    products.close();
    rows.close();
    forwardRows.close();
    for (Lane lane : lanes) {
      lane.rows.close();
      lane.tiles.close();
    }
    arena.close();
  }
}
