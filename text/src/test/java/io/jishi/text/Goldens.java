// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.base.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Compares a tokenizer with a golden file of the reference libraries. */
final class Goldens {
  private Goldens() {}

  /** What to compare beside ids: a GGUF file knows nothing of a template around the sequence. */
  record Compared(Tokenizer tokenizer, Tokenizer.Special special, boolean framing) {}

  /** Fails with the list of all differences; returns the number of comparisons. */
  static int check(JsonObject golden, Compared compared) {
    List<String> wrong = new ArrayList<>();
    Tokenizer tokenizer = compared.tokenizer();
    int count = 0;
    for (Object item : golden.array("cases").orElseThrow()) {
      JsonObject one = JsonObject.of("case", item);
      String text = (String) one.fields().get("text");
      int[] ids = ints(one, "ids");
      count += compare(wrong, text, ids, tokenizer.encode(text, compared.special()));
      if (one.fields().get("tiktoken_ids_special_as_text") instanceof List) {
        int[] plain = ints(one, "tiktoken_ids_special_as_text");
        count += compare(wrong, text, plain, tokenizer.encode(text, Tokenizer.Special.TEXT));
      }
      if (compared.framing() && one.has("ids_with_special")) {
        int[] framed = ints(one, "ids_with_special");
        // What is there already is not added again: here the reference libraries would.
        count += compare(wrong, text, withoutSecond(framed, ids), tokenizer.frame(ids));
      }
      String decoded = one.text("decode_skip_special").orElse(one.text("decode").orElse(text));
      count += compare(wrong, decoded, tokenizer.decode(ids));
      count += compare(wrong, decoded, streamed(tokenizer, ids));
    }
    for (Object item : golden.array("decode_random_ids").orElse(List.of())) {
      JsonObject one = JsonObject.of("random", item);
      int[] ids = ints(one, "ids");
      String expected = withoutControl(tokenizer, ids, (String) one.fields().get("text"));
      count += compare(wrong, expected, tokenizer.decode(ids));
      count += compare(wrong, expected, streamed(tokenizer, ids));
    }
    assertThat(wrong).as("differences of %d", count).isEmpty();
    return count;
  }

  /** The framed sequence, its prefix taken off where the tokens begin with the same. */
  private static int[] withoutSecond(int[] framed, int[] ids) {
    int before = 0;
    while (before + ids.length < framed.length
        && !Arrays.equals(framed, before, before + ids.length, ids, 0, ids.length)) {
      before++;
    }
    boolean there = before <= ids.length && Arrays.equals(framed, 0, before, ids, 0, before);
    return there ? Arrays.copyOfRange(framed, before, framed.length) : framed;
  }

  /** The golden text shows control tokens; ours has none. */
  private static String withoutControl(Tokenizer tokenizer, int[] ids, String text) {
    String result = text;
    for (int id : ids) {
      result = tokenizer.isControl(id) ? result.replace(tokenizer.piece(id), "") : result;
    }
    return result;
  }

  private static int compare(List<String> wrong, String text, int[] expected, int[] actual) {
    if (!java.util.Arrays.equals(expected, actual)) {
      wrong.add(
          "'%s' expected %s but was %s"
              .formatted(
                  text, java.util.Arrays.toString(expected), java.util.Arrays.toString(actual)));
    }
    return 1;
  }

  private static int compare(List<String> wrong, String expected, String actual) {
    if (!expected.equals(actual)) {
      wrong.add("decode expected '%s' but was '%s'".formatted(expected, actual));
    }
    return 1;
  }

  static String streamed(Tokenizer tokenizer, int[] ids) {
    StreamDecoder decoder = tokenizer.streamDecoder(false);
    StringBuilder out = new StringBuilder();
    for (int id : ids) {
      out.append(decoder.append(id));
    }
    return out.append(decoder.finish()).toString();
  }

  static int[] ints(JsonObject json, String field) {
    return ints(json.array(field).orElseThrow());
  }

  static int[] ints(List<Object> list) {
    return list.stream().mapToInt(v -> ((Long) v).intValue()).toArray();
  }

  static Tokenizer gguf(Map<String, Object> metadata) {
    return GgufTokenizer.read("test.gguf", metadata::get);
  }
}
