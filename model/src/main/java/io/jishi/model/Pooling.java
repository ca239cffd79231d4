// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

/** How the hidden states of a sequence become one. */
public enum Pooling {
  /** That of the first token. */
  CLS,
  /** The mean over all tokens. */
  MEAN,
  /** That of the last token. */
  LAST
}
