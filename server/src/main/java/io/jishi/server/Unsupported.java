// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * OpenAI's fields that would change the answer and that Jishi does not have. A value that asks for
 * nothing passes; any other is refused rather than ignored, so that nobody takes an answer for what
 * it is not.
 */
final class Unsupported {
  /** By field: the values that ask for nothing, and what to say of them. */
  private static final Map<String, Harmless> FIELDS =
      Map.ofEntries(
          Map.entry("functions", Harmless.EMPTY),
          Map.entry("function_call", Harmless.oneOf("none", "auto")),
          Map.entry("echo", Harmless.FALSE),
          Map.entry("suffix", Harmless.oneOf("")),
          Map.entry("modalities", new Harmless(List.of("text")::equals, "[\"text\"]")),
          Map.entry("audio", Harmless.NEVER),
          Map.entry("prediction", Harmless.NEVER),
          Map.entry("web_search_options", Harmless.NEVER),
          Map.entry("reasoning_effort", Harmless.NEVER),
          Map.entry("verbosity", Harmless.oneOf("medium")));

  private Unsupported() {}

  /** Refuses the first field that asks for something that Jishi does not have. */
  static void refuse(Fields fields) {
    for (String field : fields.json().fields().keySet()) {
      Harmless harmless = FIELDS.get(field);
      if (harmless != null && fields.has(field) && !harmless.test.test(fields.raw(field))) {
        String remedy = harmless.value.isEmpty() ? "" : " or send " + harmless.value;
        throw fields.bad(
            field, "this value of '" + field + "' is not supported: leave it out" + remedy);
      }
    }
  }

  /** Values of a field that ask for nothing: a test, and an example for the message. */
  private record Harmless(Predicate<Object> test, String value) {
    static final Harmless NEVER = new Harmless(_ -> false, "");
    static final Harmless FALSE = new Harmless(Boolean.FALSE::equals, "false");
    static final Harmless EMPTY = new Harmless(Harmless::empty, "an empty one");

    static Harmless oneOf(String... values) {
      return new Harmless(List.of(values)::contains, '"' + values[0] + '"');
    }

    private static boolean empty(Object value) {
      return (value instanceof List<?> list && list.isEmpty())
          || (value instanceof Map<?, ?> map && map.isEmpty());
    }
  }
}
