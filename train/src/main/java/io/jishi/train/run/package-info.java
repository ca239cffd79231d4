// SPDX-License-Identifier: Apache-2.0
/**
 * Runs: a recipe says what to train; a folder holds what became of it, metrics and checkpoints, and
 * a killed run goes on from there to the bit.
 *
 * <p>It knows recipes, files and the order of things. How a step computes its gradients is for the
 * tape, where batches come from is for the data, and what is shown is told to a listener.
 */
package io.jishi.train.run;
