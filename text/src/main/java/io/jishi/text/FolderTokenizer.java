// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Opens the tokenizer of a model folder, whatever form it has. The first that is there counts:
 *
 * <table>
 *   <caption>Files, and what reads them</caption>
 *   <tr><th>file</th><th>algorithm</th><th>read by</th><th>encoded by</th></tr>
 *   <tr><td>{@code tokenizer.json}</td><td>BPE</td>
 *     <td>{@link HuggingFaceTokenizer}, HfModel</td><td>BpeModel</td></tr>
 *   <tr><td></td><td>Unigram</td><td>the same</td><td>UnigramModel</td></tr>
 *   <tr><td></td><td>WordPiece</td><td>the same</td><td>WordPieceModel</td></tr>
 *   <tr><td></td><td>WordLevel</td><td>the same</td><td>HfModel</td></tr>
 *   <tr><td>{@code tokenizer.model} (protocol buffers)</td><td>SentencePiece BPE</td>
 *     <td>SentencePieceModel, SentencePieceTokenizer</td><td>BpeModel</td></tr>
 *   <tr><td></td><td>SentencePiece unigram</td><td>the same</td><td>UnigramModel</td></tr>
 *   <tr><td>{@code tokenizer.model}, {@code *.tiktoken}, {@code tiktoken.model} (ranks)</td>
 *     <td>byte-level BPE</td><td>TiktokenRanks, ByteLevelTokenizer</td><td>BpeModel</td></tr>
 *   <tr><td>{@code vocab.json} and {@code merges.txt}</td><td>byte-level BPE</td>
 *     <td>ByteLevelTokenizer</td><td>BpeModel</td></tr>
 *   <tr><td>{@code vocab.txt}</td><td>WordPiece</td><td>WordPieceTokenizer</td>
 *     <td>WordPieceModel</td></tr>
 *   <tr><td>{@code rwkv_vocab*.txt}</td><td>longest match</td><td>RwkvTokenizer</td>
 *     <td>RwkvTokenizer</td></tr>
 *   <tr><td>GGUF, {@code tokenizer.ggml.model} = {@code llama}</td><td>SentencePiece BPE</td>
 *     <td>{@link GgufTokenizer}</td><td>BpeModel</td></tr>
 *   <tr><td>{@code gpt2}</td><td>byte-level BPE</td><td>the same, GgufWords</td>
 *     <td>BpeModel</td></tr>
 *   <tr><td>{@code t5}</td><td>SentencePiece unigram</td>
 *     <td>the same, SentencePieceTokenizer</td><td>UnigramModel</td></tr>
 *   <tr><td>{@code bert}</td><td>WordPiece</td><td>the same, WordPieceTokenizer</td>
 *     <td>WordPieceModel</td></tr>
 *   <tr><td>{@code rwkv}</td><td>longest match</td><td>the same, RwkvTokenizer</td>
 *     <td>RwkvTokenizer</td></tr>
 * </table>
 */
public final class FolderTokenizer {
  /** Published vocabularies have at most 30 MB. */
  private static final long MAX_BYTES = 64L << 20;

  private FolderTokenizer() {}

  /** Whether the folder holds a vocabulary in one of the known forms. */
  public static boolean isIn(Path folder) {
    return find(folder) != null;
  }

  /**
   * Reads the tokenizer of a folder.
   *
   * @throws JishiException.BadFile where files are missing or damaged: it names file and place
   * @throws JishiException.Unsupported for a part that is not known: it names the part
   */
  public static Tokenizer read(Path folder) {
    Path file = find(folder);
    if (file == null) {
      throw new JishiException.BadFile(
          folder
              + ": holds no tokenizer; expected tokenizer.json, tokenizer.model, tiktoken.model,"
              + " vocab.json with merges.txt, or vocab.txt");
    }
    String name = file.getFileName().toString();
    if (name.equals("tokenizer.json")) {
      return HuggingFaceTokenizer.read(folder);
    }
    FolderTokens tokens = FolderTokens.read(folder);
    if (name.equals("vocab.json")) {
      return ByteLevelTokenizer.ofMerges(
          Json.parseObject(file), merges(folder.resolve("merges.txt")), tokens);
    }
    if (name.equals("vocab.txt")) {
      return WordPieceTokenizer.ofLines(file.toString(), lines(file), tokens);
    }
    if (name.startsWith("rwkv_vocab")) {
      return RwkvTokenizer.ofLines(file.toString(), lines(file));
    }
    return binary(file, tokens);
  }

