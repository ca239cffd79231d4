// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import io.jishi.text.Vocabulary.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** The vocabulary and the added tokens of {@code tokenizer.json} and its companions. */
final class HfVocabulary {
  /** An added token and how it is matched. */
  private record Added(AddedTokens.Entry entry, boolean normalized, boolean special) {}

  private final String source;
  private final Map<String, Integer> ids = new LinkedHashMap<>();
  private final Map<String, Added> added = new LinkedHashMap<>();
  private int size;

  /** The token for unknown characters, which no text may spell; -1 where the model names none. */
  private int unknown = -1;

  /** Reads {@code model.vocab} and {@code added_tokens}. */
  HfVocabulary(JsonObject root, JsonObject model) {
    this.source = root.source();
    if (model.fields().get("vocab") instanceof List<?> scored) {
      scored(model, scored);
      unknown = model.integer("unk_id").orElse(-1);
    } else {
      JsonObject vocab = model.object("vocab").orElseThrow(() -> model.missing("vocab"));
      for (Map.Entry<String, Object> entry : vocab.fields().entrySet()) {
        ids.put(entry.getKey(), counted(vocab, entry.getKey(), entry.getValue()));
      }
    }
    if (root.has("added_tokens")) {
      for (JsonObject token : Hf.objects(root, "added_tokens")) {
        add(token, counted(token, "id", token.fields().get("id")));
      }
    }
  }

  /** Pairs of a piece and its score, by id. */
  private void scored(JsonObject model, List<?> vocab) {
    for (Object item : vocab) {
      if (!(item instanceof List<?> pair)
          || pair.size() != 2
          || !(pair.get(0) instanceof String piece)
          || !(pair.get(1) instanceof Number)) {
        throw model.wrong("vocab", "pairs of a piece and a score");
      }
      if (ids.putIfAbsent(piece, size) != null) {
        throw new JishiException.BadFile(
            "%s: tokens %d and %d are both '%s'; each piece must have one id"
                .formatted(source, ids.get(piece), size, piece));
      }
      size++;
    }
  }

  /** Adds what {@code added_tokens_decoder} of {@code tokenizer_config.json} has beyond. */
  void addMissing(JsonObject decoder) {
    for (String key : decoder.fields().keySet()) {
      JsonObject token = decoder.object(key).orElseThrow(() -> decoder.missing(key));
      if (!added.containsKey(Hf.text(token, "content"))) {
        add(token, counted(decoder, key, number(key)));
      }
    }
  }

  static Object number(String digits) {
    try {
      return Long.valueOf(digits);
    } catch (NumberFormatException e) {
      return digits;
    }
  }

  private void add(JsonObject token, int id) {
    String content = Hf.text(token, "content");
    // Where the model has the piece itself, its id counts.
    int known = ids.getOrDefault(content, id);
    boolean special = token.bool("special").orElse(false);
    AddedTokens.Entry entry =
        new AddedTokens.Entry(
            known,
            content,
            token.bool("lstrip").orElse(false),
            token.bool("rstrip").orElse(false),
            token.bool("single_word").orElse(false));
    added.put(content, new Added(entry, token.bool("normalized").orElse(!special), special));
    size = Math.max(size, known + 1);
  }

  private int counted(JsonObject json, String field, Object value) {
    int id = id(json, field, value);
    size = Math.max(size, id + 1);
    return id;
  }

  /** The value of a field as a token id. */
  static int id(JsonObject json, String field, Object value) {
    if (!(value instanceof Long id) || id < 0 || id >= Integer.MAX_VALUE) {
      throw json.wrong(field, "a token id");
    }
    return id.intValue();
  }

  /** Makes a known token a control token: what the configuration names as begin, end and so on. */
  void makeSpecial(String content) {
    Added known = added.get(content);
    Integer id = ids.get(content);
    if (known != null) {
      added.put(content, new Added(known.entry(), known.normalized(), true));
    } else if (id != null) {
      added.put(content, new Added(new AddedTokens.Entry(id, content), false, true));
    }
  }

  /** The vocabulary, bytes told apart where the model falls back to them. */
  Vocabulary build(boolean byteFallback) {
    // A few unused ids are common; a file with one huge id is none.
    if (size > 16L * (ids.size() + added.size()) + 65_536) {
      throw new JishiException.BadFile(
          source + ": has the token id " + (size - 1) + " but only " + ids.size() + " tokens");
    }
    String[] pieces = new String[size];
    Type[] types = new Type[size];
    Arrays.fill(types, Type.UNUSED);
    ids.forEach((piece, id) -> set(pieces, id, piece));
    ids.values().forEach(id -> types[id] = Type.NORMAL);
    if (unknown >= 0 && unknown < size) {
      types[unknown] = Type.UNKNOWN;
    }
    added.forEach(
        (piece, token) -> {
          set(pieces, token.entry().id(), piece);
          types[token.entry().id()] = token.special() ? Type.CONTROL : Type.USER_DEFINED;
        });
    for (int id = 0; id < size; id++) {
      pieces[id] = pieces[id] == null ? "" : pieces[id];
      if (byteFallback && types[id] == Type.NORMAL && Vocabulary.byteOf(pieces[id]) >= 0) {
        types[id] = Type.BYTE;
      }
    }
    return new Vocabulary(source, pieces, types);
  }

  private void set(String[] pieces, int id, String piece) {
    if (pieces[id] != null && !pieces[id].equals(piece)) {
      throw new JishiException.BadFile(
          "%s: token %d is both '%s' and '%s'".formatted(source, id, pieces[id], piece));
    }
    pieces[id] = piece;
  }

  /** Tokens to find in a text before it is normalised. */
  AddedTokens raw(boolean withSpecial) {
    // Special tokens are found here even where the file says "normalized": after a normalizer that
    // puts a mark in front, "</s>" in the middle of a text would never be found at all.
    return new AddedTokens(
        added.values().stream()
            .filter(token -> token.special() ? withSpecial : !token.normalized())
            .map(Added::entry)
            .toList());
  }

  /** Tokens to find in a text after it is normalised, written as the normalizer writes them. */
  AddedTokens normalized(UnaryOperator<String> normalizer) {
    List<AddedTokens.Entry> entries = new ArrayList<>();
    for (Added token : added.values()) {
      AddedTokens.Entry e = token.entry();
      if (!token.special() && token.normalized()) {
        entries.add(
            new AddedTokens.Entry(
                e.id(), normalizer.apply(e.text()), e.stripLeft(), e.stripRight(), e.singleWord()));
      }
    }
    return new AddedTokens(entries);
  }

  /** The contents of the special tokens that a configuration names under these fields. */
  static void specialNames(JsonObject config, Set<String> out) {
    for (String field :
        new String[] {
          "bos_token", "eos_token", "unk_token", "pad_token", "cls_token", "sep_token", "mask_token"
        }) {
      String content = HuggingFaceTokenizer.tokenName(config, field);
      if (content != null) {
        out.add(content);
      }
    }
    for (Object item : config.array("additional_special_tokens").orElse(List.of())) {
      if (item instanceof String name) {
        out.add(name);
      } else if (item instanceof Map<?, ?> token && token.get("content") instanceof String name) {
        out.add(name);
      }
    }
  }
}
