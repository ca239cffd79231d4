// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What the published code of a family has and its vocabulary files have not: the word rule, tokens
 * that are made up in code, what frames a sequence.
 *
 * @param words the word rule of byte-level vocabularies, as a regular expression
 * @param composes whether a text is put into the Unicode form NFC first
 * @param addsBos whether a begin token is added where no file says
 * @param addsEos whether an end token is added where no file says
 * @param prefix tokens before a sequence, instead of a begin token
 * @param suffix tokens after a sequence that has such a prefix
 * @param appended control tokens that follow the vocabulary
 * @param reserved ids after the vocabulary that are tokens, with a name or without
 */
record TokenizerFamily(
    String words,
    boolean composes,
    boolean addsBos,
    boolean addsEos,
    List<String> prefix,
    List<String> suffix,
    List<String> appended,
    int reserved) {

  private static final int O200K = 199_998;
  private static final int LLAMA4 = 200_000;

  /** {@code num_reserved_special_tokens} of Kimi's code. */
  private static final int KIMI_RESERVED = 256;

  private static final TokenizerFamily GPT2 = plain(PreTokenizer.GPT2_WORDS, false, false);

  /** Folders that name no class, or one without an entry here. */
  private static final TokenizerFamily SENTENCE_PIECE = plain(PreTokenizer.GPT2_WORDS, false, true);

  /** Files of ranks without a configuration: as Meta publishes Llama 3. */
  private static final TokenizerFamily LLAMA3 =
      new TokenizerFamily(
          WordRules.LLAMA3, false, true, false, List.of(), List.of(), llama3Tokens(), 0);

  private static final Map<String, TokenizerFamily> BY_CLASS =
      Map.ofEntries(
          Map.entry("GPT2Tokenizer", GPT2),
          Map.entry("RobertaTokenizer", framed(List.of("<s>"), List.of("</s>"))),
          Map.entry("BertTokenizer", framed(List.of("[CLS]"), List.of("[SEP]"))),
          Map.entry("DistilBertTokenizer", framed(List.of("[CLS]"), List.of("[SEP]"))),
          Map.entry("Qwen2Tokenizer", plain(WordRules.QWEN2, true, false)),
          Map.entry(
              "QWenTokenizer",
              new TokenizerFamily(
                  WordRules.QWEN2, true, false, false, List.of(), List.of(), qwenTokens(), 0)),
          Map.entry(
              "TikTokenTokenizer",
              new TokenizerFamily(
                  WordRules.KIMI,
                  false,
                  false,
                  false,
                  List.of(),
                  List.of(),
                  List.of(),
                  KIMI_RESERVED)),
          Map.entry("BaichuanTokenizer", plain(PreTokenizer.GPT2_WORDS, false, false)),
          Map.entry(
              "T5Tokenizer",
              new TokenizerFamily(
                  PreTokenizer.GPT2_WORDS, false, false, true, List.of(), List.of(), List.of(), 0)),
          Map.entry(
              "ChatGLMTokenizer",
              new TokenizerFamily(
                  PreTokenizer.GPT2_WORDS,
                  false,
                  false,
                  false,
                  List.of("[gMASK]", "sop"),
                  List.of(),
                  chatGlmTokens(),
                  0)),
          Map.entry(
              "ChatGLM4Tokenizer",
              new TokenizerFamily(
                  WordRules.LLAMA3,
                  false,
                  false,
                  false,
                  List.of("[gMASK]", "<sop>"),
                  List.of(),
                  List.of(),
                  0)));

  private static TokenizerFamily plain(String words, boolean composes, boolean addsBos) {
    return new TokenizerFamily(words, composes, addsBos, false, List.of(), List.of(), List.of(), 0);
  }

  private static TokenizerFamily framed(List<String> prefix, List<String> suffix) {
    return new TokenizerFamily(
        PreTokenizer.GPT2_WORDS, false, false, false, prefix, suffix, List.of(), 0);
  }

  /** The family of a class of Hugging Face's library, "Fast" taken off. */
  static TokenizerFamily named(String className) {
    return BY_CLASS.getOrDefault(className, SENTENCE_PIECE);
  }

  /** The family of a file of ranks that has no configuration beside it. */
  static TokenizerFamily ofRanks(Path file, int count) {
    String name = file.getFileName().toString();
    if (name.equals("qwen.tiktoken")) {
      return named("QWenTokenizer");
    }
    boolean o200k = name.startsWith("o200k") || count == O200K || count == LLAMA4;
    return o200k ? plain(WordRules.GPT4O, false, false) : LLAMA3;
  }

  private static List<String> chatGlmTokens() {
    return List.of(
        "[MASK]",
        "[gMASK]",
        "[sMASK]",
        "sop",
        "eop",
        "<|system|>",
        "<|user|>",
        "<|assistant|>",
        "<|observation|>");
  }

  private static List<String> qwenTokens() {
    List<String> names = new ArrayList<>(List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>"));
    IntStream.range(0, 205).forEach(i -> names.add("<|extra_" + i + "|>"));
    return List.copyOf(names);
  }

  /** Llama 3.1, which gave names to some of the reserved tokens of Llama 3. */
  private static List<String> llama3Tokens() {
    List<String> names =
        new ArrayList<>(
            List.of(
                "<|begin_of_text|>",
                "<|end_of_text|>",
                "<|reserved_special_token_0|>",
                "<|reserved_special_token_1|>",
                "<|finetune_right_pad_id|>",
                "<|reserved_special_token_2|>",
                "<|start_header_id|>",
                "<|end_header_id|>",
                "<|eom_id|>",
                "<|eot_id|>",
                "<|python_tag|>"));
    for (int i = 3; names.size() < 256; i++) {
      names.add("<|reserved_special_token_" + i + "|>");
    }
    return List.copyOf(names);
  }
}
