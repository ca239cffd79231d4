// SPDX-License-Identifier: Apache-2.0
/**
 * Makes nano from nothing: writes the data and the vocabulary, trains by the recipes, and writes
 * the card of what was made.
 *
 * <p>It knows which recipes there are, what each of them needs and what each has cost. It knows
 * nothing of what the exercises ask or of how training works.
 */
package io.jishi.nano.make;
