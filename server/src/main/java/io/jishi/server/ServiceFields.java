// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.engine.Request;
import io.jishi.engine.Search;
import io.jishi.engine.Speculation;
import java.time.Duration;

/**
 * The fields that say how a call is served: {@code priority} (higher goes first), {@code timeout}
 * (seconds; what is there then is the answer), {@code adapter} (a name, or an object with {@code
 * name} and {@code scale}), {@code speculation} (where guesses of its tokens come from, which
 * changes its time alone); and how its answers are found: {@code best_of}, {@code beams} with
 * {@code length_penalty} and {@code early_stopping}, or vLLM's {@code use_beam_search}, which takes
 * as many beams as {@code best_of} or else {@code n} says.
 */
final class ServiceFields {
  private ServiceFields() {}

  static Request.Service service(Fields fields) {
    Duration timeout = null;
    if (fields.has("timeout")) {
      float seconds = fields.number("timeout", 0);
      if (!(seconds > 0 && seconds <= Duration.ofDays(1).toSeconds())) {
        throw fields.wrong("timeout", "seconds, above 0, at most a day");
      }
      timeout = Duration.ofNanos((long) (seconds * 1e9));
    }
    int priority = fields.integer("priority").orElse(0);
    return new Request.Service(priority, timeout, speculation(fields));
  }

  /** Null takes the server's. */
  private static Speculation.Mode speculation(Fields fields) {
    Object value = fields.raw("speculation");
    return switch (Boolean.FALSE.equals(value) ? "off" : value) {
      case null -> null;
      case String mode when mode.equals("off") -> Speculation.Mode.OFF;
      case String mode when mode.equals("lookup") -> Speculation.Mode.LOOKUP;
      case String mode when mode.equals("draft") -> Speculation.Mode.DRAFT;
      default -> throw fields.wrong("speculation", "\"off\" or false, \"lookup\" or \"draft\"");
    };
  }

  /** The adapter that is asked for by its field, or null. */
  static Request.Adapted adapter(Fields fields) {
    if (fields.raw("adapter") instanceof String name) {
      return new Request.Adapted(name, 1);
    }
    return fields.object("adapter").map(ServiceFields::adapted).orElse(null);
  }

  private static Request.Adapted adapted(Fields fields) {
    String name = fields.text("name").orElseThrow(() -> fields.wrong("name", "a string"));
    return new Request.Adapted(name, fields.number("scale", 1));
  }

  /** How answers are found; null where each is drawn on its own. */
  static Search search(Fields fields, int answers, boolean stream) {
    Search search = search(fields, answers);
    if (search != null && stream) {
      throw fields.bad(
          search instanceof Search.Beams ? "beams" : "best_of",
          "answers that are ranked are there only at the end: leave out 'stream'");
    }
    return search;
  }

  private static Search search(Fields fields, int answers) {
    int tries = fields.integer("best_of").orElse(answers);
    int width = fields.integer("beams").orElse(fields.bool("use_beam_search") ? tries : 0);
    if (fields.has("beams") || fields.bool("use_beam_search")) {
      return new Search.Beams(answers, width, fields.number("length_penalty", 1), early(fields));
    }
    for (String field : new String[] {"length_penalty", "early_stopping"}) {
      if (fields.has(field)) {
        throw fields.bad(field, "'" + field + "' belongs to 'beams': give both, or none");
      }
    }
    return tries == answers ? null : new Search.BestOf(answers, tries);
  }

  private static Search.Beams.Early early(Fields fields) {
    return switch (fields.raw("early_stopping")) {
      case null -> Search.Beams.Early.LIKELY;
      case Boolean first -> first ? Search.Beams.Early.FIRST : Search.Beams.Early.LIKELY;
      case String never when never.equals("never") -> Search.Beams.Early.NEVER;
      default -> throw fields.wrong("early_stopping", "true, false or \"never\"");
    };
  }
}
