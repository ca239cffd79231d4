// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import java.text.Normalizer;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** The field {@code normalizer} of {@code tokenizer.json}. */
final class HfNormalizer {
  /**
   * Longest run of combining marks that is put in order as a whole: ordering takes time squared.
   * Stream-safe text (UAX 15, section 13) has at most 30.
   */
  private static final int MAX_MARKS = 200;

  private HfNormalizer() {}

  /** The normalizer of the file; the text itself where there is none. */
  static UnaryOperator<String> read(Optional<JsonObject> field) {
    return field.isEmpty() ? UnaryOperator.identity() : one(field.get());
  }

  private static UnaryOperator<String> one(JsonObject json) {
    String type = Hf.type(json);
    return switch (type) {
      case "Sequence" -> sequence(Hf.objects(json, "normalizers"));
      case "Prepend" -> {
        String prefix = Hf.text(json, "prepend");
        yield text -> text.isEmpty() ? text : prefix + text;
      }
      case "Replace" -> replace(json);
      case "NFC" -> unicode(Normalizer.Form.NFC);
      case "NFD" -> unicode(Normalizer.Form.NFD);
      case "NFKC" -> unicode(Normalizer.Form.NFKC);
      case "NFKD" -> unicode(Normalizer.Form.NFKD);
      case "Lowercase" -> HfNormalizer::lowerCase;
      case "Strip" -> strip(json);
      default ->
          throw new JishiException.Unsupported(
              json.source() + ": the normalizer '" + type + "' is not supported");
    };
  }

  private static UnaryOperator<String> sequence(List<JsonObject> steps) {
    List<UnaryOperator<String>> all = steps.stream().map(HfNormalizer::one).toList();
    return text -> {
      String result = text;
      for (UnaryOperator<String> step : all) {
        result = step.apply(result);
      }
      return result;
    };
  }

  private static UnaryOperator<String> replace(JsonObject json) {
    String content = Hf.text(json, "content");
    Optional<String> literal = Hf.literalPattern(json);
    if (literal.isPresent() && !literal.get().isEmpty()) {
      return text -> text.replace(literal.get(), content);
    }
    BoundedPattern pattern = Hf.pattern(json);
    return text -> {
      IntList matches = pattern.matches(text);
      StringBuilder out = new StringBuilder();
      int at = 0;
      for (int i = 0; i < matches.size(); i += 2) {
        out.append(text, at, matches.get(i)).append(content);
        at = matches.get(i + 1);
      }
      return out.append(text, at, text.length()).toString();
    };
  }

  private static UnaryOperator<String> strip(JsonObject json) {
    boolean left = json.bool("strip_left").orElse(true);
    boolean right = json.bool("strip_right").orElse(true);
    return text -> {
      String result = left ? text.stripLeading() : text;
      return right ? result.stripTrailing() : result;
    };
  }

  /** Letter by letter, without the rules that look at neighbours. */
  private static String lowerCase(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              if (c == 0x130) {
                out.append("i\u0307"); // the one letter whose small form is two characters
              } else {
                out.appendCodePoint(Character.toLowerCase(c));
              }
            });
    return out.toString();
  }

  private static UnaryOperator<String> unicode(Normalizer.Form form) {
    return text -> {
      StringBuilder out = new StringBuilder(text.length());
      int from = 0;
      int marks = 0;
      for (int i = 0; i < text.length(); ) {
        int c = text.codePointAt(i);
        marks = isMark(c) ? marks + 1 : 0;
        if (marks > MAX_MARKS) {
          out.append(Normalizer.normalize(text.substring(from, i), form));
          from = i;
          marks = 1;
        }
        i += Character.charCount(c);
      }
      return out.append(Normalizer.normalize(text.substring(from), form)).toString();
    };
  }

  private static boolean isMark(int c) {
    int type = Character.getType(c);
    return type == Character.NON_SPACING_MARK
        || type == Character.COMBINING_SPACING_MARK
        || type == Character.ENCLOSING_MARK;
  }
}
