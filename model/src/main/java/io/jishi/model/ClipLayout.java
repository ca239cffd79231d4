// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * How GGUF files of the architecture {@code clip} store a tower and its projector, after
 * llama.cpp's converters. Reading and writing go by this one table.
 *
 * @param projector {@code clip.projector_type}
 * @param names of the tower's tensors
 * @param inserted names of the merger between layers; empty where there is none
 * @param imageToken what vocabularies call the token that stands for an image's vectors
 */
public record ClipLayout(
    String projector,
    Map<TensorRole, String> names,
    Map<TensorRole, String> inserted,
    String imageToken) {
  /** {@code general.architecture} of such files. */
  public static final String ARCHITECTURE = "clip";

  /** How the keys of the tower begin. */
  public static final String VISION = "clip.vision.";

  /** The key of {@code preprocessor_config.json} as a text, which the format has no keys for. */
  public static final String PROCESSOR = "jishi.image_processor";

  /** The key of the image token's number, which the format has no key for. */
  public static final String IMAGE_TOKEN = "jishi.image_token_id";

  /** LLaVA: two products. */
  public static final String MLP = "mlp";

  /** Qwen2-VL. */
  public static final String QWEN2 = "qwen2vl_merger";

  /** Qwen2.5-VL. */
  public static final String QWEN25 = "qwen2.5vl_merger";

  /** SmolVLM and Idefics 3: one product. */
  public static final String IDEFICS3 = "idefics3";

  /** MiniCPM-V 4.6. */
  public static final String MINICPM = "minicpmv4_6";

  private static final Map<String, ClipLayout> TABLE = new TreeMap<>();
  private static final Map<String, String> WRITTEN = new TreeMap<>();

  static {
    Map<TensorRole, String> none = Map.of();
    String after = "v.post_ln";
    add(MLP, "<image>", projector("mm.0", "mm.2", null, null), none, "llava");
    add(QWEN2, "<|image_pad|>", projector("mm.0", "mm.2", after, null), none, "qwen2_vl");
    add(QWEN25, "<|image_pad|>", projector("mm.0", "mm.2", after, null), none, "qwen2_5_vl");
    add(
        IDEFICS3,
        "<image>",
        projector("mm.model.fc", null, null, after),
        none,
        "smolvlm",
        "idefics3");
    String merger = "v.vit_merger.";
    Map<TensorRole, String> inserted = new EnumMap<>(TensorRole.class);
    attention(inserted, merger);
    inserted.put(TensorRole.MIXER_NORM, merger + "ln1");
    inserted.put(TensorRole.CHANNEL_NORM, merger + "ds_ln");
    inserted.put(TensorRole.UP, merger + "ds_ffn_up");
    inserted.put(TensorRole.DOWN, merger + "ds_ffn_down");
    add(
        MINICPM,
        "<|image_pad|>",
        projector("mm.up", "mm.down", "mm.input_norm", after),
        inserted,
        "minicpmv4_6");
  }

  /** Copies the maps. */
  public ClipLayout {
    names = Map.copyOf(names);
    inserted = Map.copyOf(inserted);
  }

  private static void add(
      String type,
      String imageToken,
      Map<TensorRole, String> projector,
      Map<TensorRole, String> inserted,
      String... families) {
    Map<TensorRole, String> names = new EnumMap<>(TensorRole.class);
    String layer = "v.blk.%d.";
    names.put(TensorRole.PATCHES, "v.patch_embd");
    names.put(TensorRole.PATCHES_AGAIN, "v.patch_embd.weight.1=");
    names.put(TensorRole.CLASS_TOKEN, "v.class_embd=");
    names.put(TensorRole.POSITIONS, "v.position_embd");
    names.put(TensorRole.EMBEDDING_NORM, "v.pre_ln");
    attention(names, layer);
    names.put(TensorRole.MIXER_NORM, layer + "ln1");
    names.put(TensorRole.CHANNEL_NORM, layer + "ln2");
    names.put(TensorRole.UP, layer + "ffn_up");
    names.put(TensorRole.GATE, layer + "ffn_gate");
    names.put(TensorRole.DOWN, layer + "ffn_down");
    names.putAll(projector);
    TABLE.put(type, new ClipLayout(type, names, inserted, imageToken));
    for (String family : families) {
      WRITTEN.put(family, type);
    }
  }

  private static void attention(Map<TensorRole, String> names, String layer) {
    names.put(TensorRole.QUERY, layer + "attn_q");
    names.put(TensorRole.KEY, layer + "attn_k");
    names.put(TensorRole.VALUE, layer + "attn_v");
    names.put(TensorRole.QKV, layer + "attn_qkv");
    names.put(TensorRole.ATTENTION_OUTPUT, layer + "attn_out");
  }

  private static Map<TensorRole, String> projector(
      String in, String out, String norm, String last) {
    Map<TensorRole, String> names = new EnumMap<>(TensorRole.class);
    names.put(TensorRole.PROJECTOR_IN, in);
    if (out != null) {
      names.put(TensorRole.PROJECTOR_OUT, out);
    }
    if (norm != null) {
      names.put(TensorRole.PROJECTOR_NORM, norm);
    }
    if (last != null) {
      names.put(TensorRole.FINAL_NORM, last);
    }
    return names;
  }

  /** Of a projector, or null where it is not known. */
  public static ClipLayout of(String projector) {
    return TABLE.get(projector);
  }

  /** The projectors that are known. */
  public static Set<String> projectors() {
    return TABLE.keySet();
  }

  /** {@code model_type}s that can be written, and the projector that each is written with. */
  public static Map<String, String> written() {
    return new LinkedHashMap<>(WRITTEN);
  }

  /**
   * The names of a file: the oldest writers have the two products of a layer under each other's.
   *
   * @param tensors of the file
   * @param width of the tower
   */
  Map<TensorRole, String> names(Map<String, StoredTensor> tensors, long width) {
    StoredTensor down = tensors.get(names.get(TensorRole.DOWN).replace("%d", "0") + ".weight");
    boolean swapped =
        down != null
            && down.shape().size() == 2
            && !down.shape().equals(List.of(width, width))
            && down.shape().getLast() == width;
    if (!swapped) {
      return names;
    }
    Map<TensorRole, String> other = new EnumMap<>(names);
    other.put(TensorRole.UP, names.get(TensorRole.DOWN));
    other.put(TensorRole.DOWN, names.get(TensorRole.UP));
    return other;
  }
}
