// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JsonObject;
import java.util.Comparator;
import java.util.Map;

/**
 * A language model that sees: its tower, and where its text part stands in the configuration and
 * the files.
 *
 * @param tower the tower
 * @param names of the tower's tensors
 * @param towerPrefixes how they begin in files, and in {@code names}
 * @param text the configuration of the language model
 * @param textPrefixes how the language model's tensors begin, and how they would on their own
 * @param imageToken the token that stands for each vector of an image
 * @param grid whether vectors have places in rows and columns (M-RoPE)
 * @param around what is written around image tokens
 */
public record VisionSpec(
    TowerSpec tower,
    Checkpoint names,
    Map<String, String> towerPrefixes,
    ModelConfig text,
    Map<String, String> textPrefixes,
    int imageToken,
    boolean grid,
    ImageText around) {

  /** Copies the collections. */
  public VisionSpec {
    towerPrefixes = Map.copyOf(towerPrefixes);
    textPrefixes = Map.copyOf(textPrefixes);
  }

  /** The same where images have no numbers. */
  VisionSpec unnumbered() {
    return new VisionSpec(
        tower, names, towerPrefixes, text, textPrefixes, imageToken, grid, around.unnumbered());
  }

  /** The tower's tensors, those of more than two dimensions as matrices. */
  WeightFile towerFile(WeightFile all) {
    return new PartOfFile(all, this::towerName, true);
  }

  /** The language model's tensors, under the names that they would have on their own. */
  WeightFile textFile(WeightFile all) {
    return new PartOfFile(all, this::textName, false);
  }

  /** What {@link #names} calls a tensor of the files; null where it is not the tower's. */
  public String towerName(String name) {
    return renamed(towerPrefixes, name);
  }

  /** What a tensor of the files would be called on its own; null where it is the tower's. */
  public String textName(String name) {
    String own = renamed(textPrefixes, name);
    return towerName(name) != null ? null : own == null ? name : own;
  }

  /** {@code config.json} of the language model on its own. */
  public JsonObject textConfig() {
    return ((HuggingFaceConfig) text).json(); // other files have no tower among their tensors
  }

  /** By the longest prefix that fits; null where none does. */
  private static String renamed(Map<String, String> prefixes, String name) {
    return prefixes.entrySet().stream()
        .filter(e -> name.startsWith(e.getKey()))
        .max(Comparator.comparingInt(e -> e.getKey().length()))
        .map(e -> e.getValue() + name.substring(e.getKey().length()))
        .orElse(null);
  }
}
