// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import java.util.Map;

/**
 * What is generated for the values of {@code format}: each text is valid, not every valid text can
 * come (a URI, for example, is one of {@code http} or {@code https}).
 */
final class Formats {
  private static final String DAY =
      "((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)";
  private static final String DATE = "(19|20)[0-9]{2}-" + DAY;
  private static final String TIME =
      "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?(Z|\\+(0[0-9]|1[0-3]):[0-5][0-9]|-(0[1-9]|1[0-1]):[0-5][0-9])";
  private static final String LABEL = "[a-z]([a-z0-9]|-[a-z0-9]){0,20}";
  private static final String HOST = LABEL + "(\\." + LABEL + "){0,3}\\.[a-z]{2,6}";
  private static final String BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
  private static final String URI =
      "https?://"
          + HOST
          + "(:[1-9][0-9]{1,3})?(/[A-Za-z0-9._~-]{1,60}){0,10}/?"
          + "(\\?[A-Za-z0-9._~-]{1,40}=[A-Za-z0-9._~-]{1,60}(&[A-Za-z0-9._~-]{1,40}=[A-Za-z0-9._~-]{1,60}){0,5})?"
          + "(#[A-Za-z0-9._~-]{1,40})?";

  /** Patterns of whole texts by format. */
  static final Map<String, String> PATTERNS =
      Map.ofEntries(
          Map.entry("date", DATE),
          Map.entry("time", TIME),
          Map.entry("date-time", DATE + "T" + TIME),
          Map.entry(
              "duration",
              "P([1-9][0-9]{0,3}D(T[1-9][0-9]{0,3}H)?|[1-9][0-9]{0,3}W|T[1-9][0-9]{0,3}[HMS])"),
          Map.entry("email", "[A-Za-z0-9_]([A-Za-z0-9_-]|\\.[A-Za-z0-9_-]){0,15}@" + HOST),
          Map.entry("hostname", HOST),
          Map.entry("ipv4", "(" + BYTE + "\\.){3}" + BYTE),
          Map.entry("ipv6", "([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}"),
          Map.entry("uri", URI),
          Map.entry("uuid", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"));

  private Formats() {}
}
