// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * How GGUF files of an architecture store tensors, after llama.cpp's converters: where they differ
 * from published files of the family in names and in the order of rows. Reading, writing and
 * unpacking go by this one table.
 *
 * @param architecture {@code general.architecture}
 * @param names that differ from those of {@link TensorRole}
 * @param traits in what values differ
 */
public record GgufLayout(String architecture, Map<TensorRole, String> names, Set<Trait> traits) {

  /** In what files of an architecture differ from others. */
  public enum Trait {
    /** The values of a rotary pair are neighbours. */
    PAIRED,
    /** They are half a head apart in published files, so rows are put into another order. */
    PERMUTED,
    /** Queries, keys and values that were published as one tensor are three. */
    SPLIT_QKV,
    /** Gates and ups that were published as one tensor stay one, under the name of the ups. */
    PACKED_GATE_UP,
    /** Keys and values of latent attention are two tensors, the keys turned. */
    SPLIT_LATENT,
    /** What is multiplied by the configuration is multiplied into the weights. */
    FOLDED,
    /** {@code logit_scale} multiplies; elsewhere it divides. */
    LOGITS_MULTIPLIED,
    /** The scale of embeddings follows from the width. */
    EMBEDDING_SCALE_IMPLIED,
    /** {@code feed_forward_length} is that of an expert. */
    EXPERT_INNER_IS_INNER,
    /** Value heads stand as they are dealt out to key heads in turn, not key head by key head. */
    VALUE_HEADS_DEALT,
    /** Of a period of layers the first one sees all; elsewhere the last. */
    FAR_LAYER_FIRST
  }

  private static final Map<String, GgufLayout> TABLE = new TreeMap<>();
  private static final Map<String, String> WRITTEN = new TreeMap<>();

  private static final Map<TensorRole, String> AFTER_ATTENTION =
      Map.of(TensorRole.CHANNEL_NORM, "blk.%d.post_attention_norm");

  private static final Map<TensorRole, String> DELTA =
      Map.of(
          TensorRole.CHANNEL_NORM, "blk.%d.post_attention_norm",
          TensorRole.RECURRENT_IN, "blk.%d.attn_qkv");

  /** Falcon of 40B's kind, whose attention has a norm of its own. */
  private static final Map<TensorRole, String> FALCON_OWN_NORMS =
      Map.of(
          TensorRole.MIXER_NORM, "blk.%d.attn_norm_2",
          TensorRole.CHANNEL_NORM, "blk.%d.attn_norm");

