// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/**
 * An emitted product with what its caller has to know to stay within bounds.
 *
 * @param code the kernel
 * @param tokens it takes
 * @param blockBytes of a block of 16 rows
 * @param lines of activations that a block takes
 */
public record ProductKernel(Kernel code, int tokens, int blockBytes, int lines) {}
