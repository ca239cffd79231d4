// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.text.Vocabulary.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What the companions of a vocabulary file in a model folder add to it: {@code
 * tokenizer_config.json}, {@code special_tokens_map.json} and {@code added_tokens.json}.
 */
final class FolderTokens {
  /** A token that stands beside the vocabulary, or gives one of its ids another name. */
  record Added(AddedTokens.Entry entry, boolean special) {
    int id() {
      return entry.id();
    }
  }

  private final JsonObject config;
  private final JsonObject specialMap;
  private final TokenizerFamily family;
  private final Map<Integer, Added> added = new LinkedHashMap<>();
  private final Set<String> specialNames = new LinkedHashSet<>();

  private FolderTokens(JsonObject config, JsonObject specialMap, TokenizerFamily family) {
    this.config = config;
    this.specialMap = specialMap;
    this.family = family;
  }

  /** No companions at all. */
  static FolderTokens none(String source, TokenizerFamily family) {
    JsonObject nothing = new JsonObject(source, Map.of());
    return new FolderTokens(nothing, nothing, family);
  }

  /** Reads what is there. */
  static FolderTokens read(Path folder) {
    JsonObject config = optional(folder.resolve("tokenizer_config.json"));
    FolderTokens tokens =
        new FolderTokens(
            config,
            optional(folder.resolve("special_tokens_map.json")),
            TokenizerFamily.named(className(config)));
    HfVocabulary.specialNames(tokens.specialMap, tokens.specialNames);
    HfVocabulary.specialNames(config, tokens.specialNames);
    config.object("added_tokens_decoder").ifPresent(tokens::decoder);
    tokens.names(optional(folder.resolve("added_tokens.json")));
    return tokens;
  }

  static JsonObject optional(Path file) {
    return Files.exists(file) ? Json.parseObject(file) : new JsonObject(file.toString(), Map.of());
  }

  /** The class that the folder names; empty where it names none. */
  String className() {
    return className(config);
  }

  /** The class that the folder names, without package and without "Fast". */
  private static String className(JsonObject config) {
    String name = config.text("tokenizer_class").orElse("");
    if (config.object("auto_map").isPresent()
        && config.object("auto_map").get().fields().get("AutoTokenizer") instanceof List<?> list
        && !list.isEmpty()
        && list.getFirst() instanceof String mapped) {
      name = mapped.substring(mapped.lastIndexOf('.') + 1);
    }
    return name.endsWith("Fast") ? name.substring(0, name.length() - 4) : name;
  }

  private void decoder(JsonObject decoder) {
    for (String key : decoder.fields().keySet()) {
      JsonObject token = decoder.object(key).orElseThrow(() -> decoder.missing(key));
      int id = HfVocabulary.id(decoder, key, HfVocabulary.number(key));
      AddedTokens.Entry entry =
          new AddedTokens.Entry(
              id,
              Hf.text(token, "content"),
              token.bool("lstrip").orElse(false),
              token.bool("rstrip").orElse(false),
              token.bool("single_word").orElse(false));
      added.put(id, new Added(entry, token.bool("special").orElse(false)));
    }
  }

  private void names(JsonObject file) {
    for (Map.Entry<String, Object> one : file.fields().entrySet()) {
      int id = HfVocabulary.id(file, one.getKey(), one.getValue());
      boolean special = specialNames.contains(one.getKey());
      added.putIfAbsent(id, new Added(new AddedTokens.Entry(id, one.getKey()), special));
    }
  }

  /** The family of tokenizers that the folder names. */
  TokenizerFamily family() {
    return family;
  }

  /** A field of {@code tokenizer_config.json}, as it is there. */
  JsonObject config() {
    return config;
  }

  /** Adds control tokens that the code of a family has and no file names. */
  FolderTokens append(int firstId, List<String> names) {
    for (int i = 0; i < names.size(); i++) {
      int id = firstId + i;
      added.putIfAbsent(id, new Added(new AddedTokens.Entry(id, names.get(i)), true));
    }
    return this;
  }

  /** Makes every id of a range a control token: what has no name gets one that tells its id. */
  void reserve(int firstId, int count) {
    for (int id = firstId; id < firstId + count; id++) {
      append(id, List.of("<|reserved_token_" + id + "|>"));
    }
  }

  List<Added> tokens() {
    return List.copyOf(added.values());
  }

  /** The pieces with those that are added, empty where an id has none. */
  String[] extend(String source, String[] pieces) {
    int size = pieces.length;
    for (Added token : added.values()) {
      size = Math.max(size, token.id() + 1);
    }
    if (size > 16L * (pieces.length + added.size()) + 65_536) {
      throw new JishiException.BadFile(
          "%s: the token id %d is added to a vocabulary of only %d tokens"
              .formatted(source, size - 1, pieces.length));
    }
    String[] all = Arrays.copyOf(pieces, size);
    Arrays.fill(all, pieces.length, size, "");
    Map<String, Integer> ids = HashMap.newHashMap(size);
    for (int id = 0; id < pieces.length; id++) {
      ids.put(pieces[id], id);
    }
    for (Added token : added.values()) {
      Integer known = ids.get(token.entry().text());
      if (known == null || known == token.id()) {
        all[token.id()] = token.entry().text();
      } else if (token.id() < pieces.length) {
        throw new JishiException.BadFile(
            "%s: the token '%s' is added as %d, but the vocabulary has it as %d"
                .formatted(source, token.entry().text(), token.id(), known));
      }
    }
    return all;
  }

  /** Gives added tokens, and those that the folder names as special, their types. */
  void type(String[] pieces, Type[] types) {
    for (Added token : added.values()) {
      if (pieces[token.id()].equals(token.entry().text())) {
        Type known = types[token.id()];
        boolean control = token.special() || known == Type.CONTROL;
        types[token.id()] =
            known == Type.UNKNOWN ? known : control ? Type.CONTROL : Type.USER_DEFINED;
      }
    }
    if (specialNames.isEmpty()) {
      return;
    }
    for (int id = 0; id < pieces.length; id++) {
      if (specialNames.contains(pieces[id]) && types[id] != Type.UNKNOWN) {
        types[id] = Type.CONTROL;
      }
    }
  }

  /** What is to be found in a text; what a file says about its surroundings counts. */
  AddedTokens.Entry entry(int id, String piece) {
    Added token = added.get(id);
    return token != null && token.entry().text().equals(piece)
        ? token.entry()
        : new AddedTokens.Entry(id, piece);
  }

  /** The token in a role by the folder's word, else the given one; -1 for none. */
  OptionalInt named(String field, Vocabulary vocabulary, int otherwise) {
    String name = HuggingFaceTokenizer.tokenName(config, field);
    name = name == null ? HuggingFaceTokenizer.tokenName(specialMap, field) : name;
    int id = name == null ? otherwise : vocabulary.find(name);
    return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** What stands around a sequence: by the configuration, else by the custom of the family. */
  Framing framing(Vocabulary vocabulary, OptionalInt bos, OptionalInt eos) {
    if (!family.prefix().isEmpty()) {
      return new Framing(ids(vocabulary, family.prefix()), ids(vocabulary, family.suffix()));
    }
    boolean begins = config.bool("add_bos_token").orElse(family.addsBos());
    boolean ends = config.bool("add_eos_token").orElse(family.addsEos());
    return new Framing(GgufTokenizer.only(begins, bos), GgufTokenizer.only(ends, eos));
  }

  private static int[] ids(Vocabulary vocabulary, List<String> pieces) {
    return pieces.stream().mapToInt(vocabulary::find).filter(id -> id >= 0).toArray();
  }
}
