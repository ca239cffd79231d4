// SPDX-License-Identifier: Apache-2.0
/**
 * What every room shares: the one sealed family of errors, and JSON read within bounds.
 *
 * <p>It knows nothing of tensors, text, models or HTTP.
 */
package io.jishi.base;
