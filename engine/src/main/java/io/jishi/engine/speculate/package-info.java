// SPDX-License-Identifier: Apache-2.0
/**
 * Guesses the next tokens of a text, so that the model checks several in one pass; and decides how
 * many guesses are worth their time.
 *
 * <p>It knows token ids, clocks that others read, and a small model of its own. It knows no
 * request, no sampling and no scheduler: whether a guess comes true is found out elsewhere, by
 * drawing each token as if there had been no guess.
 */
package io.jishi.engine.speculate;
