// SPDX-License-Identifier: Apache-2.0
/**
 * Makes nano from nothing: writes the data and the vocabulary, then trains by the recipes.
 *
 * <p>It knows which recipes there are and what each of them needs. It knows nothing of what the
 * exercises ask or of how training works.
 */
package io.jishi.nano.make;
