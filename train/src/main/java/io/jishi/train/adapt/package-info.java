// SPDX-License-Identifier: Apache-2.0
/**
 * Adapters: small matrices beside frozen weights that learn in their stead.
 *
 * <p>It knows names and shapes of a model's weights; how adapters are computed is the tape's.
 */
package io.jishi.train.adapt;
