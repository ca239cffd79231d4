// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.cpu.asm.RowCall;
import io.jishi.tensor.cpu.asm.ScanCall;
import java.lang.foreign.Arena;

/** What one thread needs in {@link AsmRecurrences}. */
final class ScanWorker {
  final RowCall rows;
  final ScanCall scan;

  ScanWorker(Arena arena) {
    rows = new RowCall(arena);
    scan = new ScanCall(arena);
  }
}
