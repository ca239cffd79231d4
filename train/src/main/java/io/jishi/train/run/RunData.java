// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.adapter.AdapterExport;
import io.jishi.model.export.AtomicFiles;
import io.jishi.model.export.Disk;
import io.jishi.text.Tokenizer;
import io.jishi.text.template.ChatTemplate;
import io.jishi.train.data.BatchSource;
import io.jishi.train.data.Document;
import io.jishi.train.data.DocumentFilter;
import io.jishi.train.data.Documents;
import io.jishi.train.data.LabelledPreparation;
import io.jishi.train.data.Mixture;
import io.jishi.train.data.Packing;
import io.jishi.train.data.PairRows;
import io.jishi.train.data.Part;
import io.jishi.train.data.PreferencePreparation;
import io.jishi.train.data.Preparation;
import io.jishi.train.data.ShardWriter;
import io.jishi.train.data.TokenShards;
import io.jishi.train.data.TokenizerDigest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The tokens of a run, made once: for each source a folder of shards to learn from and one of what
 * is held out. Documents are held out by their content, so that two alike never stand on both
 * sides; a long text is cut into blocks, of which some are held out in an even rhythm.
 */
final class RunData implements AutoCloseable {
  private static final int BLOCK = 1 << 12; // UTF-16 units
  private static final String EVALUATION = "evaluation";
  private static final String LABELS = "labels.json";
  private static final Set<String> TEXTS = Set.of("txt", "text", "md");

  private final List<Recipe.Source> sources;
  private final List<TokenShards> train = new ArrayList<>();
  private final List<TokenShards> heldOut = new ArrayList<>();
  private List<String> labels = List.of();

  private RunData(List<Recipe.Source> sources) {
    this.sources = sources;
  }

  /**
   * Opens the folder; tokenises into it where it is not there yet.
   *
   * @param template of the model's conversations, or null
   * @param first whether this process may write
   * @param note is told what a person should know
   */
  static RunData open(
      Recipe recipe,
      Path folder,
      Tokenizer tokenizer,
      ChatTemplate template,
      boolean first,
      Consumer<String> note) {
    if (first && !Files.exists(folder)) {
      AtomicFiles.createFolder(
          folder,
          to -> {
            writeLabels(recipe, to, tokenizer);
            for (int i = 0; i < recipe.data().size(); i++) {
              Path own = to.resolve("source-" + i);
              make(recipe, recipe.data().get(i), own, tokenizer, template, note);
            }
            if (recipe.evaluation().data().isPresent()) {
              make(recipe, evaluated(recipe), to.resolve(EVALUATION), tokenizer, template, note);
            }
          });
    }
    RunData data = new RunData(recipe.data());
    try {
      for (int i = 0; i < recipe.data().size(); i++) {
        Path source = folder.resolve("source-" + i);
        data.train.add(opened(source.resolve("train"), tokenizer));
        if (Files.exists(source.resolve("heldout"))) {
          data.heldOut.add(opened(source.resolve("heldout"), tokenizer));
        }
      }
      if (recipe.evaluation().data().isPresent()) {
        data.heldOut.add(opened(folder.resolve(EVALUATION).resolve("train"), tokenizer));
      }
      if (recipe.labels()) {
        data.labels = readLabels(folder.resolve(LABELS));
      }
      return data;
    } catch (RuntimeException e) {
      data.close();
      throw e;
    }
  }

  /** The user's own data to evaluate on, read as the first source is. */
  private static Recipe.Source evaluated(Recipe recipe) {
    Recipe.Source like = recipe.data().getFirst();
    Path own = recipe.evaluation().data().orElseThrow();
    return new Recipe.Source(own, 1, like.format(), like.field());
  }

  private static TokenShards opened(Path folder, Tokenizer tokenizer) {
    TokenShards shards = TokenShards.open(folder);
    shards.requireTokenizer(tokenizer);
    return shards;
  }

