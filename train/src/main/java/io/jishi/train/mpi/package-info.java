// SPDX-License-Identifier: Apache-2.0
/**
 * Several processes that train one model, over an MPI that is installed on the machine.
 *
 * <p>It knows the C interface of MPI and sums of floats; it knows nothing of models and steps.
 */
package io.jishi.train.mpi;
