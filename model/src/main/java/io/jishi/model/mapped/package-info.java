// SPDX-License-Identifier: Apache-2.0
/**
 * Files mapped into memory, for the readers of weight files.
 *
 * <p>It knows how opening a file can fail. It knows no file format.
 */
package io.jishi.model.mapped;