  /** The classes, or the different numbers, of all that is learned from. */
  private static void writeLabels(Recipe recipe, Path folder, Tokenizer tokenizer)
      throws IOException {
    if (!recipe.labels()) {
      return;
    }
    List<Path> paths = new ArrayList<>(recipe.data().stream().map(Recipe.Source::path).toList());
    if (recipe.objective() == Recipe.Objective.REGRESS) {
      recipe.evaluation().data().ifPresent(paths::add);
    }
    List<String> labels =
        labelled(recipe, recipe.data().getFirst(), tokenizer).labels(Documents.files(paths));
    AdapterExport.write(folder.resolve(LABELS), Map.of("labels", labels), Disk.LOCAL);
  }

  private static List<String> readLabels(Path file) {
    JsonObject json = Json.parseObject(file);
    return json.array("labels").orElseThrow(() -> json.missing("labels")).stream()
        .map(Object::toString)
        .toList();
  }

  private static LabelledPreparation labelled(
      Recipe recipe, Recipe.Source source, Tokenizer tokenizer) {
    return new LabelledPreparation(
        tokenizer,
        source.field(),
        recipe.shape().context(),
        recipe.objective() == Recipe.Objective.REGRESS);
  }

  private static void make(
      Recipe recipe,
      Recipe.Source source,
      Path to,
      Tokenizer tokenizer,
      ChatTemplate template,
      Consumer<String> note) {
    List<Path> files = Documents.files(List.of(source.path()));
    if (source.format() == Recipe.Format.LABELLED) {
      List<String> labels = readLabels(to.resolveSibling(LABELS));
      int cut =
          labelled(recipe, source, tokenizer).run(files, labels, recipe.evaluation().share(), to);
      if (cut > 0) {
        note.accept(cut + " texts are cut: longer than a context of " + recipe.shape().context());
      }
      return;
    }
    if (source.format() == Recipe.Format.PREFERENCE) {
      new PreferencePreparation(tokenizer, template, recipe.evaluation().share()).run(files, to);
      return;
    }
    if (source.format() == Recipe.Format.TEXT || files.stream().allMatch(RunData::isText)) {
      new TextMaker(source, recipe.evaluation().share(), tokenizer, to).make(files);
      return;
    }
    Preparation.Options options =
        new Preparation.Options(
            new Documents.Options(Documents.Border.FILE, source.field()),
            recipe.evaluation().share(),
            DocumentFilter.none(),
            Runtime.getRuntime().availableProcessors());
    new Preparation(tokenizer, template, options).run(files, to, _ -> {});
  }

