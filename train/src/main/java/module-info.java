// SPDX-License-Identifier: Apache-2.0
/** Makes models: gradients, optimisers, data, runs. */
module io.jishi.train {
  requires transitive io.jishi.engine;

  exports io.jishi.train.adapt;
  exports io.jishi.train.loss;
  exports io.jishi.train.optim;
  exports io.jishi.train.tape;

  requires dev.hardwood.core;
  requires java.management;
  requires org.snakeyaml.engine.v2;

  exports io.jishi.train.data;
  exports io.jishi.train.mpi;
  exports io.jishi.train.run;
  exports io.jishi.train.tune;
  exports io.jishi.train.vocab;
}
