// SPDX-License-Identifier: Apache-2.0
/** What every room shares: errors and bounded JSON. */
module io.jishi.base {
  requires com.fasterxml.jackson.core;

  exports io.jishi.base;
}
