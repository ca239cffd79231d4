// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import java.util.Optional;

/**
 * How numbers are stored: plain numbers, or blocks of quantised ones. The table is the one of the
 * GGUF specification (ggml's {@code ggml_type}); {@link #id} is the number that files hold.
 *
 * <p>A type is <em>runnable</em> where this build has its decoder; the others are listed so that a
 * file that holds one can be sized and named in an error.
 */
public enum DType {
  /** IEEE single precision. */
  F32(0, 1, 4, Products.FLOAT),
  /** IEEE half precision. */
  F16(1, 1, 2, Products.FLOAT),
  /** 4 bits, one scale. */
  Q4_0(2, 32, 18, Products.INTEGER),
  /** 4 bits, scale and minimum. */
  Q4_1(3, 32, 20, Products.INTEGER),
  /** 5 bits, one scale. */
  Q5_0(6, 32, 22, Products.INTEGER),
  /** 5 bits, scale and minimum. */
  Q5_1(7, 32, 24, Products.INTEGER),
  /** 8 bits, one scale. */
  Q8_0(8, 32, 34, Products.INTEGER),
  /** 8 bits, scale and sum; only ever made for activations. */
  Q8_1(9, 32, 36, Products.NONE),
  /** 2 bits, sub-blocks of 16. */
  Q2_K(10, 256, 84, Products.INTEGER),
  /** 3 bits, sub-blocks of 16. */
  Q3_K(11, 256, 110, Products.INTEGER),
  /** 4 bits, sub-blocks of 32. */
  Q4_K(12, 256, 144, Products.INTEGER),
  /** 5 bits, sub-blocks of 32. */
  Q5_K(13, 256, 176, Products.INTEGER),
  /** 6 bits, sub-blocks of 16. */
  Q6_K(14, 256, 210, Products.INTEGER),
  /** 8 bits with sums; only ever made for activations. */
  Q8_K(15, 256, 292, Products.NONE),
  /** Codebook, 2.06 bits. */
  IQ2_XXS(16, 256, 66, Products.FLOAT),
  /** Codebook, 2.31 bits. */
  IQ2_XS(17, 256, 74, Products.FLOAT),
  /** Codebook, 3.06 bits. */
  IQ3_XXS(18, 256, 98, Products.FLOAT),
  /** Codebook, 1.56 bits. */
  IQ1_S(19, 256, 50, Products.FLOAT),
  /** Non-linear 4 bits, one scale. */
  IQ4_NL(20, 32, 18, Products.INTEGER),
  /** Codebook, 3.44 bits. */
  IQ3_S(21, 256, 110, Products.FLOAT),
  /** Codebook, 2.56 bits. */
  IQ2_S(22, 256, 82, Products.FLOAT),
  /** Non-linear 4 bits, sub-blocks of 32. */
  IQ4_XS(23, 256, 136, Products.INTEGER),
  /** Signed bytes. */
  I8(24, 1, 1, Products.NONE),
  /** Signed 16-bit integers. */
  I16(25, 1, 2, Products.NONE),
  /** Signed 32-bit integers. */
  I32(26, 1, 4, Products.NONE),
  /** Signed 64-bit integers. */
  I64(27, 1, 8, Products.NONE),
  /** IEEE double precision. */
  F64(28, 1, 8, Products.NONE),
  /** Codebook, 1.75 bits. */
  IQ1_M(29, 256, 56, Products.FLOAT),
  /** The upper half of single precision. */
  BF16(30, 1, 2, Products.FLOAT),
  /** Ternary, 1.69 bits. */
  TQ1_0(34, 256, 54, Products.INTEGER),
  /** Ternary, 2.06 bits. */
  TQ2_0(35, 256, 66, Products.INTEGER),
  /** OCP microscaling, 4-bit floats. */
  MXFP4(39, 32, 17, Products.INTEGER),
  /** NVIDIA's 4-bit floats, a scale per 16. */
  NVFP4(40, 64, 36, Products.FLOAT);

  private static final DType[] BY_ID = new DType[41];

  static {
    for (DType type : values()) {
      BY_ID[type.id] = type;
    }
  }

  private final int id;
  private final int blockSize;
  private final int blockBytes;
  private final Products products;

  /** What products of weights of a type are made of. */
  private enum Products {
    NONE,
    FLOAT,
    INTEGER
  }

  DType(int id, int blockSize, int blockBytes, Products products) {
    this.id = id;
    this.blockSize = blockSize;
    this.blockBytes = blockBytes;
    this.products = products;
  }

  /** The number of this type in a GGUF file. */
  public int id() {
    return id;
  }

  /** Values per block; 1 for plain numbers. */
  public int blockSize() {
    return blockSize;
  }

  /** Bytes per block. */
  public int blockBytes() {
    return blockBytes;
  }

  /** Whether weights of this type can be computed with. */
  public boolean runnable() {
    return products != Products.NONE;
  }

  /**
   * Whether {@link Precision#FAST} products are of 8-bit integers, by the rule that {@link Linear}
   * states; else they are of decoded floats, as under {@link Precision#EXACT}.
   */
  public boolean integer() {
    return products == Products.INTEGER;
  }

  /** Whether values are stored one by one, without blocks. */
  public boolean plain() {
    return blockSize == 1;
  }

  /** Bytes of one row of {@code columns} values; a multiple of {@link #blockSize()}. */
  public long rowBytes(long columns) {
    if (columns % blockSize != 0) {
      throw new IllegalArgumentException(
          this + ": " + columns + " columns are no multiple of the block size " + blockSize);
    }
    return Math.multiplyExact(columns / blockSize, (long) blockBytes);
  }

  /** The type with that number in GGUF files, if there is one. */
  public static Optional<DType> ofId(int id) {
    return id >= 0 && id < BY_ID.length ? Optional.ofNullable(BY_ID[id]) : Optional.empty();
  }
}
