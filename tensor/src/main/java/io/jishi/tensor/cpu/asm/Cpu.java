// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * What this processor and its system can do, as {@code cpuid} and {@code xgetbv} say: read once, by
 * emitted code.
 */
public final class Cpu {
  private static final int YMM_STATE = 0x06;
  private static final int ZMM_STATE = 0xE6;
  private static final int TILE_STATE = 3 << 17;

  /** AMX-BF16, AMX-TILE, AMX-INT8. */
  private static final int TILES = 1 << 22 | 1 << 24 | 1 << 25;

  private static final Cpu THIS = detect();

  private final Set<Level> levels = EnumSet.of(Level.SCALAR);
  private String reason = "";
  private boolean vexDots;

  private Cpu() {}

  /** Levels that run here. */
  public static Set<Level> levels() {
    return THIS.levels;
  }

  /** The fastest of them. */
  public static Level best() {
    return THIS.levels.stream().max(Level::compareTo).orElseThrow();
  }

  /** Why there is nothing but {@link Level#SCALAR}; empty where there is more. */
  public static String reason() {
    return THIS.reason;
  }

  /** Whether {@code vpdpbusd} exists without AVX-512's prefix. */
  static boolean hasVexDots() {
    return THIS == null || THIS.vexDots; // null: the code that detects it has no dots
  }

  private static Cpu detect() {
    Cpu cpu = new Cpu();
    String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    if (!Set.of("amd64", "x86_64").contains(arch)) {
      cpu.reason = "kernels are written for x86-64, this is " + arch;
      return cpu;
    }
    try (Arena arena = Arena.ofConfined()) {
      cpu.read(new Leaves(arena));
    } catch (NativeFailure | RuntimeException | LinkageError e) {
      cpu.reason = "no native access: " + cause(e);
    }
    return cpu;
  }

  private static String cause(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.getMessage();
  }

  private void read(Leaves leaves) {
    int[] basic = leaves.cpuid(1, 0);
    boolean saved = (basic[2] >>> 27 & 1) == 1;
    int state = saved ? leaves.xgetbv() : 0;
    boolean fma = (basic[2] >>> 12 & 1) == 1;
    boolean half = (basic[2] >>> 29 & 1) == 1;
    int[] more = leaves.cpuid(0, 0)[0] >= 7 ? leaves.cpuid(7, 0) : new int[4];
    int[] last = more[0] >= 1 ? leaves.cpuid(7, 1) : new int[4];
    boolean avx2 = fma && half && (more[1] >>> 5 & 1) == 1 && (state & YMM_STATE) == YMM_STATE;
    int wanted = 1 << 16 | 1 << 17 | 1 << 30 | 1 << 31; // F, DQ, BW, VL
    boolean avx512 = avx2 && (more[1] & wanted) == wanted && (state & ZMM_STATE) == ZMM_STATE;
    boolean vnni = avx512 && (more[2] >>> 11 & 1) == 1;
    vexDots = avx2 && (last[0] >>> 4 & 1) == 1;
    add(Level.AVX2, avx2);
    add(Level.AVX2_VNNI, avx2 && (vexDots || vnni));
    add(Level.AVX512, avx512);
    add(Level.AVX512_VNNI, vnni);
    boolean bf16 = vnni && (last[0] >>> 5 & 1) == 1;
    add(Level.AVX512_VNNI_BF16, bf16);
    boolean tiles = bf16 && (more[3] & TILES) == TILES && (state & TILE_STATE) == TILE_STATE;
    add(Level.AVX512_AMX, tiles && Native.allowTiles());
    if (levels.size() == 1) {
      reason = "this processor has no AVX2 with FMA";
    }
  }

  private void add(Level level, boolean there) {
    if (there) {
      levels.add(level);
    }
  }

  /** Runs the two instructions. */
  private static final class Leaves {
    private final MemorySegment arguments;
    private final Kernel cpuid = Kernel.of("cpuid", code(false));
    private final Kernel xgetbv = Kernel.of("xgetbv", code(true));

    Leaves(Arena arena) throws NativeFailure {
      arguments = arena.allocate(32, 8);
    }

    int[] cpuid(int leaf, int subleaf) {
      run(cpuid, leaf, subleaf);
      int[] out = new int[4];
      for (int i = 0; i < 4; i++) {
        out[i] = arguments.getAtIndex(ValueLayout.JAVA_INT, 2 * i);
      }
      return out;
    }

    int xgetbv() {
      run(xgetbv, 0, 0);
      return arguments.getAtIndex(ValueLayout.JAVA_INT, 0);
    }

    private void run(Kernel kernel, int first, int second) {
      arguments.setAtIndex(ValueLayout.JAVA_LONG, 0, first);
      arguments.setAtIndex(ValueLayout.JAVA_LONG, 1, second);
      kernel.call(arguments);
    }

    /** In and out: eax, ebx, ecx, edx (in: eax, ecx), 8 bytes each. */
    private static byte[] code(boolean state) {
      Assembler asm = new Assembler();
      Gp arguments = Gp.R8;
      asm.mov(arguments, Native.WINDOWS ? Gp.RCX : Gp.RDI);
      asm.push(Gp.RBX);
      asm.load(Gp.RAX, Mem.at(arguments, 0));
      asm.load(Gp.RCX, Mem.at(arguments, 8));
      if (state) {
        asm.xgetbv();
      } else {
        asm.cpuid();
      }
      asm.store(Mem.at(arguments, 0), Gp.RAX);
      asm.store(Mem.at(arguments, 8), Gp.RBX);
      asm.store(Mem.at(arguments, 16), Gp.RCX);
      asm.store(Mem.at(arguments, 24), Gp.RDX);
      asm.pop(Gp.RBX);
      asm.ret();
      return asm.toBytes();
    }
  }
}