  private static boolean isText(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT).replaceFirst("\\.gz$", "");
    return TEXTS.contains(name.substring(name.lastIndexOf('.') + 1));
  }

  /** Tokens to learn from; of pairs, each of which fills rows of its own, as many as the rows. */
  long tokens(int context) {
    return preferences()
        ? train.stream().mapToLong(TokenShards::documents).sum() * context
        : train.stream().mapToLong(TokenShards::tokens).sum();
  }

  private boolean preferences() {
    return sources.getFirst().format() == Recipe.Format.PREFERENCE;
  }

  /** The classes, or the different numbers, that texts are labelled with. */
  List<String> labels() {
    return labels;
  }

  /** The pairs to learn from. */
  List<PairRows> pairs(int context) {
    return train.stream().map(shards -> new PairRows(shards, context)).toList();
  }

  /** The pairs that are held out, where they fit. */
  List<PairRows> heldOutPairs(int context) {
    return heldOut.stream()
        .map(shards -> new PairRows(shards, context))
        .filter(rows -> rows.count() > 0)
        .toList();
  }

  /** What is held out; empty where nothing is. */
  List<TokenShards> heldOut() {
    return heldOut;
  }

  /** The stream of batches. */
  BatchSource batches(int context, long seed) {
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < train.size(); i++) {
      // Conversations stand whole in a row; a corpus is one long strip.
      Packing packing =
          preferences() ? Packing.PAIRS : train.get(i).masked() ? Packing.WHOLE : Packing.CHUNKS;
      String name = sources.get(i).path().toString();
      parts.add(new Part(name, train.get(i), sources.get(i).weight(), packing));
    }
    return new Mixture(parts, context, seed);
  }

  @Override
  public void close() {
    train.forEach(TokenShards::close);
    heldOut.forEach(TokenShards::close);
  }

  /** Tokenises the texts of one source into a folder. */
  private static final class TextMaker {
    private final Recipe.Source source;
    private final double share;
    private final Tokenizer tokenizer;
    private final Path folder;
    private final int[] begin;
    private long blocks;
    private ShardWriter open;
    private long openBytes;

    TextMaker(Recipe.Source source, double share, Tokenizer tokenizer, Path folder) {
      this.source = source;
      this.share = share;
      this.tokenizer = tokenizer;
      this.folder = folder;
      this.begin = tokenizer.addsBos() ? new int[] {tokenizer.bos().getAsInt()} : new int[0];
    }

    void make(List<Path> files) {
      byte[] digest = TokenizerDigest.of(tokenizer);
      int vocabulary = tokenizer.vocabSize();
      try (ShardWriter train =
              ShardWriter.create(folder.resolve("train"), vocabulary, digest, false);
          ShardWriter held =
              ShardWriter.create(folder.resolve("heldout"), vocabulary, digest, false)) {
        for (Path file : files) {
          read(file, train, held);
        }
        if (train.documents() == 0) {
          throw new JishiException.BadFile(source.path() + ": holds no text to learn from");
        }
        if (held.documents() > 0) {
          held.commit(Map.of("share", share));
        }
        train.commit(Map.of("source", source.path().toString()));
      }
    }

    private void read(Path file, ShardWriter train, ShardWriter held) {
      Documents.Options options = new Documents.Options(Documents.Border.FILE, source.field());
      try (Documents documents = Documents.open(file, options)) {
        Document next = documents.next();
        while (next != null) {
          Document after = documents.next();
          boolean ends = after == null || !after.continues();
          add(next, ends, train, held);
          next = after;
        }
      }
    }

    private void add(Document document, boolean ends, ShardWriter train, ShardWriter held) {
      String text = document.text();
      boolean whole = ends && !document.continues() && text.length() <= BLOCK;
      for (int at = 0; at < text.length(); ) {
        int end = cut(text, at);
        String block = text.substring(at, end);
        boolean out = whole ? chosen(block) : inRhythm();
        write(
            block,
            at == 0 && !document.continues(),
            ends && end == text.length(),
            out ? held : train);
        at = end;
      }
    }

    private static int cut(String text, int from) {
      int most = from + BLOCK;
      if (most >= text.length()) {
        return text.length();
      }
      int line = text.lastIndexOf('\n', most - 1);
      if (line > from) {
        return line + 1;
      }
      return Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most;
    }

    private boolean chosen(String text) {
      long hash = 0xcbf29ce484222325L; // FNV-1a, 64 bits
      for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
        hash = (hash ^ b & 255) * 0x100000001b3L;
      }
      hash ^= hash >>> 32;
      hash *= 0x9e3779b97f4a7c15L;
      return (hash >>> 11) * 0x1p-53 < share;
    }

    private boolean inRhythm() {
      long before = (long) (blocks * share + 0.5);
      blocks++;
      return (long) (blocks * share + 0.5) > before;
    }

    /** Blocks of one side that follow one another stay one document. */
    private void write(String text, boolean begins, boolean ends, ShardWriter to) {
      if (open != null && open != to) {
        close();
      }
      int[] tokens = tokenizer.encode(text, Tokenizer.Special.TEXT);
      int before = begins ? begin.length : 0;
      int after = ends && tokenizer.eos().isPresent() ? 1 : 0;
      int[] all = new int[before + tokens.length + after];
      System.arraycopy(begin, 0, all, 0, before);
      System.arraycopy(tokens, 0, all, before, tokens.length);
      if (after > 0) {
        all[all.length - 1] = tokenizer.eos().getAsInt();
      }
      to.add(all, null);
      open = to;
      openBytes += text.getBytes(StandardCharsets.UTF_8).length;
      if (ends) {
        close();
      }
    }

    private void close() {
      open.endDocument(openBytes);
      open = null;
      openBytes = 0;
    }
  }
}