  private static Tokenizer binary(Path file, FolderTokens tokens) {
    byte[] data = bytes(file);
    String source = file.toString();
    if (!TiktokenRanks.looksSo(data)) {
      SentencePieceModel model = SentencePieceModel.read(source, data);
      refuse(file, tokens);
      tokens.append(model.pieces().length, tokens.family().appended());
      return SentencePieceTokenizer.build(model, tokens);
    }
    String[] ranked = TiktokenRanks.read(source, data);
    boolean configured = Files.exists(file.resolveSibling("tokenizer_config.json"));
    FolderTokens all =
        configured
            ? tokens
            : FolderTokens.none(source, TokenizerFamily.ofRanks(file, ranked.length));
    all.append(ranked.length, all.family().appended());
    all.reserve(ranked.length, all.family().reserved());
    return ByteLevelTokenizer.ofRanks(source, ranked, all);
  }

  /** Families that number the pieces of their model anew, in code that no file describes. */
  private static void refuse(Path file, FolderTokens tokens) {
    String name = tokens.className();
    if (List.of("XLMRobertaTokenizer", "CamembertTokenizer", "MBartTokenizer", "NllbTokenizer")
        .contains(name)) {
      throw new JishiException.Unsupported(
          "%s: %s numbers its tokens otherwise than this file; put the model's tokenizer.json here"
              .formatted(file, name));
    }
  }

  private static Path find(Path folder) {
    for (String name : new String[] {"tokenizer.json", "tokenizer.model", "tiktoken.model"}) {
      if (Files.exists(folder.resolve(name))) {
        return folder.resolve(name);
      }
    }
    if (Files.exists(folder.resolve("vocab.json")) && Files.exists(folder.resolve("merges.txt"))) {
      return folder.resolve("vocab.json");
    }
    if (Files.exists(folder.resolve("spiece.model"))) {
      return folder.resolve("spiece.model");
    }
    if (Files.exists(folder.resolve("vocab.txt"))) {
      return folder.resolve("vocab.txt");
    }
    return Files.isDirectory(folder) ? named(folder) : null;
  }

  private static Path named(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(
              file -> {
                String name = file.getFileName().toString();
                return name.endsWith(".tiktoken")
                    || name.startsWith("rwkv_vocab") && name.endsWith(".txt");
              })
          .sorted()
          .findFirst()
          .orElse(null);
    } catch (IOException e) {
      throw new JishiException.BadFile(folder + ": cannot be read: " + e, e);
    }
  }

  private static List<String> merges(Path file) {
    List<String> merges = new ArrayList<>(lines(file));
    merges.removeIf(line -> line.isEmpty() || line.startsWith("#version"));
    return merges;
  }

  private static List<String> lines(Path file) {
    String text = new String(bytes(file), java.nio.charset.StandardCharsets.UTF_8);
    // Only line feeds end a line: a vocabulary may hold other characters that separate lines.
    return List.of(text.split("\r?\n", -1));
  }

  private static byte[] bytes(Path file) {
    try {
      long size = Files.size(file);
      if (size > MAX_BYTES) {
        throw new JishiException.BadFile(
            "%s: has %d bytes; a vocabulary has at most %d".formatted(file, size, MAX_BYTES));
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new JishiException.BadFile(file + ": cannot be read: " + e, e);
    }
  }
}
