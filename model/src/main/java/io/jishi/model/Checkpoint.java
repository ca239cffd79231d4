// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * How files of a family store its tensors: names, and in what the stored values differ from those
 * that the forward pass needs. The mathematics is in {@link DecoderSpec} alone.
 *
 * @param stems names that differ from those of {@link TensorRole}, by role; {@code %d} is the
 *     layer, {@code %e} the expert; a name that ends in {@code =} is whole, others take {@code
 *     .weight} and {@code .bias}
 * @param gguf whether all other names are those of GGUF, and values are as its converters leave
 *     them: gains whole, decays exponentiated, packed projections in blocks
 * @param groupedQkv whether packed rows are {@code [queries of the group, key, value]} for each key
 *     head, not all queries, all keys, all values
 * @param transposed roles whose matrices are stored {@code [in, out]}
 * @param interleavedGate whether rows of packed gates and ups alternate
 */
public record Checkpoint(
    Map<TensorRole, String> stems,
    boolean gguf,
    boolean groupedQkv,
    Set<TensorRole> transposed,
    boolean interleavedGate) {
  /** The names that Llama-like checkpoints of Hugging Face use. */
  public static final Checkpoint HUGGING_FACE = named(Map.of());

  /** Behind the names of weights that are stored in blocks of four bits (MXFP4). */
  private static final String BLOCKS = "_blocks";

  /** GGUF files. */
  public static final Checkpoint GGUF = new Checkpoint(Map.of(), true, false, Set.of(), false);

  /**
   * GGUF files of a family.
   *
   * @param stems names that differ from those of most families
   */
  public static Checkpoint gguf(Map<TensorRole, String> stems) {
    return stems.isEmpty() ? GGUF : new Checkpoint(stems, true, false, Set.of(), false);
  }

  /** Copies the collections. */
  public Checkpoint {
    stems = Map.copyOf(stems);
    transposed = Set.copyOf(transposed);
  }

  /** Checkpoints that differ from Llama's in names alone. */
  public static Checkpoint named(Map<TensorRole, String> stems) {
    return new Checkpoint(stems, false, false, Set.of(), false);
  }

  /** Where the rows of all queries, all keys and all values stand among those of the groups. */
  public static int[] ungrouped(DecoderSpec.GroupedAttention a) {
    int dim = a.headDim();
    int group = a.heads() / a.kvHeads();
    int[] order = new int[(a.heads() + 2 * a.kvHeads()) * dim];
    int at = 0;
    for (int h = 0; h < a.heads() + 2 * a.kvHeads(); h++) {
      int key = h - a.heads();
      int head =
          key < 0
              ? h / group * (group + 2) + h % group
              : key % a.kvHeads() * (group + 2) + group + key / a.kvHeads();
      for (int i = 0; i < dim; i++) {
        order[at++] = head * dim + i;
      }
    }
    return order;
  }

  /** The same with packed projections in groups. */
  public Checkpoint withGroupedQkv() {
    return new Checkpoint(stems, gguf, true, transposed, interleavedGate);
  }

  /** The same with matrices {@code [in, out]}. */
  public Checkpoint withTransposed(TensorRole... roles) {
    return new Checkpoint(stems, gguf, groupedQkv, Set.of(roles), interleavedGate);
  }

  /** The same with gates and ups alternating. */
  public Checkpoint withInterleavedGate() {
    return new Checkpoint(stems, gguf, groupedQkv, transposed, true);
  }

  /**
   * The same names for files that were saved from the bare model, without its head: those lack the
   * first part of all names ({@code embed_tokens} for {@code model.embed_tokens}).
   *
   * @param names the tensors of the file
   */
  public Checkpoint fitted(Set<String> names) {
    return blocks(names).bare(names);
  }

  /** Experts of four bits have names of their own, and stand as they are multiplied. */
  private Checkpoint blocks(Set<String> names) {
    Map<TensorRole, String> others = new EnumMap<>(TensorRole.class);
    for (TensorRole role : transposed) {
      String stem = stem(role);
      if (stem != null && stem.endsWith("=") && names.contains(weight(role, 0) + BLOCKS)) {
        others.put(role, stem.substring(0, stem.length() - 1) + BLOCKS + "=");
      }
    }
    if (others.isEmpty()) {
      return this;
    }
    Set<TensorRole> turned = EnumSet.copyOf(transposed);
    turned.removeAll(others.keySet());
    Map<TensorRole, String> all = new EnumMap<>(TensorRole.class);
    all.putAll(stems);
    all.putAll(others);
    return new Checkpoint(all, gguf, groupedQkv, turned, interleavedGate);
  }

  private Checkpoint bare(Set<String> names) {
    String published = weight(TensorRole.EMBEDDING, 0);
    int part = published == null ? -1 : published.indexOf('.') + 1;
    if (part <= 0 || names.contains(published) || !names.contains(published.substring(part))) {
      return this;
    }
    String prefix = published.substring(0, part);
    Map<TensorRole, String> bare = new EnumMap<>(TensorRole.class);
    for (TensorRole role : TensorRole.values()) {
      String stem = stem(role);
      if (stem != null) {
        bare.put(role, stem.startsWith(prefix) ? stem.substring(part) : stem);
      }
    }
    return new Checkpoint(bare, gguf, groupedQkv, transposed, interleavedGate);
  }

  /** The name of a role's weight, or null where there is none. */
  public String weight(TensorRole role, int layer) {
    return name(role, layer, ".weight");
  }

  /** The name of a role's bias, or null where there is none. */
  public String bias(TensorRole role, int layer) {
    return name(role, layer, ".bias");
  }

  /** The name of an expert's matrix. */
  public String expert(TensorRole role, int layer, int expert) {
    String name = weight(role, layer);
    return name == null ? null : name.replace("%e", Integer.toString(expert));
  }

  /**
   * The names of the tensors that are stored {@code [in, out]}.
   *
   * @param layers how many there are
   */
  public Set<String> turned(int layers) {
    Set<String> names = new HashSet<>();
    for (TensorRole role : transposed) {
      for (int l = 0; l < layers; l++) {
        names.add(weight(role, l));
      }
    }
    return names;
  }

  private String name(TensorRole role, int layer, String suffix) {
    String stem = stem(role);
    if (stem == null) {
      return null;
    }
    String name = stem.replace("%d", Integer.toString(layer));
    return name.endsWith("=") ? whole(name, suffix) : name + suffix;
  }

  private String stem(TensorRole role) {
    String stem = stems.get(role);
    return stem != null ? stem : gguf ? role.ggufPattern() : role.huggingFacePattern();
  }

  /** A whole name; its bias has the same name with {@code _bias} behind. */
  private static String whole(String name, String suffix) {
    String stem = name.substring(0, name.length() - 1);
    if (!suffix.equals(".bias")) {
      return stem;
    }
    return (stem.endsWith(BLOCKS) ? stem.substring(0, stem.length() - BLOCKS.length()) : stem)
        + "_bias";
  }
}
