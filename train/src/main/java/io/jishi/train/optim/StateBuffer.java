// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.optim;

import java.lang.foreign.MemorySegment;

/**
 * A part of an optimiser's memory.
 *
 * @param name unique in its optimiser: that of the matrix and what it is
 * @param rows of the matrix that it belongs to
 * @param cols of that
 * @param data {@code rows · cols} floats, to be read and written in place
 */
public record StateBuffer(String name, int rows, int cols, MemorySegment data) {}
