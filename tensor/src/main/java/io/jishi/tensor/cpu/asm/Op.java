// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import static io.jishi.tensor.cpu.asm.Op.Form.BOTH;
import static io.jishi.tensor.cpu.asm.Op.Form.EVEX;
import static io.jishi.tensor.cpu.asm.Op.Form.VEX;
import static io.jishi.tensor.cpu.asm.Op.Tuple.FULL;
import static io.jishi.tensor.cpu.asm.Op.Tuple.HALF;
import static io.jishi.tensor.cpu.asm.Op.Tuple.M128;
import static io.jishi.tensor.cpu.asm.Op.Tuple.MEM;
import static io.jishi.tensor.cpu.asm.Op.Tuple.QUARTER;
import static io.jishi.tensor.cpu.asm.Op.Tuple.WORD;

/**
 * The vector instructions that kernels use, as the tables of Intel's and AMD's manuals give them:
 * mandatory prefix, opcode map, W, opcode, what VEX and EVEX allow, and the unit of a compressed
 * displacement.
 */
enum Op {
  VMOVUPS(0, 1, 0, 0x10, BOTH, MEM),
  VMOVUPS_STORE(0, 1, 0, 0x11, BOTH, MEM),
  VMOVDQU(2, 1, 0, 0x6F, BOTH, MEM),
  VMOVDQU_STORE(2, 1, 0, 0x7F, BOTH, MEM),
  VMOVD_LOAD(1, 1, 0, 0x6E, BOTH, WORD),
  VMOVD_STORE(1, 1, 0, 0x7E, BOTH, WORD),
  VMOVSS_LOAD(2, 1, 0, 0x10, BOTH, WORD),
  VMOVSS_STORE(2, 1, 0, 0x11, BOTH, WORD),
  VBROADCASTSS(1, 2, 0, 0x18, BOTH, WORD),
  VPBROADCASTD(1, 2, 0, 0x58, BOTH, WORD),
  VBROADCASTI128(1, 2, 0, 0x5A, BOTH, M128),

  VADDPS(0, 1, 0, 0x58, BOTH, FULL),
  VMULPS(0, 1, 0, 0x59, BOTH, FULL),
  VSUBPS(0, 1, 0, 0x5C, BOTH, FULL),
  VMINPS(0, 1, 0, 0x5D, BOTH, FULL),
  VDIVPS(0, 1, 0, 0x5E, BOTH, FULL),
  VMAXPS(0, 1, 0, 0x5F, BOTH, FULL),
  VSQRTPS(0, 1, 0, 0x51, BOTH, FULL),
  VFMADD231PS(1, 2, 0, 0xB8, BOTH, FULL),
  VFMADD213PS(1, 2, 0, 0xA8, BOTH, FULL),
  VFNMADD231PS(1, 2, 0, 0xBC, BOTH, FULL),
  VCMPPS(0, 1, 0, 0xC2, BOTH, FULL),
  VDIVSD(3, 1, 0, 0x5E, VEX, WORD),
  VSQRTSD(3, 1, 0, 0x51, VEX, WORD),
  VBLENDVPS(1, 3, 0, 0x4A, VEX, MEM),

  VCVTDQ2PS(0, 1, 0, 0x5B, BOTH, FULL),
  VCVTPS2DQ(1, 1, 0, 0x5B, BOTH, FULL),
  VCVTTPS2DQ(2, 1, 0, 0x5B, BOTH, FULL),
  VCVTSS2SD(2, 1, 0, 0x5A, VEX, WORD),
  VCVTSD2SS(3, 1, 0, 0x5A, VEX, WORD),
  VCVTPH2PS(1, 2, 0, 0x13, BOTH, HALF),
  VCVTPS2PH(1, 3, 0, 0x1D, BOTH, HALF),
  VCVTNE2PS2BF16(3, 2, 0, 0x72, EVEX, FULL),
  VCVTNEPS2BF16(2, 2, 0, 0x72, EVEX, FULL),
  VDPBF16PS(2, 2, 0, 0x52, EVEX, FULL),

