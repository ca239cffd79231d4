// SPDX-License-Identifier: Apache-2.0
package io.jishi.bench.tune;

import io.jishi.train.tune.Example;
import java.util.List;

/** A way to learn a task. */
interface Method {
  /** What the table calls it. */
  String name();

  /** Learns from examples and answers others, in their order. */
  List<String> answers(List<Example> train, List<Example> test);
}
