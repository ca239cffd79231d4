// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/** The system gives no executable memory: the level drops to scalar. */
final class NativeFailure extends Exception {
  private static final long serialVersionUID = 1;

  NativeFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