  VPDPBUSD(1, 2, 0, 0x50, BOTH, FULL),
  VPDPWSSD(1, 2, 0, 0x52, BOTH, FULL),
  VPMADDUBSW(1, 2, 0, 0x04, BOTH, MEM),
  VPMADDWD(1, 1, 0, 0xF5, BOTH, MEM),
  VPADDD(1, 1, 0, 0xFE, BOTH, FULL),
  VPADDW(1, 1, 0, 0xFD, BOTH, MEM),
  VPADDB(1, 1, 0, 0xFC, BOTH, MEM),
  VPSUBD(1, 1, 0, 0xFA, BOTH, FULL),
  VPSUBB(1, 1, 0, 0xF8, BOTH, MEM),
  VPMULLD(1, 2, 0, 0x40, BOTH, FULL),
  VPMULLW(1, 1, 0, 0xD5, BOTH, MEM),
  VPMULHUW(1, 1, 0, 0xE4, BOTH, MEM),
  VPMAXSD(1, 2, 0, 0x3D, BOTH, FULL),
  VPMINSD(1, 2, 0, 0x39, BOTH, FULL),
  VPABSB(1, 2, 0, 0x1C, BOTH, MEM),
  VPSIGNB(1, 2, 0, 0x08, VEX, MEM),
  VPAND(1, 1, 0, 0xDB, BOTH, FULL),
  VPANDN(1, 1, 0, 0xDF, BOTH, FULL),
  VPOR(1, 1, 0, 0xEB, BOTH, FULL),
  VPXOR(1, 1, 0, 0xEF, BOTH, FULL),
  VPTERNLOGD(1, 3, 0, 0x25, EVEX, FULL),
  VPSRLD(1, 1, 0, 0x72, 2, BOTH, FULL),
  VPSRAD(1, 1, 0, 0x72, 4, BOTH, FULL),
  VPSLLD(1, 1, 0, 0x72, 6, BOTH, FULL),
  VPSRLW(1, 1, 0, 0x71, 2, BOTH, MEM),

  VPSHUFB(1, 2, 0, 0x00, BOTH, MEM),
  VPSHUFD(1, 1, 0, 0x70, BOTH, FULL),
  VPERMD(1, 2, 0, 0x36, BOTH, FULL),
  VPERMW(1, 2, 1, 0x8D, EVEX, MEM),
  VPACKSSDW(1, 1, 0, 0x6B, BOTH, FULL),
  VPACKUSDW(1, 2, 0, 0x2B, BOTH, FULL),
  VPACKSSWB(1, 1, 0, 0x63, BOTH, MEM),
  VPACKUSWB(1, 1, 0, 0x67, BOTH, MEM),
  VPMOVSXBD(1, 2, 0, 0x21, BOTH, QUARTER),
  VPMOVZXBD(1, 2, 0, 0x31, BOTH, QUARTER),
  VPMOVZXWD(1, 2, 0, 0x33, BOTH, HALF),
  VPMOVSDB(2, 2, 0, 0x21, EVEX, QUARTER),
  VPMOVDB(2, 2, 0, 0x31, EVEX, QUARTER),
  VPMOVDW(2, 2, 0, 0x33, EVEX, HALF),
  VPERM2F128(1, 3, 0, 0x06, VEX, MEM),
  VEXTRACTF128(1, 3, 0, 0x19, BOTH, M128),
  VEXTRACTF64X4(1, 3, 1, 0x1B, EVEX, HALF),
  VEXTRACTF32X4(1, 3, 0, 0x19, EVEX, M128),
  VPEXTRW(1, 3, 0, 0x15, VEX, WORD),
  VEXTRACTPS(1, 3, 0, 0x17, VEX, WORD),
  VSHUFPS(0, 1, 0, 0xC6, BOTH, FULL),
  VUNPCKLPS(0, 1, 0, 0x14, BOTH, FULL),
  VUNPCKHPS(0, 1, 0, 0x15, BOTH, FULL),
  VPGATHERDD(1, 2, 0, 0x90, BOTH, WORD);

  /** Which prefixes an instruction has. */
  enum Form {
    VEX,
    EVEX,
    BOTH
  }

  /** The unit of a compressed displacement; only {@link #FULL} may broadcast. */
  enum Tuple {
    FULL,
    MEM,
    HALF,
    QUARTER,
    WORD,
    M128;

    /** Bytes that one step of a compressed displacement covers. */
    int unit(int vectorBytes, boolean broadcast) {
      return switch (this) {
        case FULL -> broadcast ? 4 : vectorBytes;
        case MEM -> vectorBytes;
        case HALF -> vectorBytes / 2;
        case QUARTER -> vectorBytes / 4;
        case WORD -> 4;
        case M128 -> 16;
      };
    }
  }

  /** 0 none, 1 66, 2 F3, 3 F2. */
  final int prefix;

  /** 1 0F, 2 0F38, 3 0F3A. */
  final int map;

  final int w;
  final int opcode;

  /** The reg field where it extends the opcode, else −1. */
  final int digit;

  final Form form;
  final Tuple tuple;

  Op(int prefix, int map, int w, int opcode, Form form, Tuple tuple) {
    this(prefix, map, w, opcode, -1, form, tuple);
  }

  Op(int prefix, int map, int w, int opcode, int digit, Form form, Tuple tuple) {
    this.prefix = prefix;
    this.map = map;
    this.w = w;
    this.opcode = opcode;
    this.digit = digit;
    this.form = form;
    this.tuple = tuple;
  }
}
