// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import java.util.List;

/**
 * Ends a text at the first stop text in it, wherever the pieces are cut: what could still become a
 * stop text is held back.
 */
final class StopMatcher {
  private final List<String> stops;
  private final StringBuilder held = new StringBuilder();
  private boolean stopped;

  StopMatcher(List<String> stops) {
    this.stops = stops;
  }

  /** Takes a piece and gives the text that is certain not to belong to a stop text. */
  String append(String piece) {
    if (stopped) {
      return "";
    }
    held.append(piece);
    int first = -1;
    for (String stop : stops) {
      int at = held.indexOf(stop);
      if (at >= 0 && (first < 0 || at < first)) {
        first = at;
      }
    }
    if (first >= 0) {
      stopped = true;
      return take(first);
    }
    return take(held.length() - undecided());
  }

  /** Whether a stop text has come up. */
  boolean stopped() {
    return stopped;
  }

  /** What is held back, once no more text comes. */
  String finish() {
    return stopped ? "" : take(held.length());
  }

  private String take(int count) {
    String text = held.substring(0, count);
    held.delete(0, count);
    return text;
  }

  /** Length of the longest end of the held text that begins a stop text. */
  private int undecided() {
    int longest = 0;
    for (String stop : stops) {
      for (int n = Math.min(stop.length() - 1, held.length()); n > longest; n--) {
        if (endsWith(stop, n)) {
          longest = n;
        }
      }
    }
    return longest;
  }

  private boolean endsWith(String stop, int n) {
    int from = held.length() - n;
    for (int i = 0; i < n; i++) {
      if (held.charAt(from + i) != stop.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
