// SPDX-License-Identifier: Apache-2.0
/** The jishi command. */
module io.jishi.cli {
  requires io.jishi.nano;
  requires io.jishi.server;
  requires io.jishi.train;
  requires info.picocli;
  requires java.logging;
  requires jdk.unsupported; // JLine catches Ctrl-C with sun.misc.Signal
  requires org.jline;

  opens io.jishi.cli to
      info.picocli;
}
