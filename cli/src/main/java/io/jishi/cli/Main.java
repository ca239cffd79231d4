// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

/** Where the process begins. */
public final class Main {
  private Main() {}

  /** Runs one command and exits with its code: 0 done, 1 failed, 2 wrong usage. */
  public static void main(String[] args) {
    System.exit(Cli.run(Shell.system(), args));
  }
}
