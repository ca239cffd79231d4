// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Opens one file of a vocabulary without its companions, as the golden files were made. */
final class PublishedFiles {
  private PublishedFiles() {}

  static Tokenizer sentencePiece(Path file) throws IOException {
    String source = file.toString();
    return SentencePieceTokenizer.build(
        SentencePieceModel.read(source, Files.readAllBytes(file)),
        FolderTokens.none(source, TokenizerFamily.named("")));
  }

  static Tokenizer ranks(Path file, String family) throws IOException {
    String source = file.toString();
    return ByteLevelTokenizer.ofRanks(
        source,
        TiktokenRanks.read(source, Files.readAllBytes(file)),
        FolderTokens.none(source, TokenizerFamily.named(family)));
  }

  static Tokenizer merges(Path vocab, String family) throws IOException {
    List<String> merges = new ArrayList<>(Files.readAllLines(vocab.resolveSibling("merges.txt")));
    merges.removeIf(line -> line.isEmpty() || line.startsWith("#version"));
    return ByteLevelTokenizer.ofMerges(
        Json.parseObject(vocab),
        merges,
        FolderTokens.none(vocab.toString(), TokenizerFamily.named(family)));
  }

  /** By the words of {@code goldens.json} on how its ids were made. */
  static Tokenizer open(String kind, Path file) throws IOException {
    if (kind.startsWith("sentencepiece")) {
      return sentencePiece(file);
    }
    if (kind.startsWith("tiktoken")) {
      return ranks(file, "ChatGLM4Tokenizer");
    }
    if (file.endsWith("tokenizer.json")) {
      return HuggingFaceTokenizer.read(file.getParent());
    }
    return merges(file, kind.contains("qwen2") ? "Qwen2Tokenizer" : "GPT2Tokenizer");
  }
}
