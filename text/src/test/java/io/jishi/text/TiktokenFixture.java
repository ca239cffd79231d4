// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Ranked byte strings, or a vocabulary with a file of merges, as the metadata of a GGUF file. */
final class TiktokenFixture {
  private TiktokenFixture() {}

  static Map<String, Object> metadata(Path model, String pre) {
    Map<String, Integer> ranks = new HashMap<>();
    try {
      for (String line : Files.readAllLines(model)) {
        String[] parts = line.split(" ");
        StringBuilder piece = new StringBuilder();
        for (byte b : Base64.getDecoder().decode(parts[0])) {
          piece.append(ByteAlphabet.of(b & 0xFF));
        }
        ranks.put(piece.toString(), Integer.parseInt(parts[1]));
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    String[] tokens = new String[ranks.size()];
    ranks.forEach((piece, rank) -> tokens[rank] = piece);
    List<String> merges = new ArrayList<>();
    for (int rank = 0; rank < tokens.length; rank++) {
      List<String> parts = parts(tokens[rank], ranks, rank);
      if (parts.size() == 2) {
        merges.add(parts.get(0) + " " + parts.get(1));
      }
    }
    return metadata(tokens, merges, pre);
  }

  /** The last two parts that a piece is joined from, by the ranks below its own. */
  private static List<String> parts(String piece, Map<String, Integer> ranks, int below) {
    List<String> parts = new ArrayList<>();
    piece.chars().forEach(c -> parts.add(String.valueOf((char) c)));
    while (parts.size() > 2) {
      int best = -1;
      int bestRank = below;
      for (int i = 0; i + 1 < parts.size(); i++) {
        int rank = ranks.getOrDefault(parts.get(i) + parts.get(i + 1), below);
        if (rank < bestRank) {
          bestRank = rank;
          best = i;
        }
      }
      if (best < 0) {
        return parts;
      }
      parts.set(best, parts.get(best) + parts.remove(best + 1));
    }
    return parts;
  }

  static Map<String, Object> mergesFile(Path folder, String pre) throws IOException {
    Map<String, Object> vocab = Json.parseObject(folder.resolve("vocab.json")).fields();
    String[] tokens = new String[vocab.size()];
    vocab.forEach((piece, id) -> tokens[((Long) id).intValue()] = piece);
    List<String> merges = new ArrayList<>(Files.readAllLines(folder.resolve("merges.txt")));
    merges.removeIf(line -> line.isEmpty() || line.startsWith("#version"));
    return metadata(tokens, merges, pre);
  }

  private static Map<String, Object> metadata(String[] tokens, List<String> merges, String pre) {
    Map<String, Object> metadata = new HashMap<>();
    metadata.put("tokenizer.ggml.model", "gpt2");
    metadata.put("tokenizer.ggml.pre", pre);
    metadata.put("tokenizer.ggml.tokens", tokens);
    metadata.put("tokenizer.ggml.merges", merges.toArray(String[]::new));
    return metadata;
  }
}
