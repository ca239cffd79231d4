// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.text.Tokenizer;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * How an image stands in a prompt, as data: what the model was trained to read around the image
 * tokens of the whole image and of the tiles that it was cut into.
 *
 * @param wholeFirst whether the whole image stands before its tiles, else behind them
 * @param number written before the image; {@code %d} is its number in the prompt, from 0
 * @param whole around the whole image
 * @param tile around a tile; {@code %1$d} is its row and {@code %2$d} its column, both from 1
 * @param betweenRows between two rows of tiles
 * @param between between tiles and the whole image
 */
public record ImageText(
    boolean wholeFirst,
    String number,
    Frame whole,
    Frame tile,
    String betweenRows,
    String between) {
  /** Image tokens alone: what stands around them, the chat template writes (LLaVA, Qwen2-VL). */
  public static final ImageText BARE = new ImageText(true, "", Frame.NONE, Frame.NONE, "", "");

  /** SmolVLM and Idefics 3: tiles by row and column, then the whole. */
  public static final ImageText ROWS_AND_COLUMNS =
      new ImageText(
          false,
          "",
          new Frame("<fake_token_around_image><global-img>", "<fake_token_around_image>"),
          new Frame("<fake_token_around_image><row_%1$d_col_%2$d>", ""),
          "\n",
          "\n\n");

  /** MiniCPM-V: the number of the image, the whole, then its slices line by line. */
  public static final ImageText SLICES =
      new ImageText(
          true,
          "<image_id>%d</image_id>",
          new Frame("<image>", "</image>"),
          new Frame("<slice>", "</slice>"),
          "\n",
          "");

  private static final Pattern CONTROL = Pattern.compile("<[^<>]+>");

  /** What stands before and behind. */
  public record Frame(String before, String after) {
    /** Nothing. */
    static final Frame NONE = new Frame("", "");
  }

  /** The same without the number of the image. */
  ImageText unnumbered() {
    return new ImageText(wholeFirst, "", whole, tile, betweenRows, between);
  }

  /**
   * An image as tokens.
   *
   * @param image the token that stands for each vector
   * @param counts vectors of the whole image and of its tiles, in the order in which they stand
   * @param rows of tiles, 0 where it was not cut
   * @param columns of tiles
   * @param index of the image in the prompt, from 0
   * @throws JishiException.BadFile where the vocabulary lacks what stands around images
   */
  int[] tokens(Tokenizer tokenizer, int image, int[] counts, int rows, int columns, int index) {
    Writer writer = new Writer(tokenizer, image);
    writer.write(format(number, index));
    if (wholeFirst) {
      writer.framed(whole.before, counts[0], whole.after);
      if (rows > 0) {
        writer.write(between);
        tiles(writer, counts, 1, rows, columns);
      }
    } else {
      if (rows > 0) {
        tiles(writer, counts, 0, rows, columns);
        writer.write(between);
      }
      writer.framed(whole.before, counts[counts.length - 1], whole.after);
    }
    return writer.tokens();
  }

  private void tiles(Writer writer, int[] counts, int first, int rows, int columns) {
    for (int i = 0; i < rows * columns; i++) {
      int row = i / columns + 1;
      int column = i % columns + 1;
      writer.write(i > 0 && column == 1 ? betweenRows : "");
      writer.framed(format(tile.before, row, column), counts[first + i], tile.after);
    }
  }

  private static String format(String pattern, Object... numbers) {
    return String.format(Locale.ROOT, pattern, numbers);
  }

  /** Collects tokens; text between image tokens is encoded in one piece. */
  private static final class Writer {
    private final Tokenizer tokenizer;
    private final int image;
    private final StringBuilder text = new StringBuilder();
    private final IntStream.Builder tokens = IntStream.builder();

    Writer(Tokenizer tokenizer, int image) {
      this.tokenizer = tokenizer;
      this.image = image;
    }

    void write(String more) {
      text.append(more);
    }

    void framed(String before, int count, String after) {
      write(before);
      flush();
      for (int i = 0; i < count; i++) {
        tokens.add(image);
      }
      write(after);
    }

    private void flush() {
      if (text.isEmpty()) {
        return;
      }
      for (Matcher control = CONTROL.matcher(text); control.find(); ) {
        if (tokenizer.token(control.group()).isEmpty()) {
          throw new JishiException.BadFile(
              "the vocabulary has no token '"
                  + control.group()
                  + "', which stands around images of this family; the tokenizer is of another"
                  + " model");
        }
      }
      Arrays.stream(tokenizer.encode(text.toString(), Tokenizer.Special.PARSE))
          .forEach(tokens::add);
      text.setLength(0);
    }

    int[] tokens() {
      flush();
      return tokens.build().toArray();
    }
  }
}
