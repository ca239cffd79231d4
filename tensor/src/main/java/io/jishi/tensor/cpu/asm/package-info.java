// SPDX-License-Identifier: Apache-2.0
/**
 * Kernels for x86-64 that are assembled at start-up: an assembler, executable memory, and the
 * generators of the hot loops.
 *
 * <p>It knows instructions, registers and the packed layout; it knows no thread, no model, and
 * nothing of who calls. Plain Java in {@code cpu.scalar} is its oracle, to the bit for integer
 * formats.
 */
package io.jishi.tensor.cpu.asm;
