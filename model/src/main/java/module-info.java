// SPDX-License-Identifier: Apache-2.0
/** Weight files, the decoder and the table of families. */
module io.jishi.model {
  requires transitive io.jishi.tensor;
  requires transitive io.jishi.text;
  requires java.desktop;
  requires jdk.management;

  exports io.jishi.model;
  exports io.jishi.model.adapter;
  exports io.jishi.model.export;
  exports io.jishi.model.gguf;
  exports io.jishi.model.safetensors;
  exports io.jishi.model.vision;
}
