// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import io.jishi.text.Splitter.Behaviour;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The field {@code pre_tokenizer} of {@code tokenizer.json}. */
final class HfPreTokenizer {
  private static final String NUMERIC = "\\p{N}";
  private static final String PUNCTUATION = "[\\p{P}!-/:-@\\[-`{-~]";

  private final List<PreTokenizer> steps = new ArrayList<>();

  private HfPreTokenizer() {}

  /** The steps in order, sequences laid out flat; none where the whole text is one word. */
  static List<PreTokenizer> read(Optional<JsonObject> field) {
    HfPreTokenizer reader = new HfPreTokenizer();
    field.ifPresent(reader::one);
    return reader.steps;
  }

  private void one(JsonObject json) {
    String type = Hf.type(json);
    String source = json.source();
    switch (type) {
      case "Sequence" -> Hf.objects(json, "pretokenizers").forEach(this::one);
      case "ByteLevel" -> byteLevel(json);
      case "Split" -> steps.add(split(json));
      case "Digits" ->
          steps.add(
              WordRules.isolated(
                  source, json.bool("individual_digits").orElse(false) ? NUMERIC : NUMERIC + "+"));
      case "Punctuation" ->
          steps.add(
              new Splitter(
                  BoundedPattern.of(source, PUNCTUATION),
                  behaviour(json, json.text("behavior").orElse("Isolated")),
                  false));
      case "BertPreTokenizer" -> steps.add(BertText.WORDS);
      case "Whitespace" ->
          steps.add(
              new Splitter(BoundedPattern.of(source, "\\w+|[^\\w\\s]+"), Behaviour.REMOVED, true));
      case "WhitespaceSplit" ->
          steps.add(new Splitter(BoundedPattern.of(source, "\\s"), Behaviour.REMOVED, false));
      case "CharDelimiterSplit" ->
          steps.add(
              new Splitter(
                  BoundedPattern.literal(source, Hf.text(json, "delimiter")),
                  Behaviour.REMOVED,
                  false));
      case "Metaspace" -> metaspace(json);
      default ->
          throw new JishiException.Unsupported(
              source + ": the pre-tokenizer '" + type + "' is not supported");
    }
  }

  private static PreTokenizer split(JsonObject json) {
    Behaviour behaviour = behaviour(json, Hf.text(json, "behavior"));
    boolean invert = json.bool("invert").orElse(false);
    Optional<String> regex = json.object("pattern").flatMap(pattern -> pattern.text("Regex"));
    return regex.isPresent() && Hf.literalPattern(json).isEmpty()
        ? WordRules.split(json.source(), regex.get(), behaviour, invert)
        : new Splitter(Hf.pattern(json), behaviour, invert);
  }

  private void byteLevel(JsonObject json) {
    boolean prefix = json.bool("add_prefix_space").orElse(true);
    if (!json.bool("use_regex").orElse(true)) {
      steps.add(new PreTokenizer.ByteLevel(prefix));
      return;
    }
    if (prefix) {
      steps.add(PreTokenizer.prefixSpace());
    }
    steps.add(WordRules.isolated(json.source(), PreTokenizer.GPT2_WORDS));
    steps.add(new PreTokenizer.ByteLevel(false));
  }

  private static Behaviour behaviour(JsonObject json, String name) {
    return switch (name) {
      case "Removed" -> Behaviour.REMOVED;
      case "Isolated" -> Behaviour.ISOLATED;
      case "Contiguous" -> Behaviour.CONTIGUOUS;
      case "MergedWithPrevious" -> Behaviour.MERGED_WITH_PREVIOUS;
      case "MergedWithNext" -> Behaviour.MERGED_WITH_NEXT;
      default ->
          throw json.wrong(
              "behavior", "Removed, Isolated, Contiguous, MergedWithPrevious or MergedWithNext");
    };
  }

  /** Spaces become a mark, and each mark begins a word. */
  private void metaspace(JsonObject json) {
    String mark = json.text("replacement").orElse("\u2581");
    boolean legacy = json.bool("add_prefix_space").orElse(true);
    String scheme = json.text("prepend_scheme").orElse(legacy ? "always" : "never");
    if (!List.of("always", "first", "never").contains(scheme)) {
      throw json.wrong("prepend_scheme", "always, first or never");
    }
    boolean always = scheme.equals("always");
    boolean never = scheme.equals("never");
    steps.add(
        (text, from, to, first, out) -> {
          String marked = text.substring(from, to).replace(" ", mark);
          boolean add = (always || first && !never) && !marked.startsWith(mark);
          String word = add ? mark + marked : marked;
          out.accept(word, 0, word.length(), first);
        });
    if (json.bool("split").orElse(true)) {
      BoundedPattern marks = BoundedPattern.literal(json.source(), mark);
      steps.add(new Splitter(marks, Behaviour.MERGED_WITH_NEXT, false));
    }
  }
}
