// SPDX-License-Identifier: Apache-2.0
/** Makes models: gradients, optimisers, data, runs. */
module io.jishi.train {
  requires transitive io.jishi.engine;
  requires dev.hardwood.core;
  requires org.snakeyaml.engine.v2;

  exports io.jishi.train.data;
  exports io.jishi.train.mpi;
  exports io.jishi.train.run;
  exports io.jishi.train.vocab;
}
