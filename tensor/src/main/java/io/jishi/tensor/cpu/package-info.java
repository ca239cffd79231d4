// SPDX-License-Identifier: Apache-2.0
/**
 * This machine's processors: which kernels run, and the team of threads that runs them.
 *
 * <p>It knows threads and memory; it knows no model.
 */
package io.jishi.tensor.cpu;
