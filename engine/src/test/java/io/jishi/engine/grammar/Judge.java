// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.List;
import java.util.regex.Pattern;

/** What a validator of others finds in what constrained decoding writes. */
public final class Judge {
  private static final SchemaRegistry JUDGE =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

  /** The HTML standard's pattern of an e-mail address. */
  private static final Pattern EMAIL =
      Pattern.compile(
          "[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
              + "(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*");

  private Judge() {}

  /** Its complaints; it knows today's top-level domains, which no format says it should. */
  public static List<Error> errors(String schema, String text) {
    List<Error> errors =
        JUDGE
            .getSchema(schema, InputFormat.JSON)
            .validate(
                text,
                InputFormat.JSON,
                context -> context.executionConfig(c -> c.formatAssertionsEnabled(true)));
    return errors.stream()
        .filter(
            e ->
                !(e.getMessage().contains("email pattern")
                    && EMAIL.matcher(e.getInstanceNode().asText()).matches()))
        .toList();
  }
}
