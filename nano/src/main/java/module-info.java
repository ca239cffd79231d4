// SPDX-License-Identifier: Apache-2.0
/** The built-in model: its weights, its data, its recipe. */
module io.jishi.nano {
  requires transitive io.jishi.engine;
  requires transitive io.jishi.train;

  exports io.jishi.nano;
  exports io.jishi.nano.data;
  exports io.jishi.nano.eval;
  exports io.jishi.nano.make;
}
