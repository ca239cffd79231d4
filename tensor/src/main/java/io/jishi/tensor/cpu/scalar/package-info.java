// SPDX-License-Identifier: Apache-2.0
/**
 * The operations of the waist in plain Java, written so that the JIT vectorises the loops: the
 * fallback, and the oracle of every faster kernel.
 *
 * <p>It knows blocks, rows and lanes. It knows no processor: what vectors there are is the JIT's
 * business.
 */
package io.jishi.tensor.cpu.scalar;
