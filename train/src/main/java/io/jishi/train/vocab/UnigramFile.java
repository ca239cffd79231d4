// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.vocab;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * How a text is cut and written for a unigram vocabulary: words begin with their space, which is
 * {@code ▁}; each line break stands alone; what no piece covers is written in bytes. Decoding gives
 * every text back, except that {@code ▁} itself becomes a space.
 */
public final class UnigramFile {
  private static final String SPACE = "▁";
  private static final String UNKNOWN = "<unk>";
  private static final char LINE = '\n';
  private static final double NEVER = -1e6; // a byte's name in a text is not the byte

  private UnigramFile() {}

  /** Gives the words of a text in order; line breaks are none. */
  public static void words(String text, Consumer<String> out) {
    int from = 0;
    for (int i = 0; i <= text.length(); i++) {
      char c = i == text.length() ? LINE : text.charAt(i);
      if (c == LINE || c == ' ' || c == SPACE.charAt(0)) {
        if (i > from) {
          out.accept(text.substring(from, i).replace(" ", SPACE));
        }
        from = c == LINE ? i + 1 : i;
      }
    }
  }

  /** Tokens that are no learned pieces: special ones, the unknown, 256 bytes, the line break. */
  public static int reserved(List<String> special) {
    return special.size() + 1 + 256 + 1;
  }

  /**
   * Writes {@code tokenizer.json} and {@code tokenizer_config.json}.
   *
   * @param pieces most probable first
   * @param special tokens that stand first in the vocabulary; the first of them ends a text
   */
  public static void write(Path folder, List<UnigramTrainer.Piece> pieces, List<String> special) {
    List<Object> vocabulary = new ArrayList<>();
    special.forEach(s -> vocabulary.add(List.of(s, 0.0)));
    vocabulary.add(List.of(UNKNOWN, 0.0));
    for (int b = 0; b < 256; b++) {
      vocabulary.add(List.of("<0x%02X>".formatted(b), NEVER));
    }
    // A line break is cut out before pieces are chosen: its score decides nothing.
    vocabulary.add(List.of(String.valueOf(LINE), 0.0));
    pieces.forEach(p -> vocabulary.add(List.of(p.text(), p.score())));
    Map<String, Object> model =
        TokenizerFile.object(
            "type",
            "Unigram",
            "unk_id",
            special.size(),
            "vocab",
            vocabulary,
            "byte_fallback",
            true);
    Object lines =
        TokenizerFile.object(
            "type",
            "Split",
            "pattern",
            TokenizerFile.object("String", "\n"),
            "behavior",
            "Isolated",
            "invert",
            false);
    Object spaces =
        TokenizerFile.object(
            "type", "Metaspace", "replacement", SPACE, "prepend_scheme", "never", "split", true);
    Object decoder =
        TokenizerFile.object(
            "type",
            "Sequence",
            "decoders",
            List.of(
                TokenizerFile.object(
                    "type",
                    "Replace",
                    "pattern",
                    TokenizerFile.object("String", SPACE),
                    "content",
                    " "),
                TokenizerFile.object("type", "ByteFallback"),
                TokenizerFile.object("type", "Fuse")));
    List<String> control = new ArrayList<>(special);
    control.add(UNKNOWN);
    TokenizerFile.write(
        folder,
        control,
        false,
        TokenizerFile.object("type", "Sequence", "pretokenizers", List.of(lines, spaces)),
        decoder,
        model);
  }
}
