// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import java.util.List;
import java.util.Optional;

/** The field {@code post_processor} of {@code tokenizer.json}: what stands around a sequence. */
final class HfFraming {
  private final Vocabulary vocabulary;
  private final IntList prefix = new IntList();
  private final IntList suffix = new IntList();

  private HfFraming(Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
  }

  static Framing read(Optional<JsonObject> field, Vocabulary vocabulary) {
    HfFraming framing = new HfFraming(vocabulary);
    field.ifPresent(framing::one);
    return new Framing(framing.prefix.toArray(), framing.suffix.toArray());
  }

  private void one(JsonObject json) {
    String type = Hf.type(json);
    switch (type) {
      case "Sequence" -> Hf.objects(json, "processors").forEach(this::one);
      case "ByteLevel" -> {}
      case "TemplateProcessing" -> template(json);
      case "BertProcessing", "RobertaProcessing" -> {
        prefix.add(pairId(json, "cls"));
        suffix.add(pairId(json, "sep"));
      }
      default ->
          throw new JishiException.Unsupported(
              json.source() + ": the post-processor '" + type + "' is not supported");
    }
  }

  private void template(JsonObject json) {
    JsonObject ids =
        json.object("special_tokens").orElseThrow(() -> json.missing("special_tokens"));
    boolean after = false;
    for (JsonObject item : Hf.objects(json, "single")) {
      Optional<JsonObject> special = item.object("SpecialToken");
      if (special.isEmpty()) {
        after = true;
        continue;
      }
      String name = Hf.text(special.get(), "id");
      JsonObject token = ids.object(name).orElseThrow(() -> ids.missing(name));
      for (Object id : token.array("ids").orElseThrow(() -> token.missing("ids"))) {
        (after ? suffix : prefix).add(id(token, "ids", id));
      }
    }
  }

  /** The id of {@code ["</s>", 2]}. */
  private int pairId(JsonObject json, String field) {
    List<Object> pair = json.array(field).orElseThrow(() -> json.missing(field));
    if (pair.size() != 2) {
      throw json.wrong(field, "a pair of a token and its id");
    }
    return id(json, field, pair.get(1));
  }

  private int id(JsonObject json, String field, Object value) {
    if (value instanceof Long id && id >= 0 && id < vocabulary.size()) {
      return id.intValue();
    }
    throw json.wrong(field, "ids of the vocabulary");
  }
}
