// SPDX-License-Identifier: Apache-2.0
/**
 * Compares a tuned model with plain methods on real tasks: a linear model on TF-IDF features and
 * nearest neighbours, on the same examples. Knows the data sets' files; nothing of it is shipped.
 */
package io.jishi.bench.tune;
