// SPDX-License-Identifier: Apache-2.0
/**
 * Vectors of texts, and scores of texts for a query: pooling, normalisation, batches by length,
 * cross-encoders and models that answer yes or no.
 *
 * <p>It knows models and tokenizers; it knows nothing of generation, its scheduler or its cache.
 */
package io.jishi.engine.embed;
