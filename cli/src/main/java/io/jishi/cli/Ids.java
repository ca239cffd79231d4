// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.JishiException;
import java.util.Arrays;

/** Token ids as people write them. */
final class Ids {
  private Ids() {}

  /**
   * Reads ids with commas or white space between them.
   *
   * @throws JishiException.BadRequest where one is no whole number from 0
   */
  static int[] parse(String text) {
    return Arrays.stream(text.split("[,\\s]+"))
        .filter(s -> !s.isEmpty())
        .mapToInt(Ids::parseOne)
        .toArray();
  }

  private static int parseOne(String text) {
    try {
      int id = Integer.parseInt(text);
      if (id >= 0) {
        return id;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new JishiException.BadRequest(
        "tokens", "'" + text + "' is not a token id: write whole numbers from 0, as in 1,15,7");
  }

  /** Refuses ids that the model does not have. */
  static void check(int[] ids, int vocabulary) {
    for (int id : ids) {
      if (id >= vocabulary) {
        throw new JishiException.BadRequest(
            "tokens", "token " + id + " does not exist: the model has 0 to " + (vocabulary - 1));
      }
    }
  }
}
