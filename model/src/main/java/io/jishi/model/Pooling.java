// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import java.util.Arrays;

/** How the hidden states of a sequence become one. */
public enum Pooling {
  /** That of the first token. */
  CLS(2, "cls_token"),
  /** The mean over all tokens. */
  MEAN(1, "mean_tokens"),
  /** That of the last token. */
  LAST(3, "lasttoken");

  /** {@code pooling_type} of files of cross-encoders, which score. */
  public static final int SCORES = 4;

  private final int gguf;
  private final String mode;

  Pooling(int gguf, String mode) {
    this.gguf = gguf;
    this.mode = mode;
  }

  /** Its {@code pooling_type} in GGUF files. */
  public int gguf() {
    return gguf;
  }

  /** That of a {@code pooling_type}, or null for one that is no pooling. */
  public static Pooling ofGguf(int type) {
    return Arrays.stream(values()).filter(p -> p.gguf == type).findFirst().orElse(null);
  }

  /** The field of Sentence Transformers that asks for it. */
  public String field() {
    return "pooling_mode_" + mode;
  }
}
