// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

/** Wordings in both languages. */
record Both(Wordings english, Wordings chinese) {
  /** One pattern a line, see {@link Wordings}. */
  static Both of(String english, String chinese) {
    return new Both(Wordings.of(english), Wordings.of(chinese));
  }

  Wordings in(Language language) {
    return switch (language) {
      case ENGLISH -> english;
      case CHINESE -> chinese;
    };
  }
}
