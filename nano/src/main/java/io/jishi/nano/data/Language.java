// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

/** The two languages that nano speaks. */
public enum Language {
  /** English. */
  ENGLISH("en"),
  /** Chinese, simplified characters. */
  CHINESE("zh");

  private final String code;

  Language(String code) {
    this.code = code;
  }

  /** ISO 639-1. */
  public String code() {
    return code;
  }
}
