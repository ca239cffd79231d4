// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.engine.Sampling;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The fields that say how tokens are drawn: OpenAI's, and for the rest the names of llama.cpp and
 * vLLM.
 */
final class SamplingFields {
  private static final List<String> USUAL =
      List.of("temperature", "top_k", "top_p", "min_p", "seed");

  private static final List<String> NAMES =
      List.of(
          "temperature",
          "top_k",
          "top_p",
          "min_p",
          "seed",
          "logit_bias",
          "repetition_penalty",
          "frequency_penalty",
          "presence_penalty",
          "repeat_last_n",
          "no_repeat_ngram_size",
          "dry_multiplier",
          "dynatemp_range",
          "typical_p",
          "top_n_sigma",
          "epsilon_cutoff",
          "eta_cutoff",
          "xtc_probability",
          "mirostat",
          "samplers");

  private SamplingFields() {}

  /** Null, for the model's own defaults, where the request says nothing; else OpenAI's defaults. */
  static Sampling read(Fields fields) {
    if (NAMES.stream().noneMatch(name -> speaks(fields, name))) {
      return null;
    }
    return new Sampling(
        fields.number("temperature", 1),
        fields.integer("top_k").orElse(0),
        fields.number("top_p", 1),
        fields.number("min_p", 0),
        fields.longInteger("seed"),
        penalties(fields),
        shape(fields),
        bias(fields),
        order(fields));
  }

  /** Clients send penalties of 0 and no bias without a thought: that asks for nothing. */
  private static boolean speaks(Fields fields, String name) {
    boolean silent =
        switch (fields.raw(name)) {
          case Number n -> n.doubleValue() == 0 && !USUAL.contains(name);
          case Map<?, ?> map -> map.isEmpty();
          case null, default -> false;
        };
    return fields.has(name) && !silent;
  }

  private static Sampling.Penalties penalties(Fields fields) {
    Sampling.Dry dry = null;
    if (fields.has("dry_multiplier")) {
      dry =
          new Sampling.Dry(
              fields.number("dry_multiplier", 0),
              fields.number("dry_base", 1.75),
              fields.integer("dry_allowed_length").orElse(2),
              fields.integer("dry_penalty_last_n").orElse(0),
              texts(fields, "dry_sequence_breakers", Sampling.Dry.BREAKERS));
    }
    return new Sampling.Penalties(
        fields.number("repetition_penalty", 1),
        fields.number("frequency_penalty", 0),
        fields.number("presence_penalty", 0),
        fields.integer("repeat_last_n").orElse(0),
        fields.integer("no_repeat_ngram_size").orElse(0),
        dry);
  }

  private static Sampling.Shape shape(Fields fields) {
    Sampling.Xtc xtc =
        fields.has("xtc_probability")
            ? new Sampling.Xtc(
                fields.number("xtc_probability", 0), fields.number("xtc_threshold", 0.1))
            : null;
    int mirostat = fields.integer("mirostat").orElse(0);
    if (mirostat != 0 && mirostat != 2) {
      throw fields.wrong("mirostat", "0 or 2: version 1 is not supported");
    }
    Sampling.Mirostat aim =
        mirostat == 2
            ? new Sampling.Mirostat(
                fields.number("mirostat_tau", 5), fields.number("mirostat_eta", 0.1))
            : null;
    return new Sampling.Shape(
        fields.number("dynatemp_range", 0),
        fields.number("dynatemp_exponent", 1),
        fields.number("typical_p", 1),
        fields.number("top_n_sigma", 0),
        fields.number("epsilon_cutoff", 0),
        fields.number("eta_cutoff", 0),
        xtc,
        aim);
  }

  /**
   * OpenAI's -100 is a ban in effect; it is added as it stands. As in llama.cpp, {@code false} bans
   * whatever the logit is.
   */
  private static Map<Integer, Float> bias(Fields fields) {
    Map<Integer, Float> bias = new HashMap<>();
    Fields object = fields.object("logit_bias").orElse(null);
    if (object == null) {
      return bias;
    }
    for (String name : object.json().fields().keySet()) {
      if (!name.matches("[0-9]{1,9}")) {
        throw fields.wrong("logit_bias", "an object of numbers by token id");
      }
      boolean banned = Boolean.FALSE.equals(object.raw(name));
      bias.put(Integer.parseInt(name), banned ? Float.NEGATIVE_INFINITY : object.number(name, 0));
    }
    return bias;
  }

  private static List<Sampling.Step> order(Fields fields) {
    if (!fields.has("samplers")) {
      return Sampling.ORDER;
    }
    List<Sampling.Step> order = new ArrayList<>();
    for (String name : texts(fields, "samplers", List.of())) {
      Sampling.Step step =
          Sampling.ORDER.stream()
              .filter(s -> s.name().toLowerCase(Locale.ROOT).equals(name))
              .findFirst()
              .orElseThrow(
                  () ->
                      fields.bad(
                          "samplers", "there is no step '" + name + "'; these are: " + all()));
      order.add(step);
    }
    return order;
  }

  private static String all() {
    return String.join(
        ", ", Sampling.ORDER.stream().map(s -> s.name().toLowerCase(Locale.ROOT)).toList());
  }

  private static List<String> texts(Fields fields, String field, List<String> absent) {
    if (!fields.has(field)) {
      return absent;
    }
    List<String> out = new ArrayList<>();
    for (Object item : fields.array(field).orElse(List.of())) {
      if (!(item instanceof String text)) {
        throw fields.wrong(field, "an array of strings");
      }
      out.add(text);
    }
    return out;
  }
}
