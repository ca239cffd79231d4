// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.base.JishiException;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Reads a recipe from YAML. The least one is {@code data: my.txt}. */
public final class RecipeReader {
  private static final long DEFAULT_SIZE = 3_000_000;
  private static final int MOST = 1 << 20;

  private final Path folder;
  private final YamlSection root;

  private RecipeReader(Path folder, YamlSection root) {
    this.folder = folder;
    this.root = root;
  }

  /**
   * Reads a file.
   *
   * @throws JishiException.BadFile where it is damaged: it names file, line and key
   */
  public static Recipe read(Path file) {
    try {
      Path folder = file.toAbsolutePath().normalize().getParent();
      String name = file.getFileName().toString().replaceFirst("\\.ya?ml$", "");
      return parse(file.toString(), name, folder, Files.readString(file));
    } catch (MalformedInputException e) {
      throw new JishiException.BadFile(file + ": is no text in UTF-8; a recipe is YAML", e);
    } catch (java.nio.file.NoSuchFileException e) {
      throw new JishiException.BadFile(file + ": there is no such file", e);
    } catch (IOException e) {
      throw new JishiException.BadFile(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Reads a text.
   *
   * @param source for messages
   * @param name of the model, where the recipe gives none
   * @param folder that paths are relative to
   */
  static Recipe parse(String source, String name, Path folder, String text) {
    YamlSection root = YamlSection.parse(source, text);
    Recipe recipe = new RecipeReader(folder, root).recipe(name);
    root.finish();
    return recipe;
  }

  private Recipe recipe(String name) {
    Optional<Recipe.FineTune> fineTune = fineTune();
    long size = root.count("size", 10_000, 100_000_000_000L).orElse(DEFAULT_SIZE);
    Recipe.Shape shape = shape(size);
    YamlSection train = root.section("train");
    return new Recipe(
        root.text("name").orElse(name),
        root.count("seed", 0, Long.MAX_VALUE).orElse(1L),
        shape,
        data(fineTune.orElse(null)),
        vocabulary(size, fineTune.isPresent()),
        training(train, fineTune.orElse(null)),
        gradients(train),
        evaluation(),
        samples(),
        checkpoints(),
        divergence(),
        fineTune);
  }

  private Recipe.Shape shape(long size) {
    YamlSection s = root.section("model");
    Recipe.Family family = s.choice("family", Recipe.Family.LLAMA, Recipe.Family.class);
    int context = s.integer("context", 8, MOST).orElse(Dial.context(size));
    Recipe.Shape dial = Dial.shape(family, size, context);
    int layers = s.integer("layers", 1, 4096).orElse(dial.layers());
    int width = s.integer("width", 2, MOST).orElse(dial.width());
    Recipe.Shape base = width == dial.width() ? dial : Dial.of(family, width, layers, context);
    int heads = s.integer("heads", 1, MOST).orElse(Math.max(1, base.heads()));
    int kvHeads = s.integer("kv_heads", 1, MOST).orElse(heads);
    if (width % heads != 0 || width / heads % 2 != 0) {
      throw s.about(
          s.has("heads") ? "heads" : "width",
          "do not fit: a width of " + width + " over " + heads + " heads gives no even head");
    }
    if (heads % kvHeads != 0) {
      throw s.about(
          "kv_heads", "must divide the " + heads + " heads, and " + kvHeads + " does not");
    }
    return new Recipe.Shape(
        family,
        width,
        layers,
        heads,
        kvHeads,
        s.integer("ffn", 1, 16 * MOST).orElse(Dial.inner(width)),
        context,
        s.flag("tied", true));
  }

  private List<Recipe.Source> data(Recipe.FineTune fineTune) {
    List<YamlSection> parts =
        root.isList("data")
            ? root.sections("data")
            : root.isSection("data") ? List.of(root.section("data")) : List.of();
    Recipe.Format usual = usual(fineTune);
    if (parts.isEmpty()) {
      Path path = root.path("data", folder).orElseThrow(() -> root.about("data", "is missing"));
      return List.of(source(path, 1, usual, "text", root, "data"));
    }
    List<Recipe.Source> sources = parts.stream().map(p -> source(p, usual)).toList();
    for (int i = 0; i < sources.size(); i++) {
      requireFormat(sources.get(i).format(), usual, parts.get(i));
    }
    return sources;
  }

  private static Recipe.Format usual(Recipe.FineTune fineTune) {
    return switch (fineTune == null ? Recipe.Objective.SFT : fineTune.objective()) {
      case SFT, MASKED -> Recipe.Format.AUTO;
      case DPO -> Recipe.Format.PREFERENCE;
      case CLASSIFY, REGRESS -> Recipe.Format.LABELLED;
    };
  }

  /** Pairs and labelled texts are for the objectives that learn from them, and no other data is. */
  private static void requireFormat(Recipe.Format is, Recipe.Format usual, YamlSection at) {
    if (usual != Recipe.Format.AUTO && is != usual) {
      throw at.about(
          "format", "must be '" + usual.name().toLowerCase(Locale.ROOT) + "' for this objective");
    }
    if (is != usual && is == Recipe.Format.PREFERENCE) {
      throw at.about("format", "'preference' is for finetune.objective: dpo");
    }
    if (is != usual && is == Recipe.Format.LABELLED) {
      throw at.about("format", "'labelled' is for finetune.objective: classify and regress");
    }
  }

  private Recipe.Source source(YamlSection part, Recipe.Format usual) {
    return source(
        part.path("path", folder).orElseThrow(() -> part.about("path", "is missing")),
        part.real("weight", 1e-9, 1e9).orElse(1.0),
        part.choice("format", usual, Recipe.Format.class),
        part.text("field").orElse("text"),
        part,
        "path");
  }

  private static Recipe.Source source(
      Path path, double weight, Recipe.Format format, String field, YamlSection at, String key) {
    requirePresent(path, at, key);
    return new Recipe.Source(path, weight, format, field);
  }

  private static void requirePresent(Path path, YamlSection at, String key) {
    if (!Files.exists(path)) {
      throw at.about(key, "names '" + path + "', and there is no such file or folder");
    }
  }

  private Recipe.Vocabulary vocabulary(long size, boolean fineTune) {
    if (fineTune) {
      if (root.has("tokenizer")) {
        throw root.about("tokenizer", "has no place in a fine-tuning: the base model has its own");
      }
      return new Recipe.Existing(null);
    }
    if (root.isSection("tokenizer") || !root.has("tokenizer")) {
      YamlSection s = root.section("tokenizer");
      return new Recipe.Learned(s.integer("vocabulary", 257, MOST).orElse(Dial.vocabulary(size)));
    }
    Path path = root.path("tokenizer", folder).orElseThrow();
    Path found = path.endsWith("tokenizer.json") ? path.getParent() : path;
    if (!Files.exists(found.resolve("tokenizer.json"))) {
      throw root.about(
          "tokenizer",
          "names '" + path + "', which holds no tokenizer.json; leave it out to learn one");
    }
    return new Recipe.Existing(found);
  }

  private static Recipe.Training training(YamlSection s, Recipe.FineTune tuned) {
    boolean fineTune = tuned != null;
    if (s.has("tokens") && s.has("steps")) {
      throw s.about("steps", "and 'train.tokens' say the same thing twice: give one");
    }
    Optional<Integer> batch = s.integer("batch", 1, MOST);
    Optional<Long> tokens = s.count("tokens", 1, 1L << 50);
    Optional<Integer> steps = s.integer("steps", 1, Integer.MAX_VALUE);
    Optional<Integer> micro = s.integer("micro_batch", 1, MOST);
    if (batch.isPresent() && micro.isPresent() && batch.get() % micro.get() != 0) {
      throw s.about("micro_batch", "must divide 'train.batch'");
    }
    if (fineTune && tuned.objective() == Recipe.Objective.DPO) {
      even(s, "batch", batch);
      even(s, "micro_batch", micro);
    }
    return new Recipe.Training(
        tokens,
        steps,
        batch,
        micro,
        s.real("learning_rate", 1e-9, 10),
        s.choice("schedule", fineTune ? Recipe.Curve.LINEAR : Recipe.Curve.WSD, Recipe.Curve.class),
        s.real("warmup", 0, 1).orElse(fineTune ? 0.05 : 0.02),
        s.real("decay", 0, 1).orElse(0.2),
        s.choice("optimizer", Recipe.Optimizer.ADAMW, Recipe.Optimizer.class),
        s.real("weight_decay", 0, 10).orElse(fineTune ? 0.0 : 0.1),
        s.real("clip", 1e-6, 1e9).orElse(1.0),
        s.real("average", 0, 0.999999).orElse(0.0),
        s.choice("precision", Recipe.Precision.FP32, Recipe.Precision.class));
  }

  private static Recipe.Gradients gradients(YamlSection s) {
    return new Recipe.Gradients(
        s.flag("activation_checkpointing", false),
        s.real("balance", 0, 10).orElse(0.0),
        s.real("balance_bias", 0, 1).orElse(0.0));
  }

  private static void even(YamlSection s, String key, Optional<Integer> count) {
    if (count.isPresent() && count.get() % 2 != 0) {
      throw s.about(key, "must be even under DPO: a pair of answers is two sequences");
    }
  }

  private Recipe.Evaluation evaluation() {
    YamlSection s = root.section("evaluate");
    Optional<Path> own = s.path("data", folder);
    if (own.isPresent() && s.has("held_out")) {
      throw s.about("held_out", "and 'evaluate.data' say the same thing twice: give one");
    }
    own.ifPresent(path -> requirePresent(path, s, "data"));
    return new Recipe.Evaluation(
        s.integer("every", 0, Integer.MAX_VALUE).orElse(0),
        own.isPresent() ? 0 : s.real("held_out", 0, 0.5).orElse(0.05),
        s.count("tokens", 1, 1L << 40).orElse(50_000L),
        own);
  }

  private Recipe.Samples samples() {
    YamlSection s = root.section("sample");
    List<String> prompts = s.texts("prompts");
    return new Recipe.Samples(
        s.integer("every", 0, Integer.MAX_VALUE).orElse(0),
        s.integer("tokens", 1, 4096).orElse(60),
        prompts.isEmpty() ? List.of("") : prompts);
  }

  private Recipe.Checkpoints checkpoints() {
    YamlSection s = root.section("checkpoint");
    return new Recipe.Checkpoints(
        s.integer("every", 0, Integer.MAX_VALUE).orElse(0), s.integer("keep", 1, 1000).orElse(2));
  }

  private Recipe.Divergence divergence() {
    YamlSection s = root.section("divergence");
    return new Recipe.Divergence(
        s.choice("policy", Recipe.Policy.STOP, Recipe.Policy.class),
        s.real("spike", 1, 1e6).orElse(8.0),
        s.integer("most", 0, 1000).orElse(3));
  }

  private Optional<Recipe.FineTune> fineTune() {
    if (!root.has("finetune")) {
      return Optional.empty();
    }
    YamlSection s = root.section("finetune");
    Path base = s.path("base", folder).orElseThrow(() -> s.about("base", "is missing"));
    requirePresent(base, s, "base");
    List<String> targets = s.texts("targets");
    for (String target : targets) {
      if (!target.matches("[A-Za-z0-9_]{1,100}")) {
        throw s.wrong(
            "targets", "names of matrices, such as " + String.join(", ", Recipe.FineTune.ALL));
      }
    }
    int rank = s.integer("rank", 1, 4096).orElse(16);
    int bits = s.integer("bits", 4, 8).orElse(8);
    if (bits != 4 && bits != 8) {
      throw s.wrong("bits", "4 or 8");
    }
    Recipe.Objective objective =
        s.choice("objective", Recipe.Objective.SFT, Recipe.Objective.class);
    boolean language = objective == Recipe.Objective.SFT || objective == Recipe.Objective.DPO;
    Recipe.Aim aim = aim(s, objective);
    return Optional.of(
        new Recipe.FineTune(
            base,
            s.choice(
                "method", language ? Recipe.Method.LORA : Recipe.Method.FULL, Recipe.Method.class),
            objective,
            rank,
            s.real("alpha", 1e-6, 1e6).orElse(2.0 * rank),
            targets.isEmpty() ? Recipe.FineTune.ALL : targets,
            s.real("beta", 1e-6, 1e3).orElse(0.1),
            bits,
            aim));
  }

  private static Recipe.Aim aim(YamlSection s, Recipe.Objective objective) {
    boolean pooled =
        objective == Recipe.Objective.CLASSIFY || objective == Recipe.Objective.REGRESS;
    if (s.has("pooling") && !pooled) {
      throw s.about("pooling", "is for objective: classify and regress");
    }
    if (s.has("masked") && objective != Recipe.Objective.MASKED) {
      throw s.about("masked", "is for objective: masked");
    }
    return new Recipe.Aim(
        s.choice("pooling", Recipe.Pooling.AUTO, Recipe.Pooling.class),
        s.real("masked", 0.01, 0.9).orElse(Recipe.Aim.DEFAULT.masked()));
  }
}
