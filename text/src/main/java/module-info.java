// SPDX-License-Identifier: Apache-2.0
/** Tokenizers and chat templates. */
module io.jishi.text {
  requires transitive io.jishi.base;

  exports io.jishi.text;
  exports io.jishi.text.template;
}
