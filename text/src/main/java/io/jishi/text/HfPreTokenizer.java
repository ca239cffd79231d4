// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import io.jishi.text.Splitter.Behaviour;
import java.util.List;
import java.util.Optional;

/** The field {@code pre_tokenizer} of {@code tokenizer.json}. */
final class HfPreTokenizer {
  private static final String NUMERIC = "\\p{N}";
  private static final String PUNCTUATION = "[\\p{P}!-/:-@\\[-`{-~]";

  private HfPreTokenizer() {}

  /** The pre-tokenizer of the file; the whole text is one word where there is none. */
  static PreTokenizer read(Optional<JsonObject> field) {
    return field.isEmpty() ? PreTokenizer.WHOLE : one(field.get());
  }

  private static PreTokenizer one(JsonObject json) {
    String type = Hf.type(json);
    String source = json.source();
    return switch (type) {
      case "Sequence" ->
          PreTokenizer.sequence(
              Hf.objects(json, "pretokenizers").stream().map(HfPreTokenizer::one).toList());
      case "ByteLevel" -> byteLevel(json);
      case "Split" ->
          new Splitter(
              Hf.pattern(json),
              behaviour(json, Hf.text(json, "behavior")),
              json.bool("invert").orElse(false));
      case "Digits" ->
          Splitter.isolated(
              source, json.bool("individual_digits").orElse(false) ? NUMERIC : NUMERIC + "+");
      case "Punctuation" ->
          new Splitter(
              BoundedPattern.of(source, PUNCTUATION),
              behaviour(json, json.text("behavior").orElse("Isolated")),
              false);
      case "Whitespace" ->
          new Splitter(BoundedPattern.of(source, "\\w+|[^\\w\\s]+"), Behaviour.REMOVED, true);
      case "WhitespaceSplit" ->
          new Splitter(BoundedPattern.of(source, "\\s"), Behaviour.REMOVED, false);
      case "CharDelimiterSplit" ->
          new Splitter(
              BoundedPattern.literal(source, Hf.text(json, "delimiter")), Behaviour.REMOVED, false);
      case "Metaspace" -> metaspace(json);
      default ->
          throw new JishiException.Unsupported(
              source + ": the pre-tokenizer '" + type + "' is not supported");
    };
  }

  private static PreTokenizer byteLevel(JsonObject json) {
    boolean prefix = json.bool("add_prefix_space").orElse(true);
    if (!json.bool("use_regex").orElse(true)) {
      return PreTokenizer.byteLevel(prefix);
    }
    Splitter words = Splitter.isolated(json.source(), PreTokenizer.GPT2_WORDS);
    PreTokenizer bytes = PreTokenizer.byteLevel(false);
    return PreTokenizer.sequence(
        prefix ? List.of(PreTokenizer.prefixSpace(), words, bytes) : List.of(words, bytes));
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
  private static PreTokenizer metaspace(JsonObject json) {
    String mark = json.text("replacement").orElse("\u2581");
    boolean legacy = json.bool("add_prefix_space").orElse(true);
    String scheme = json.text("prepend_scheme").orElse(legacy ? "always" : "never");
    if (!List.of("always", "first", "never").contains(scheme)) {
      throw json.wrong("prepend_scheme", "always, first or never");
    }
    boolean always = scheme.equals("always");
    boolean never = scheme.equals("never");
    PreTokenizer prepare =
        (text, first, out) -> {
          String marked = text.replace(" ", mark);
          boolean add = (always || first && !never) && !marked.startsWith(mark);
          out.accept(add ? mark + marked : marked, first);
        };
    if (!json.bool("split").orElse(true)) {
      return prepare;
    }
    BoundedPattern marks = BoundedPattern.literal(json.source(), mark);
    return PreTokenizer.sequence(
        List.of(prepare, new Splitter(marks, Behaviour.MERGED_WITH_NEXT, false)));
  }
}