  static {
    Set<Trait> paired = EnumSet.of(Trait.PAIRED);
    Set<Trait> permuted = EnumSet.of(Trait.PAIRED, Trait.PERMUTED);
    Set<Trait> split = EnumSet.of(Trait.PAIRED, Trait.PERMUTED, Trait.SPLIT_QKV);
    Set<Trait> gemma = EnumSet.of(Trait.EMBEDDING_SCALE_IMPLIED);
    Set<Trait> cohere = EnumSet.of(Trait.PAIRED, Trait.LOGITS_MULTIPLIED);
    add("baichuan", split, "baichuan");
    add("bert", Set.of(), "bert", "roberta", "xlm-roberta");
    add("bloom", Set.of(), "bloom");
    add("chatglm", EnumSet.of(Trait.PAIRED, Trait.PACKED_GATE_UP), "chatglm", "glm");
    add("cohere2", cohere, "cohere2");
    add("command-r", cohere, "cohere");
    add(
        "deepseek2",
        EnumSet.of(Trait.PAIRED, Trait.SPLIT_LATENT),
        "deepseek_v2",
        "deepseek_v3",
        "kimi_k2");
    add("ernie4_5", paired, "ernie4_5");
    add("ernie4_5-moe", paired, "ernie4_5_moe");
    add("exaone4", Set.of(), "exaone4");
    add("falcon", Set.of(), "falcon");
    add("falcon-h1", EnumSet.of(Trait.FOLDED), "falcon_h1");
    add("gemma", gemma, "gemma");
    add("gemma2", gemma, "gemma2");
    add("gemma3", gemma, "gemma3_text");
    add("glm4", EnumSet.of(Trait.PAIRED, Trait.PACKED_GATE_UP), "glm4");
    add("glm4moe", AFTER_ATTENTION, Set.of(), "glm4_moe");
    add("gpt-oss", AFTER_ATTENTION, Set.of(), "gpt_oss");
    add("gpt2", Set.of(), "gpt2");
    add("gptneox", Set.of(), "gpt_neox");
    add("granite", permuted, "granite");
    add(
        "granitehybrid",
        EnumSet.of(Trait.PAIRED, Trait.PERMUTED, Trait.EXPERT_INNER_IS_INNER),
        "granitemoehybrid");
    add("hunyuan-dense", Set.of(), "hunyuan_v1_dense");
    add("hunyuan-moe", EnumSet.of(Trait.EXPERT_INNER_IS_INNER), "hunyuan_v1_moe");
    add("internlm2", split, "internlm2");
    add("kimi-linear", EnumSet.of(Trait.SPLIT_LATENT), "kimi_linear");
    add(
        "lfm2",
        Map.of(
            TensorRole.FINAL_NORM, "token_embd_norm",
            TensorRole.CONVOLUTION, "blk.%d.shortconv.conv",
            TensorRole.RECURRENT_IN, "blk.%d.shortconv.in_proj",
            TensorRole.RECURRENT_OUT, "blk.%d.shortconv.out_proj"),
        Set.of(),
        "lfm2");
    add(
        "llama",
        EnumSet.of(Trait.PAIRED, Trait.PERMUTED, Trait.EXPERT_INNER_IS_INNER),
        "aquila",
        "llama",
        "mistral",
        "mixtral");
    add("mamba", Set.of(), "mamba");
    add("mamba2", Set.of(), "mamba2");
    add("minicpm", permuted, "minicpm");
    add("minicpm3", Set.of(), "minicpm3");
    add("modern-bert", EnumSet.of(Trait.PACKED_GATE_UP, Trait.FAR_LAYER_FIRST), "modernbert");
    add("nemotron", Set.of(), "nemotron");
    add("nomic-bert", Set.of(), "nomic_bert");
    add("olmo2", Set.of(), "olmo2");
    add("phi2", Set.of(), "phi");
    add("phi3", EnumSet.of(Trait.PACKED_GATE_UP), "phi3");
    add("qwen2", Set.of(), "qwen2");
    add("qwen2vl", Set.of(), "qwen2_vl_text", "qwen2_5_vl_text");
    add("qwen2moe", Set.of(), "qwen2_moe");
    add("qwen3", Set.of(), "qwen3");
    add("qwen3moe", Set.of(), "qwen3_moe");
    add("qwen35", DELTA, EnumSet.of(Trait.VALUE_HEADS_DEALT), "qwen3_5_text");
    add("qwen3next", DELTA, Set.of(), "qwen3_next");
    add("seed_oss", AFTER_ATTENTION, Set.of(), "seed_oss");
    add("smollm3", permuted, "smollm3");
    add("stablelm", Set.of(), "stablelm");
    add("starcoder2", Set.of(), "starcoder2");
  }

  /** Copies the collections. */
  public GgufLayout {
    names = Map.copyOf(names);
    traits = Set.copyOf(traits);
  }

  private static void add(String architecture, Set<Trait> traits, String... modelTypes) {
    add(architecture, Map.of(), traits, modelTypes);
  }

  private static void add(
      String architecture, Map<TensorRole, String> names, Set<Trait> traits, String... types) {
    TABLE.put(architecture, new GgufLayout(architecture, names, traits));
    for (String type : types) {
      WRITTEN.put(type, architecture);
    }
  }

  /** The layout of an architecture's files; of one that is not listed, the plain one. */
  public static GgufLayout of(String architecture) {
    GgufLayout known = TABLE.get(architecture);
    return known == null ? new GgufLayout(architecture, Map.of(), Set.of()) : known;
  }

  /** {@code model_type}s that can be written, and the architecture that each is written as. */
  public static Map<String, String> written() {
    return new LinkedHashMap<>(WRITTEN);
  }

  /** The architectures that published models are written as. */
  public static Set<String> architectures() {
    return TABLE.keySet();
  }

  /** Whether files of an architecture have the rows of queries and keys in another order. */
  public static boolean permuted(String architecture) {
    return of(architecture).is(Trait.PERMUTED);
  }

  /** A key of the architecture's own. */
  public String key(String name) {
    return architecture + "." + name;
  }

  /** Whether files have that trait. */
  public boolean is(Trait trait) {
    return traits.contains(trait);
  }

  /** The same without a trait that some older files lack. */
  public GgufLayout without(Trait trait) {
    Set<Trait> others = EnumSet.noneOf(Trait.class);
    others.addAll(traits);
    others.remove(trait);
    return new GgufLayout(architecture, names, others);
  }

  /** Names and values of a model's tensors. */
  public Checkpoint checkpoint(DecoderSpec spec) {
    return Checkpoint.gguf(
        architecture.equals("falcon") && ownNorms(spec) ? FALCON_OWN_NORMS : names);
  }

  private static boolean ownNorms(DecoderSpec spec) {
    DecoderSpec.Block first = spec.layers().getFirst().blocks().getFirst();
    return first.branches().size() > 1
        && !first.branches().getFirst().pre().equals(first.branches().get(1).pre());
  }
}
