// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

/** Decides what is held out: the same on every machine and in every version of Java. */
final class Hash {
  private Hash() {}

  /** FNV-1a over UTF-16 units, then mixed (the last bits of FNV alone are poor); never negative. */
  static long of(String text) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
    }
    hash = (hash ^ hash >>> 32) * 0x9e3779b97f4a7c15L;
    return (hash ^ hash >>> 29) >>> 1;
  }
}
