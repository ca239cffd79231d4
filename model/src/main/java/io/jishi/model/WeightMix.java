// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.tensor.DType;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Which matrix of a model is stored as what: one type for all, or one of the mixtures that
 * llama.cpp calls {@code Q3_K_M}, {@code Q4_K_M} and {@code Q5_K_M}.
 *
 * @param name in lower case
 * @param base the type of most matrices
 * @param mixed whether values, down projections and the output are stored better
 */
public record WeightMix(String name, DType base, boolean mixed) {
  private static final String MIXED = "_m";
  private static final List<DType> MIXABLE = List.of(DType.Q3_K, DType.Q4_K, DType.Q5_K);

  /**
   * A type or mixture by its name.
   *
   * @throws JishiException.BadRequest where there is none
   */
  public static WeightMix of(String name) {
    return all()
        .filter(mix -> mix.name.equals(name.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new JishiException.BadRequest(
                    "type",
                    "'" + name + "' is no weight type; types are " + String.join(", ", names())));
  }

  /** All names. */
  public static List<String> names() {
    return all().map(WeightMix::name).toList();
  }

  private static Stream<WeightMix> all() {
    return Stream.concat(
        Arrays.stream(DType.values())
            .filter(DType::runnable)
            .map(type -> new WeightMix(lower(type), type, false)),
        MIXABLE.stream().map(type -> new WeightMix(lower(type) + MIXED, type, true)));
  }

  private static String lower(DType type) {
    return type.name().toLowerCase(Locale.ROOT);
  }

  /**
   * The type of a matrix.
   *
   * @param cols values of a row
   * @throws JishiException.BadRequest where the rows are no whole number of blocks
   */
  DType type(TensorRole role, int layer, DecoderSpec spec, int cols) {
    DType wanted = mixed ? mixture(role, layer, spec) : base;
    if (mixed && cols % wanted.blockSize() != 0) {
      wanted = substitute(wanted);
    }
    if (cols % wanted.blockSize() != 0) {
      throw new JishiException.BadRequest(
          "type",
          name
              + ": rows of "
              + cols
              + " values cannot be stored in blocks of "
              + wanted.blockSize()
              + "; take a type with smaller blocks, such as q4_0 or q8_0");
    }
    return wanted;
  }

  /**
   * The type of a matrix in a file, or the nearest whose blocks fill its rows: one of smaller
   * blocks, F16 at last.
   *
   * @param layers of the model
   * @param tied whether the embedding is the output too
   * @param cols values of a row
   */
  public DType fitting(TensorRole role, int layer, int layers, boolean tied, long cols) {
    boolean table = role == TensorRole.EMBEDDING || role == TensorRole.OUTPUT;
    DType wanted =
        mixed
            ? mixture(role, layer, layers, tied)
            : base == DType.Q4_0 && table ? DType.Q8_0 : base; // tables suffer most
    if (cols % wanted.blockSize() != 0) {
      wanted = substitute(wanted);
    }
    return cols % wanted.blockSize() == 0 ? wanted : DType.F16;
  }

  /** The number that GGUF files say in {@code general.file_type}. */
  public int fileType() {
    return switch (base) {
      case F32 -> 0;
      case F16 -> 1;
      case Q4_0 -> 2;
      case Q4_1 -> 3;
      case Q8_0 -> 7;
      case Q5_0 -> 8;
      case Q5_1 -> 9;
      case Q2_K -> 10;
      case Q3_K -> mixed ? 12 : 11;
      case Q4_K -> mixed ? 15 : 14;
      case Q5_K -> mixed ? 17 : 16;
      case Q6_K -> 18;
      case IQ4_NL -> 25;
      case IQ4_XS -> 30;
      case BF16 -> 32;
      case TQ1_0 -> 36;
      case TQ2_0 -> 37;
      case MXFP4 -> 38;
      default ->
          throw new JishiException.BadRequest("type", "the type " + name + " cannot be written");
    };
  }

  private DType mixture(TensorRole role, int layer, DecoderSpec spec) {
    return mixture(role, layer, spec.layers().size(), spec.tiedOutput());
  }

  /** After llama.cpp's quantisation for models without experts. */
  private DType mixture(TensorRole role, int layer, int layers, boolean tied) {
    boolean three = base == DType.Q3_K;
    return switch (role) {
      case OUTPUT -> DType.Q6_K;
      case EMBEDDING -> tied ? DType.Q6_K : base;
      case VALUE -> three ? fiveOrFour(layer < 2) : better(layer, layers) ? DType.Q6_K : base;
      case DOWN ->
          three ? fiveOrFour(layer < layers / 16) : better(layer, layers) ? DType.Q6_K : base;
      case ATTENTION_OUTPUT -> three ? DType.Q4_K : base;
      default -> base;
    };
  }

  private static DType fiveOrFour(boolean five) {
    return five ? DType.Q5_K : DType.Q4_K;
  }

  /** The first and last eighth of the layers, and every third between. */
  private static boolean better(int layer, int layers) {
    int eighth = layers / 8;
    return layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2;
  }

  /** What llama.cpp takes for rows that are no multiple of 256 values. */
  private static DType substitute(DType type) {
    return switch (type) {
      case Q2_K, Q3_K, IQ4_XS, TQ1_0, TQ2_0 -> DType.IQ4_NL;
      case Q4_K -> DType.Q5_0;
      case Q5_K -> DType.Q5_1;
      case Q6_K -> DType.Q8_0;
      default -> type;
    };
  }
}
