// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The pre-tokenizers that GGUF files name in {@code tokenizer.ggml.pre}: a word rule is a list of
 * patterns, each of which cuts the words of the one before at its matches. The patterns are those
 * that the models publish in their own tokenizer files.
 *
 * @param ignoreMerges whether a word that is in the vocabulary is one token at once
 * @param addsBos whether a begin token is added where the file does not say
 */
public record GgufWords(List<String> patterns, boolean ignoreMerges, boolean addsBos) {
  private static final String EAST_ASIAN = "[一-龥ࠀ-一가-\uD7FF]+";

  /**
   * Letters with case in the blocks that DeepSeek-LLM lists; later additions to Unicode are not.
   */
  private static final String CASED_LETTERS =
      "[\\p{Lu}\\p{Ll}\\p{Lt}&&[\\x{0}-\\x{55F}\\x{10A0}-\\x{10C6}\\x{13A0}-\\x{1C7F}\\x{1C90}-\\x{2CFF}"
          + "\\x{A640}-\\x{A78F}\\x{AB70}-\\x{FFFF}\\x{10400}-\\x{1056F}\\x{10C80}-\\x{10CF2}"
          + "\\x{118A0}-\\x{118DF}\\x{1E900}-\\x{1E943}]]";

  private static final String BLOOM = " ?[^(\\s|.,!?…。，、।۔،)]+";
  private static final String BAILING =
      "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+";
  private static final String SEED =
      WordRules.CONTRACTIONS
          + WordRules.LETTERS
          + "|\\p{N}| ?[^\\s\\p{L}\\p{N}\\r\\n]+"
          + WordRules.SPACES;
  private static final String YOUTU_SCRIPTS =
      "[가-힣ㄱ-ㆎ]+|[！…“”‘’—：；，、-〿︰-﹏]+|[ㄅ-ㄯ]+|[一-龥\u3040-ゟ゠-ヿ]+";
  private static final String AFMOE_SCRIPTS =
      "[一-\u9FFF㐀-\u4DBF豈-\uFAFF\u3040-ゟ゠-ヿ･-ﾟ⼀-\u2FDFเ-\u0E7F\u0E80-\u0EFFក-\u17FF"
          + "က-႟ꩠ-ꩿꧠ-\uA9FF가-\uD7AFᄀ-ᇿ]+";
  private static final String EXAONE_MOE =
      WordRules.CONTRACTIONS
          + "|[^\\r\\n\\p{L}\\p{N}]?(?:\\p{L}\\p{M}*(?: \\p{L}\\p{M}*)*)+|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]?|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+";
  private static final String SPARK =
      "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+"
          + "|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+|[\\r\\n]"
          + "|\\s+(?!\\S)|\\s+";
  private static final Map<String, GgufWords> BY_NAME = table();

