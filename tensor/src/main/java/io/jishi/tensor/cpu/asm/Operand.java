// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/** What the r/m field of an instruction can name. */
sealed interface Operand permits Vec, Mem {}
