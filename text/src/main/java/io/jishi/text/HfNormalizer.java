// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The field {@code normalizer} of {@code tokenizer.json}. */
final class HfNormalizer {
  /**
   * Longest run of combining marks that is put in order as a whole: ordering takes time squared.
   * Stream-safe text (UAX 15, section 13) has at most 30.
   */
  private static final int MAX_MARKS = 200;

  /** The first combining mark of Unicode. */
  private static final char FIRST_MARK = '\u0300';

  /** Composed characters that cost less to look at than to leave out. */
  private static final int GAP = 64;

  /** A user-perceived character (UAX 29). */
  private static final Pattern CLUSTER = Pattern.compile("\\X");

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
      case "StripAccents" -> text -> without(text, HfNormalizer::isMark);
      case "BertNormalizer" -> bert(json);
      case "Precompiled" -> precompiled(json);
      case "Nmt" -> HfNormalizer::nmt;
      default ->
          throw new JishiException.Unsupported(
              json.source() + ": the normalizer '" + type + "' is not supported");
    };
  }

  private static UnaryOperator<String> bert(JsonObject json) {
    boolean lower = json.bool("lowercase").orElse(true);
    return new BertText(
        json.bool("clean_text").orElse(true),
        json.bool("handle_chinese_chars").orElse(true),
        json.bool("strip_accents").orElse(lower),
        lower);
  }

  private static String without(String text, IntPredicate gone) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints().filter(gone.negate()).forEach(out::appendCodePoint);
    return out.toString();
  }

  /** What neural translation leaves out or reads as a space (the rule NMT of SentencePiece). */
  private static String nmt(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints()
        .filter(c -> !(c >= 1 && c <= 8 || c == 0xB || c >= 0xE && c <= 0x1F))
        .filter(c -> c != 0x7F && c != 0x8F && c != 0x9F)
        .forEach(c -> out.appendCodePoint(isNmtSpace(c) ? ' ' : c));
    return out.toString();
  }

  private static boolean isNmtSpace(int c) {
    return c == 9
        || c == 0xA
        || c == 0xC
        || c == 0xD
        || c == 0x1680
        || c >= 0x200B && c <= 0x200F
        || c == 0x2028
        || c == 0x2029
        || c == 0x2581
        || c == 0xFEFF
        || c == 0xFFFD;
  }

  /** The character map of SentencePiece as Hugging Face applies it: first to what reads as one. */
  private static UnaryOperator<String> precompiled(JsonObject json) {
    byte[] blob;
    try {
      blob = Base64.getDecoder().decode(Hf.text(json, "precompiled_charsmap"));
    } catch (IllegalArgumentException e) {
      throw json.wrong("precompiled_charsmap", "Base64");
    }
    Charsmap map = Charsmap.read(json.source(), blob);
    return text -> {
      StringBuilder out = new StringBuilder(text.length());
      Matcher clusters = CLUSTER.matcher(text);
      while (clusters.find()) {
        String cluster = clusters.group();
        byte[] bytes = cluster.getBytes(StandardCharsets.UTF_8);
        // Longer clusters are left to their characters, as in the reference library.
        if (bytes.length >= 6 || !replace(map, bytes, out)) {
          cluster.codePoints().forEach(c -> replaceOne(map, c, out));
        }
      }
      return out.toString();
    };
  }

  private static void replaceOne(Charsmap map, int c, StringBuilder out) {
    if (!replace(map, Character.toString(c).getBytes(StandardCharsets.UTF_8), out)) {
      out.appendCodePoint(c);
    }
  }

  private static boolean replace(Charsmap map, byte[] bytes, StringBuilder out) {
    long found = map.find(bytes, 0, bytes.length, false);
    if (found >= 0) {
      out.append(map.replacement((int) (found >>> 32)));
    }
    return found >= 0;
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
  static String lowerCase(String text) {
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

  static UnaryOperator<String> unicode(Normalizer.Form form) {
    UnaryOperator<String> whole = whole(form);
    return form == Normalizer.Form.NFC ? text -> composed(text, whole) : whole;
  }

  /**
   * Below U+0300, where combining marks begin, all characters are composed: only stretches with
   * others are looked at, each with the character before it. Short gaps do not end a stretch.
   */
  private static String composed(String text, UnaryOperator<String> whole) {
    StringBuilder out = null;
    int from = 0;
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= FIRST_MARK) {
        int start = Math.max(from, i - 1);
        for (int at = i; at < text.length() && at < i + GAP; at++) {
          i = text.charAt(at) >= FIRST_MARK ? at + 1 : i;
        }
        out = out == null ? new StringBuilder(text.length()) : out;
        out.append(text, from, start).append(whole.apply(text.substring(start, i)));
        from = i;
      }
    }
    return out == null ? text : out.append(text, from, text.length()).toString();
  }

  private static UnaryOperator<String> whole(Normalizer.Form form) {
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
