// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.loss;

import io.jishi.base.JishiException;
import io.jishi.train.tape.Targets;

/** Places of a batch that count. */
final class Labelled {
  private Labelled() {}

  /** The tokens with a label and a weight, ascending. */
  static int[] tokens(Targets targets) {
    if (targets.labels() == null) {
      throw new JishiException.BadRequest("targets", "this loss needs labels");
    }
    int[] found = new int[targets.labels().length];
    int n = 0;
    for (int t = 0; t < found.length; t++) {
      if (targets.weight(t) != 0) {
        found[n++] = t;
      }
    }
    return java.util.Arrays.copyOf(found, n);
  }
}
