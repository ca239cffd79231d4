// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import static io.jishi.tensor.cpu.asm.Gp.R12;
import static io.jishi.tensor.cpu.asm.Gp.R13;
import static io.jishi.tensor.cpu.asm.Gp.R9;
import static io.jishi.tensor.cpu.asm.Gp.RAX;
import static io.jishi.tensor.cpu.asm.Gp.RBP;
import static io.jishi.tensor.cpu.asm.Gp.RCX;
import static io.jishi.tensor.cpu.asm.Gp.RSP;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;

/** Every instruction in all its forms, with the text that a reference assembler takes. */
final class EncodingCases {
  record Case(String text, String hex) {}

  private static final Set<Op> STORES =
      Set.of(
          Op.VMOVUPS_STORE,
          Op.VMOVDQU_STORE,
          Op.VMOVD_STORE,
          Op.VMOVSS_STORE,
          Op.VPMOVSDB,
          Op.VPMOVDB,
          Op.VPMOVDW);
  private static final Set<Op> LOADS =
      Set.of(
          Op.VMOVUPS,
          Op.VMOVDQU,
          Op.VMOVD_LOAD,
          Op.VMOVSS_LOAD,
          Op.VBROADCASTSS,
          Op.VPBROADCASTD,
          Op.VBROADCASTI128,
          Op.VSQRTPS,
          Op.VCVTDQ2PS,
          Op.VCVTPS2DQ,
          Op.VCVTTPS2DQ,
          Op.VCVTPH2PS,
          Op.VPABSB,
          Op.VPMOVSXBD,
          Op.VPMOVZXBD,
          Op.VPMOVZXWD);
  private static final Set<Op> ELSEWHERE =
      Set.of(
          Op.VPGATHERDD,
          Op.VCMPPS,
          Op.VBLENDVPS,
          Op.VDIVSD,
          Op.VSQRTSD,
          Op.VCVTSS2SD,
          Op.VCVTSD2SS,
          Op.VPEXTRW,
          Op.VEXTRACTPS);
  private static final Set<Op> IMMEDIATE = Set.of(Op.VPTERNLOGD, Op.VPERM2F128, Op.VSHUFPS);
  private static final Mem[] PLACES = {
    Mem.at(RAX),
    Mem.at(RBP),
    Mem.at(RSP, 64),
    Mem.at(R12, 192),
    Mem.at(R13, RCX, 4, -128),
    Mem.at(R9, R12, 8, 4096),
    Mem.at(RCX, 20)
  };

  private final List<Case> cases = new ArrayList<>();
  private int next;

  static List<Case> all() {
    EncodingCases all = new EncodingCases();
    for (Op op : Op.values()) {
      all.vector(op);
    }
    all.special();
    all.tiles();
    all.general();
    return all.cases;
  }

  private void vector(Op op) {
    boolean scalar = op.tuple == Op.Tuple.WORD && op != Op.VBROADCASTSS && op != Op.VPBROADCASTD;
    if (ELSEWHERE.contains(op) || narrowing(op)) {
      return;
    }
    for (int bytes : new int[] {16, 32, 64}) {
      boolean vex = op.form != Op.Form.EVEX && bytes < 64;
      boolean evex = op.form != Op.Form.VEX;
      if (scalar && bytes > 16
          || op == Op.VBROADCASTI128 && bytes != 32
          || op == Op.VPERMD && bytes == 16
          || op == Op.VPERM2F128 && bytes == 16
          || bytes == 64 && !evex) {
        continue;
      }
      int[][] registers =
          evex && !vex
              ? new int[][] {{1, 2, 3}, {17, 30, 25}, {9, 14, 31}}
              : new int[][] {{1, 2, 3}, {9, 14, 12}};
      for (int[] r : registers) {
        if (op != Op.VBROADCASTI128 && !scalar && !STORES.contains(op)) {
          form(op, new Vec(r[0], bytes), new Vec(r[1], bytes), source(op, r[2], bytes));
        }
        if (op.digit < 0) {
          Mem place = PLACES[next++ % PLACES.length]; // each place meets a share of the forms
          form(op, new Vec(r[0], bytes), new Vec(r[1], bytes), place);
        }
      }
      if (evex && bytes == 64 && op.tuple == Op.Tuple.FULL && op.digit < 0) {
        form(op, Vec.zmm(21), Vec.zmm(22), Mem.at(RAX, 512).toAll());
        form(op, Vec.zmm(5), Vec.zmm(6), Mem.at(R13, RCX, 4, 508).toAll());
      }
    }
  }

