// SPDX-License-Identifier: Apache-2.0
/**
 * The decoder that runs every family, and what loads it.
 *
 * <p>It knows weights, layers and what their files say; it knows no sampling and no callers.
 */
package io.jishi.model;
