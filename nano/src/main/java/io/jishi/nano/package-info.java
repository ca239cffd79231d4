// SPDX-License-Identifier: Apache-2.0
/**
 * The built-in model: finds its weights, wherever the classes come from, and hands out its card.
 * Knows the engine, the user's folders and nothing of how the model was made: that is in {@code
 * data} and the recipe.
 */
package io.jishi.nano;