  private static boolean narrowing(Op op) {
    return switch (op) {
      case VPMOVSDB,
          VPMOVDB,
          VPMOVDW,
          VCVTPS2PH,
          VEXTRACTF128,
          VEXTRACTF32X4,
          VEXTRACTF64X4,
          VCVTNEPS2BF16 ->
          true;
      default -> false;
    };
  }

  private static Vec source(Op op, int number, int bytes) {
    return new Vec(
        number,
        switch (op) {
          case VCVTPH2PS, VPMOVZXWD -> Math.max(16, bytes / 2);
          case VPMOVSXBD, VPMOVZXBD -> Math.max(16, bytes / 4);
          case VBROADCASTSS, VPBROADCASTD -> 16;
          default -> bytes;
        });
  }

  private void form(Op op, Vec a, Vec b, Operand rm) {
    String size = size(op, a.bytes(), rm);
    if (STORES.contains(op)) {
      add(op, size + text(rm) + "," + text(a), asm -> asm.op(op, a, rm));
    } else if (LOADS.contains(op)) {
      add(op, text(a) + "," + size + text(rm), asm -> asm.op(op, a, rm));
    } else if (op.digit >= 0) {
      add(op, text(a) + "," + text(rm) + ",7", asm -> asm.op(op, a, rm, 7));
    } else if (op == Op.VPSHUFD) {
      add(op, text(a) + "," + size + text(rm) + ",27", asm -> asm.op(op, a, rm, 27));
    } else if (IMMEDIATE.contains(op)) {
      String text = text(a) + "," + text(b) + "," + size + text(rm) + ",33";
      add(op, text, asm -> asm.op(op, a, b, rm, 33));
    } else {
      String text = text(a) + "," + text(b) + "," + size + text(rm);
      add(op, text, asm -> asm.op(op, a, b, rm));
    }
  }

