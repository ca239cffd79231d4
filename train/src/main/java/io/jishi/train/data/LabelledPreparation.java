// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import io.jishi.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;

/**
 * From JSON lines {@code {"text", "label"}} to the folders {@code train} and {@code heldout} of
 * shards: a document is the text as the model's tokenizer frames it, and behind it, as one token
 * more, the place of its label in the list of all. That token is the only one that is learned, so a
 * batch has it as the label of the text's last token.
 */
public final class LabelledPreparation {
  private static final String LABEL = "label";

  /** Different numbers, or classes: a table of them is kept. */
  private static final int MOST = 1 << 22;

  private final Tokenizer tokenizer;
  private final String field;
  private final int length;
  private final boolean numbers;

  /**
   * A preparation for one model.
   *
   * @param field of the text
   * @param length tokens that a text may have; of a longer one the end is cut off, not the frame
   * @param numbers whether labels are numbers; else each different one is a class
   */
  public LabelledPreparation(Tokenizer tokenizer, String field, int length, boolean numbers) {
    this.tokenizer = tokenizer;
    this.field = field;
    this.length = length;
    this.numbers = numbers;
  }

  /**
   * All labels of some files in their order: numbers ascending, classes by their names.
   *
   * @throws JishiException.BadFile where a line has none, or there are too many or too few
   */
  public List<String> labels(List<Path> paths) {
    TreeSet<String> classes = new TreeSet<>();
    TreeSet<Double> values = new TreeSet<>();
    each(
        paths,
        (json, label) -> {
          if (numbers) {
            values.add(Double.parseDouble(label));
          } else {
            classes.add(label);
          }
          if (Math.max(classes.size(), values.size()) > MOST) {
            throw new JishiException.BadFile(
                json.source() + ": there are more than " + MOST + " different labels");
          }
        });
    if (classes.isEmpty() && values.isEmpty()) {
      throw new JishiException.BadFile(paths.getFirst() + ": holds no text with a label");
    }
    if (!numbers && classes.size() < 2) {
      throw new JishiException.BadFile(
          paths.getFirst() + ": has one class alone, '" + classes.first() + "': nothing to tell");
    }
    List<String> all = new ArrayList<>(classes);
    values.forEach(value -> all.add(value.toString()));
    return all;
  }

  /**
   * Reads the files and writes {@code out/train} and, if anything is held out, {@code out/heldout}.
   *
   * @param labels all that may stand in the files
   * @param heldOut share of the texts that are held out
   * @return texts that were cut
   * @throws JishiException.BadFile for a file that is empty or broken; it names the line
   */
  public int run(List<Path> paths, List<String> labels, double heldOut, Path out) {
    Map<String, Integer> places = new TreeMap<>();
    labels.forEach(label -> places.put(label, places.size()));
    byte[] digest = TokenizerDigest.of(tokenizer);
    int ids = Math.max(tokenizer.vocabSize(), labels.size());
    int[] cut = {0};
    try (ShardWriter train = ShardWriter.create(out.resolve("train"), ids, digest, true);
        ShardWriter held = ShardWriter.create(out.resolve("heldout"), ids, digest, true)) {
      each(
          paths,
          (json, label) -> {
            String text = json.text(field).orElseThrow(() -> json.missing(field));
            Integer place = places.get(key(label));
            if (place == null) {
              throw new JishiException.BadFile(
                  json.source() + ": the class '" + label + "' is not one that is learned");
            }
            boolean apart = (TextHash.of(text)[0] >>> 11) * 0x1p-53 < heldOut;
            cut[0] += add(text, place, apart ? held : train) ? 1 : 0;
          });
      if (train.documents() == 0) {
        throw new JishiException.BadFile(paths.getFirst() + ": no text is left to train on");
      }
      Map<String, Object> made = Map.of("files", paths.stream().map(Path::toString).toList());
      if (held.documents() > 0) {
        held.commit(made);
      }
      train.commit(made);
    }
    return cut[0];
  }

  private String key(String label) {
    return numbers ? Double.toString(Double.parseDouble(label)) : label;
  }

  /** Whether the text was cut. */
  private boolean add(String text, int label, ShardWriter to) {
    int[] all = tokenizer.encode(text, Tokenizer.Special.TEXT);
    int[] some = all;
    int[] framed = tokenizer.frame(all);
    while (framed.length > length && some.length > 0) {
      some = Arrays.copyOf(some, Math.max(0, some.length - (framed.length - length)));
      framed = tokenizer.frame(some);
    }
    int[] tokens = Arrays.copyOf(framed, framed.length + 1);
    boolean[] learned = new boolean[tokens.length];
    tokens[framed.length] = label;
    learned[framed.length] = true;
    to.add(tokens, learned);
    to.endDocument(text.getBytes(StandardCharsets.UTF_8).length);
    return some.length < all.length;
  }

  private void each(List<Path> paths, BiConsumer<JsonObject, String> to) {
    for (Path file : paths) {
      try (Documents documents = Documents.open(file, Documents.Options.DEFAULT)) {
        if (!(documents instanceof JsonLines lines)) {
          throw new JishiException.BadFile(
              file + ": texts with labels are read from JSON lines: files that end with .jsonl");
        }
        for (JsonObject json = lines.object(); json != null; json = lines.object()) {
          to.accept(json, label(json));
        }
      }
    }
  }

  private String label(JsonObject json) {
    Object label = json.fields().get(LABEL);
    boolean number = label instanceof Number n && Double.isFinite(n.floatValue());
    if (numbers && !number) {
      throw new JishiException.BadFile(
          json.source()
              + ": '"
              + LABEL
              + "' must be a number, as in {\"text\": …, \"label\": 3.5}");
    }
    if (number || label instanceof String || label instanceof Boolean) {
      return label.toString();
    }
    throw new JishiException.BadFile(
        json.source() + ": '" + LABEL + "' is missing; a line is {\"text\": …, \"label\": …}");
  }
}
