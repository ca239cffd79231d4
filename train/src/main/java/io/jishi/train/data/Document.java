// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import java.util.List;
import java.util.Map;

/**
 * A document as a file holds it, or a piece of one that is too long to be held at once.
 *
 * @param text the text; for a conversation its contents, one a line
 * @param messages the conversation, or null where it is plain text
 * @param tools what the conversation may call, or null
 * @param continues whether it goes on with the document before it
 * @param where file and line or row, for messages
 */
public record Document(
    String text,
    List<Map<String, Object>> messages,
    Object tools,
    boolean continues,
    String where) {
  /** A plain text. */
  static Document text(String text, boolean continues, String where) {
    return new Document(text, null, null, continues, where);
  }
}