  private void special() {
    Mem m = Mem.at(R9, 96);
    Vec y = Vec.ymm(3);
    Vec z = Vec.zmm(29);
    add("vpmovdw [r9+96],zmm29", a -> a.op(Op.VPMOVDW, z, m));
    add("vpmovdw ymm3,zmm29", a -> a.op(Op.VPMOVDW, z, y));
    add("vpmovdb [r9+96],zmm29", a -> a.op(Op.VPMOVDB, z, m));
    add("vpmovsdb xmm3,zmm29", a -> a.op(Op.VPMOVSDB, z, Vec.xmm(3)));
    add("vpmovsdb [r9+96],zmm29", a -> a.op(Op.VPMOVSDB, z, m));
    add("vcvtps2ph [r9+96],zmm29,0", a -> a.op(Op.VCVTPS2PH, z, m, 0));
    add("vcvtps2ph [r9+96],ymm3,0", a -> a.op(Op.VCVTPS2PH, y, m, 0));
    add("vcvtps2ph xmm4,ymm3,0", a -> a.op(Op.VCVTPS2PH, y, Vec.xmm(4), 0));
    add("vcvtneps2bf16 xmm12,ymm3", a -> a.op(Op.VCVTNEPS2BF16, Vec.xmm(12), y));
    add("vcvtneps2bf16 ymm3,zmm29", a -> a.op(Op.VCVTNEPS2BF16, y, z));
    add("vextractf128 xmm1,ymm3,1", a -> a.op(Op.VEXTRACTF128, y, Vec.xmm(1), 1));
    add("vextractf64x4 ymm3,zmm29,1", a -> a.op(Op.VEXTRACTF64X4, z, y, 1));
    add("vextractf32x4 xmm1,zmm29,3", a -> a.op(Op.VEXTRACTF32X4, z, Vec.xmm(1), 3));
    add("vextractf32x4 [r9+96],zmm29,2", a -> a.op(Op.VEXTRACTF32X4, z, m, 2));
    add("vblendvps ymm1,ymm3,ymm5,ymm9", a -> a.op(Op.VBLENDVPS, Vec.ymm(1), y, Vec.ymm(5), 0x90));
    add("vcmpps k2,zmm29,[r9+96],5", a -> a.compare(Op.VCMPPS, 2, z, m, 5));
    add("vcmpps ymm1,ymm3,ymm12,3", a -> a.op(Op.VCMPPS, Vec.ymm(1), y, Vec.ymm(12), 3));
    add(
        "vpgatherdd zmm29{k1},[r9+zmm7*1+6]",
        a -> a.gather(z, 1, Mem.gather(R9, Vec.zmm(7), 1, 6)));
    add(
        "vpgatherdd zmm9{k3},[rax+zmm30*4+400]",
        a -> a.gather(Vec.zmm(9), 3, Mem.gather(RAX, Vec.zmm(30), 4, 400)));
    add(
        "vpgatherdd ymm3,[r9+ymm12*1+6],ymm2",
        a -> a.gather(y, Vec.ymm(2), Mem.gather(R9, Vec.ymm(12), 1, 6)));
    add("vmovups zmm29{k1}{z},[r9+96]", a -> a.op(Op.VMOVUPS, Mask.zero(1), z, m));
    add("vmovups [r9+96]{k1},zmm29", a -> a.op(Op.VMOVUPS_STORE, Mask.keep(1), z, m));
    add(
        "vaddps zmm1{k7},zmm29,zmm5",
        a -> a.op(Op.VADDPS, Mask.keep(7), Vec.zmm(1), z, Vec.zmm(5)));
    add("kmovw k1,eax", a -> a.kmovw(1, RAX));
    add("kmovw k5,r12d", a -> a.kmovw(5, R12));
    add("vzeroupper", Assembler::vzeroupper);
    doubles();
    Vec x1 = Vec.ymm(1);
    cases.add(
        new Case(
            "{evex} vpdpbusd ymm1,ymm1,ymm3",
            hex(new Assembler(true), a -> a.op(Op.VPDPBUSD, x1, x1, y))));
  }

  private void tiles() {
    Mem near = Mem.at(RAX, RCX, 1, 0);
    Mem far = Mem.at(R12, R9, 1, 1024);
    add("ldtilecfg [r9+96]", a -> a.tileShapes(Mem.at(R9, 96)));
    add("ldtilecfg [rax]", a -> a.tileShapes(Mem.at(RAX)));
    add("tilerelease", Assembler::tileRelease);
    add("tilezero tmm5", a -> a.tileZero(5));
    add("tileloadd tmm0,[rax+rcx*1]", a -> a.tileLoad(0, near));
    add("tileloadd tmm7,[r12+r9*1+1024]", a -> a.tileLoad(7, far));
    add("tilestored [rax+rcx*1],tmm2", a -> a.tileStore(near, 2));
    add("tilestored [r12+r9*1+1024],tmm3", a -> a.tileStore(far, 3));
    add("tdpbf16ps tmm1,tmm4,tmm7", a -> a.tileProduct(1, 4, 7));
    add("tdpbf16ps tmm3,tmm6,tmm0", a -> a.tileProduct(3, 6, 0));
    add("tdpbsud tmm1,tmm4,tmm7", a -> a.tileBytesProduct(1, 4, 7));
  }

  private void doubles() {
    Vec a = Vec.xmm(1);
    Vec b = Vec.xmm(9);
    Vec c = Vec.xmm(12);
    for (Op op : new Op[] {Op.VDIVSD, Op.VSQRTSD, Op.VCVTSS2SD, Op.VCVTSD2SS}) {
      add(op, text(a) + "," + text(b) + "," + text(c), asm -> asm.op(op, a, b, c));
      add(op, text(b) + "," + text(c) + "," + text(a), asm -> asm.op(op, b, c, a));
    }
    Mem m = Mem.at(RCX, 384);
    add("vpextrw WORD PTR [rcx+384],xmm9,7", asm -> asm.op(Op.VPEXTRW, b, m, 7));
    add("vpextrw WORD PTR [r12+192],xmm1,0", asm -> asm.op(Op.VPEXTRW, a, Mem.at(R12, 192), 0));
    add("vextractps DWORD PTR [rcx+384],xmm9,3", asm -> asm.op(Op.VEXTRACTPS, b, m, 3));
  }

