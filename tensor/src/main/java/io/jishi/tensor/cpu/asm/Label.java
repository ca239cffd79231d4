// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import java.util.ArrayList;
import java.util.List;

/** A place in the code, to be bound once; jumps to it may come before. */
final class Label {
  int position = -1;
  final List<Integer> jumps = new ArrayList<>();
}
