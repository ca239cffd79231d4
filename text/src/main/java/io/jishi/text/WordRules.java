// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.text.Splitter.Behaviour;
import io.jishi.text.WordRule.Contractions;
import io.jishi.text.WordRule.Letters;
import java.util.Map;

/**
 * The word rules that models publish as regular expressions: for each that is well known, the class
 * that does the same in one pass. Any other expression is left to the bounded regular expressions
 * of {@link Splitter}, some ten times slower.
 */
final class WordRules {
  private static final int ANY = Integer.MAX_VALUE;

  static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
  static final String LETTERS = "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+";
  static final String SIGNS = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*";
  static final String SPACES = "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  /** Llama 3, GLM-4. */
  static final String LLAMA3 = CONTRACTIONS + LETTERS + "|\\p{N}{1,3}" + SIGNS + SPACES;

  static final String QWEN2 = CONTRACTIONS + LETTERS + "|\\p{N}" + SIGNS + SPACES;
  static final String UNCONTRACTED = QWEN2.substring(CONTRACTIONS.length() + 1);
  static final String QWEN35 =
      CONTRACTIONS
          + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*"
          + SPACES;
  static final String MINICPM5 = CONTRACTIONS + LETTERS + "|\\p{N}+" + SIGNS + SPACES;

  private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
  static final String SLASHED = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*" + SPACES;

  /** OpenAI's o200k, Llama 4. */
  static final String GPT4O = cased(UPPER, LOWER, CONTRACTIONS + "?") + "|\\p{N}{1,3}" + SLASHED;

  static final String YOUTU = cased(UPPER, LOWER, CONTRACTIONS + "?") + "|\\p{N}" + SLASHED;
  static final String TEKKEN = cased(UPPER, LOWER, "") + "|\\p{N}" + SLASHED;
  static final String KIMI =
      "[\\p{Han}]+|"
          + cased(
              UPPER.replace("]", "&&[^\\p{Han}]]"),
              LOWER.replace("]", "&&[^\\p{Han}]]"),
              CONTRACTIONS + "?")
          + "|\\p{N}{1,3}"
          + SIGNS
          + SPACES;
  static final String KANJI_KANA = "[一-龥\u3040-ゟ゠-ヿ]+";
  static final String DEEPSEEK3 =
      "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+"
          + "|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*"
          + SPACES;

  /** Numbers in threes from the right: SuperBPE, AFMoE. */
  static final String THREES = "(?=(\\d{3})+(?!\\d))";

  /** The same for whole numbers only: Cohere's later models. */
  static final String WHOLE_THREES = "\\d{1,3}(?=(?:\\d{3})*\\b)";

  /** Every class here makes each match and each gap a word. */
  private static final Map<String, PreTokenizer> KNOWN =
      Map.ofEntries(
          Map.entry(
              PreTokenizer.GPT2_WORDS,
              new WordRule(Contractions.LOWER_CASE, false, Letters.PLAIN, ANY, "", false)),
          rule(LLAMA3, Contractions.ANY_CASE, Letters.PLAIN, 3, "\r\n"),
          rule(QWEN2, Contractions.ANY_CASE, Letters.PLAIN, 1, "\r\n"),
          rule(QWEN35, Contractions.ANY_CASE, Letters.WITH_MARKS, 1, "\r\n"),
          rule(MINICPM5, Contractions.ANY_CASE, Letters.PLAIN, ANY, "\r\n"),
          rule(UNCONTRACTED, Contractions.NONE, Letters.PLAIN, 1, "\r\n"),
          rule(GPT4O, Contractions.ANY_CASE, Letters.CASED, 3, "\r\n/"),
          rule(YOUTU, Contractions.ANY_CASE, Letters.CASED, 1, "\r\n/"),
          rule(TEKKEN, Contractions.NONE, Letters.CASED, 1, "\r\n/"),
          rule(KIMI, Contractions.ANY_CASE, Letters.CASED_HAN_APART, 3, "\r\n"),
          Map.entry(DEEPSEEK3, new DeepSeekWords()),
          Map.entry(KANJI_KANA, RunSplitter.kanjiAndKana()),
          Map.entry("\\p{N}", RunSplitter.numbers(1)),
          Map.entry("\\p{N}{1,3}", RunSplitter.numbers(3)),
          Map.entry("\\p{N}+", RunSplitter.numbers(ANY)));

  private WordRules() {}

  private static Map.Entry<String, PreTokenizer> rule(
      String regex, Contractions contractions, Letters letters, int digits, String after) {
    return Map.entry(regex, new WordRule(contractions, true, letters, digits, after, true));
  }

  /** Words that change from upper to lower case at most once (tiktoken's o200k). */
  private static String cased(String upper, String lower, String end) {
    String start = "[^\\r\\n\\p{L}\\p{N}]?";
    return start + upper + "*" + lower + "+" + end + "|" + start + upper + "+" + lower + "*" + end;
  }

  /** Each match a word, and what lies between too. */
  static PreTokenizer isolated(String source, String regex) {
    if (regex.equals(THREES) || regex.equals(WHOLE_THREES)) {
      return new NumberGroups(regex.equals(WHOLE_THREES));
    }
    PreTokenizer known = known(regex);
    return known != null ? known : Splitter.isolated(source, regex);
  }

  /** The class for an expression, line ends written out or not; null for what is not known. */
  static PreTokenizer known(String regex) {
    return KNOWN.get(regex.replace("\r", "\\r").replace("\n", "\\n"));
  }

  /** The expressions that {@link #known} knows. */
  static Iterable<String> knownExpressions() {
    return KNOWN.keySet();
  }

  /** Cuts at the matches of an expression from a file. */
  static PreTokenizer split(String source, String regex, Behaviour behaviour, boolean invert) {
    if (behaviour == Behaviour.ISOLATED) {
      return isolated(source, regex);
    }
    PreTokenizer known = null;
    if (behaviour == Behaviour.REMOVED && invert && known(regex) instanceof WordRule rule) {
      known = rule; // it leaves no gap that could be removed
    }
    return known != null
        ? known
        : new Splitter(BoundedPattern.of(source, regex), behaviour, invert);
  }
}
