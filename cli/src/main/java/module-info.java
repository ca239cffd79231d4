// SPDX-License-Identifier: Apache-2.0
/** The jishi command. */
module io.jishi.cli {
  requires io.jishi.server;
}
