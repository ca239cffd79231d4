// SPDX-License-Identifier: Apache-2.0
/**
 * Weight files, the decoder that runs every family, and the table of families.
 *
 * <p>It knows no sampling and no callers.
 */
package io.jishi.model;
