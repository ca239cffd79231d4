// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

/** What an exercise may be made of; nothing of one held-out part ever stands in {@link #TRAIN}. */
public enum Split {
  /** Wordings and values to learn from. */
  TRAIN,
  /** Wordings that were held out, with values as in training. */
  WORDINGS,
  /** Values (numbers, names, items) that were held out, with wordings as in training. */
  VALUES
}
