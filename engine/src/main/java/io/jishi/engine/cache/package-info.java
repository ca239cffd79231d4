// SPDX-License-Identifier: Apache-2.0
/**
 * Remembers what was computed of token sequences, so that no beginning is computed twice.
 *
 * <p>It knows token ids and blocks of memory. It knows no model, no request and no time: whoever
 * asks says under which root (model, adapter, precision, type of the cache) its tokens stand.
 */
package io.jishi.engine.cache;