  private static Map<String, GgufWords> table() {
    Map<String, GgufWords> table = new LinkedHashMap<>();
    String gpt2 = PreTokenizer.GPT2_WORDS;
    put(table, words("[\\p{P}$+<=>^~|]+", gpt2, "\\p{N}+", "[0-9][0-9][0-9]"), "default");
    put(
        table,
        words(gpt2),
        "gpt-2",
        "phi-2",
        "mpt",
        "olmo",
        "jais",
        "trillion",
        "granite-docling",
        "exaone4",
        "gigachat",
        "a.x-4.0",
        "mellum",
        "modern-bert",
        "jina-es",
        "jina-de",
        "jina-v2-es",
        "jina-v2-de",
        "jina-v1-en",
        "jina-v2-code",
        "roberta-bpe");
    put(
        table,
        new GgufWords(List.of(WordRules.LLAMA3), true, true),
        "llama-bpe",
        "llama3",
        "llama-v3",
        "falcon3",
        "falcon-h1",
        "pixtral",
        "midm-2.0",
        "lfm2",
        "jina-v5-nano");
    put(table, words(WordRules.LLAMA3), "glm4", "chatglm-bpe", "dbrx", "smaug-bpe");
    put(
        table,
        words(WordRules.QWEN2),
        "qwen2",
        "deepseek-r1-qwen",
        "kormo",
        "f2llmv2",
        "megrez",
        "stablelm2",
        "hunyuan",
        "solar-open",
        "grok-2");
    put(table, words(WordRules.QWEN35), "qwen35");
    put(
        table,
        words("\\p{N}", gpt2),
        "starcoder",
        "refact",
        "command-r",
        "smollm",
        "codeshell",
        "exaone",
        "minerva-7b",
        "mellum2");
    put(table, words("[\\p{P}$+<=>^~|`]+", gpt2, "[0-9][0-9][0-9]"), "falcon");
    put(
        table,
        words("[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", EAST_ASIAN, "\\p{N}"),
        "deepseek-coder");
    put(
        table,
        words(
            "[\\r\\n]",
            "\\s?" + CASED_LETTERS + "+",
            "\\s?[!-/:-~！-／：-～‘-‟\u3000-。]+",
            "\\s+$",
            EAST_ASIAN,
            "\\p{N}+"),
        "deepseek-llm");
    put(
        table,
        words("\\p{N}{1,3}", WordRules.KANJI_KANA, WordRules.DEEPSEEK3),
        "deepseek-v3",
        "hunyuan-dense",
        "joyai-llm",
        "hy_v4");
    put(table, words(WordRules.GPT4O), "gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2");
    put(table, new GgufWords(List.of(WordRules.TEKKEN), true, true), "tekken");
    put(table, words(WordRules.KIMI), "kimi-k2");
    put(table, words(BLOOM), "bloom", "poro-chat", "gpt3-finnish");
    put(table, words(BLOOM, "\\p{N}"), "viking");
    put(table, words(BAILING), "bailingmoe", "bailingmoe2", "llada-moe");
    put(table, words(SEED), "seed-coder");
    put(table, new GgufWords(List.of("\\p{N}{1,3}", WordRules.MINICPM5), true, false), "minicpm5");
    put(table, words(YOUTU_SCRIPTS, WordRules.YOUTU), "youtu");
    put(
        table,
        new GgufWords(
            List.of(
                "<sentinel:[0-9]+>",
                "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z",
                "([\\t\\n]|    |  )",
                "\\p{N}",
                "[\\p{P}!-/:-@\\[-`{-~]",
                gpt2),
            false,
            true),
        "chameleon");
    put(table, words("\\p{N}+", WordRules.THREES), "superbpe");
    put(table, words(WordRules.THREES, AFMOE_SCRIPTS, WordRules.DEEPSEEK3), "afmoe");
    put(table, words(WordRules.WHOLE_THREES, WordRules.GPT4O), "tiny_aya", "cohere2moe");
    put(table, new GgufWords(List.of(WordRules.GPT4O), true, false), "granite-embed-multi-97m");
    put(table, words(WordRules.UNCONTRACTED), "ufakzeka");
    put(table, words("[^\\n]+|[\\n]+", WordRules.QWEN2), "laguna");
    put(table, words(EXAONE_MOE), "exaone-moe");
    put(table, words("\\p{N}{1,3}", WordRules.KANJI_KANA, SPARK, "\\p{N}"), "spark2_5");
    return table;
  }

  private static GgufWords words(String... patterns) {
    return new GgufWords(List.of(patterns), false, false);
  }

  private static void put(Map<String, GgufWords> table, GgufWords words, String... names) {
    for (String name : names) {
      table.put(name, words);
    }
  }

  /**
   * What GGUF calls a rule, the usual name first.
   *
   * @param patterns as a tokenizer file has them, line ends written out or not
   * @param ignoreMerges as above
   * @return empty where no file can name it
   */
  public static Optional<String> name(List<String> patterns, boolean ignoreMerges) {
    List<String> plain = patterns.stream().map(GgufWords::plain).toList();
    return BY_NAME.entrySet().stream()
        .filter(e -> e.getValue().ignoreMerges == ignoreMerges)
        .filter(e -> e.getValue().patterns.stream().map(GgufWords::plain).toList().equals(plain))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  private static String plain(String pattern) {
    return pattern.replace("\r", "\\r").replace("\n", "\\n");
  }

  /**
   * The rule of that name.
   *
   * @throws JishiException.Unsupported where there is none
   */
  public static GgufWords named(String source, String name) {
    GgufWords words = BY_NAME.get(name);
    if (words == null) {
      throw new JishiException.Unsupported(
          "%s: tokenizer.ggml.pre is '%s', which is not known; known are %s"
              .formatted(source, name, String.join(", ", BY_NAME.keySet())));
    }
    return words;
  }

  /** The rule as steps. */
  List<PreTokenizer> steps(String source) {
    List<PreTokenizer> steps = new ArrayList<>();
    for (String pattern : patterns) {
      steps.add(WordRules.isolated(source + ": tokenizer.ggml.pre", pattern));
    }
    return steps;
  }
}