  private void general() {
    for (Gp to : new Gp[] {RAX, RCX, RSP, RBP, R9, R12, R13}) {
      String t = text(to);
      for (Gp from : new Gp[] {RAX, RBP, R13}) {
        String f = text(from);
        add("mov " + t + "," + f, a -> a.mov(to, from));
        add("add " + t + "," + f, a -> a.add(to, from));
        add("sub " + t + "," + f, a -> a.sub(to, from));
        add("cmp " + t + "," + f, a -> a.cmp(to, from));
        add("imul " + t + "," + f, a -> a.imul(to, from));
      }
      for (int value : new int[] {1, -128, 128, 1 << 20}) {
        add("add " + t + "," + value, a -> a.add(to, value));
        add("sub " + t + "," + value, a -> a.sub(to, value));
        add("cmp " + t + "," + value, a -> a.cmp(to, value));
      }
      add("mov " + t + ",-5", a -> a.mov(to, -5));
      add("shl " + t + ",3", a -> a.shl(to, 3));
      add("push " + t, a -> a.push(to));
      add("pop " + t, a -> a.pop(to));
      for (Mem place : PLACES) {
        String p = text(place);
        add("mov " + t + ",QWORD PTR " + p, a -> a.load(to, place));
        add("mov QWORD PTR " + p + "," + t, a -> a.store(place, to));
        add("lea " + t + "," + p, a -> a.lea(to, place));
      }
    }
    for (Mem place : PLACES) {
      add("prefetcht1 " + text(place), a -> a.prefetch(place));
      add("mov DWORD PTR " + text(place) + ",r9d", a -> a.store32(place, R9));
    }
    add("cpuid", Assembler::cpuid);
    add("xgetbv", Assembler::xgetbv);
    add("ret", Assembler::ret);
  }

  private void add(Op op, String operands, Consumer<Assembler> code) {
    String name = op.name().toLowerCase(Locale.ROOT).replace("_store", "").replace("_load", "");
    boolean wide = operands.contains("zmm");
    for (int r = 16; r < 32; r++) {
      wide |= operands.contains("xmm" + r) || operands.contains("ymm" + r);
    }
    boolean evex = wide || op.form == Op.Form.EVEX;
    if (name.equals("vmovdqu") && evex) {
      name = "vmovdqu32";
    }
    if (evex && Set.of("vpand", "vpandn", "vpor", "vpxor").contains(name)) {
      name += "d";
    }
    String vex = op == Op.VPDPBUSD || op == Op.VPDPWSSD ? "{vex} " : "";
    add((evex ? "" : vex) + name + " " + operands, code);
  }

  private void add(String text, Consumer<Assembler> code) {
    cases.add(new Case(text, hex(new Assembler(), code)));
  }

  private static String hex(Assembler assembler, Consumer<Assembler> code) {
    code.accept(assembler);
    return HexFormat.of().formatHex(assembler.toBytes());
  }

  private static String size(Op op, int bytes, Operand rm) {
    if (!(rm instanceof Mem m) || m.broadcast()) {
      return "";
    }
    return switch (op.tuple.unit(bytes, false)) {
      case 4 -> "DWORD PTR ";
      case 8 -> "QWORD PTR ";
      case 16 -> "XMMWORD PTR ";
      case 32 -> "YMMWORD PTR ";
      default -> "ZMMWORD PTR ";
    };
  }

  private static String text(Gp register) {
    return register.name().toLowerCase(Locale.ROOT);
  }

  private static String text(Operand operand) {
    return switch (operand) {
      case Vec v -> (v.bytes() == 16 ? "xmm" : v.bytes() == 32 ? "ymm" : "zmm") + v.number();
      case Mem m -> {
        String index = m.index() == null ? "" : "+" + text(m.index()) + "*" + m.scale();
        String place = "[" + text(m.base()) + index + (m.disp() < 0 ? "" : "+") + m.disp() + "]";
        yield m.broadcast() ? "DWORD PTR " + place + "{1to16}" : place;
      }
    };
  }
}
