// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;
import java.util.Optional;

/**
 * The border to the system: executable memory and advice on pages. POSIX systems have {@code mmap},
 * Windows has {@code VirtualAlloc}; only Linux is tested.
 */
@SuppressWarnings("restricted")
final class Native {
  static final boolean WINDOWS = os().startsWith("windows");
  static final boolean LINUX = os().startsWith("linux");
  private static final boolean MAC = os().startsWith("mac");

  private static final Linker LINKER = Linker.nativeLinker();

  /** A kernel: one pointer in, nothing out. A plain downcall, never a critical one. */
  static final MethodHandle CALL =
      LINKER.downcallHandle(FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));

  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

  private static final int READ_WRITE = 3;
  private static final int READ_EXECUTE = 5;
  private static final int PRIVATE_ANONYMOUS = MAC ? 0x1002 : 0x22;

  private static final int WINDOWS_COMMIT_RESERVE = 0x3000;
  private static final int WINDOWS_READ_WRITE = 4;
  private static final int WINDOWS_READ_EXECUTE = 0x20;

  private static final long HUGE_PAGE = 2L << 20;
  private static final int ADVICE_DONT_NEED = 4;
  private static final int ADVICE_HUGE_PAGE = 14;

  /**
   * {@code arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA)}, a call that libc has no name for.
   */
  private static final long ARCH_PRCTL = 158;

  private static final long REQUEST_STATE = 0x1023;
  private static final long TILE_DATA = 18;

  private Native() {}

  private static String os() {
    return System.getProperty("os.name").toLowerCase(Locale.ROOT);
  }

  /**
   * Executable memory with this code in it, for the life of the process: written first, executable
   * then, never both.
   *
   * @throws NativeFailure where the system refuses
   */
  static MemorySegment load(byte[] code) throws NativeFailure {
    try {
      long size = (code.length + 4095L) & ~4095L;
      long address = WINDOWS ? windowsAllocate(size) : posixMap(size);
      MemorySegment memory = MemorySegment.ofAddress(address).reinterpret(size);
      MemorySegment.copy(code, 0, memory, ValueLayout.JAVA_BYTE, 0, code.length);
      protect(address, size);
      return memory.asReadOnly();
    } catch (NativeFailure e) {
      throw e;
    } catch (Throwable t) {
      throw new NativeFailure("no executable memory: " + t, t);
    }
  }

  private static long posixMap(long size) throws Throwable {
    MethodHandle mmap =
        handle("mmap", FunctionDescriptor.of(LONG, LONG, LONG, INT, INT, INT, LONG));
    long at = (long) mmap.invokeExact(0L, size, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0L);
    if (at == -1) {
      throw new NativeFailure("mmap of " + size + " bytes failed", null);
    }
    return at;
  }

  private static long windowsAllocate(long size) throws Throwable {
    MethodHandle allocate =
        kernel32("VirtualAlloc", FunctionDescriptor.of(LONG, LONG, LONG, INT, INT));
    long at = (long) allocate.invokeExact(0L, size, WINDOWS_COMMIT_RESERVE, WINDOWS_READ_WRITE);
    if (at == 0) {
      throw new NativeFailure("VirtualAlloc of " + size + " bytes failed", null);
    }
    return at;
  }

  private static void protect(long address, long size) throws Throwable {
    boolean done;
    if (WINDOWS) {
      MethodHandle protect =
          kernel32("VirtualProtect", FunctionDescriptor.of(INT, LONG, LONG, INT, LONG));
      try (Arena arena = Arena.ofConfined()) {
        long old = arena.allocate(INT).address();
        done = (int) protect.invokeExact(address, size, WINDOWS_READ_EXECUTE, old) != 0;
      }
    } else {
      MethodHandle protect = handle("mprotect", FunctionDescriptor.of(INT, LONG, LONG, INT));
      done = (int) protect.invokeExact(address, size, READ_EXECUTE) == 0;
    }
    if (!done) {
      throw new NativeFailure("the system refuses to make memory executable", null);
    }
  }

  /**
   * Zeroed memory that starts at a huge page and asks for huge pages, until {@code arena} is
   * closed; none where the system does not know them. What does not fill a huge page at its end
   * stays on small ones, so nothing is wasted.
   */
  static Optional<MemorySegment> hugePages(long bytes, Arena arena) {
    if (!LINUX || bytes < HUGE_PAGE) {
      return Optional.empty();
    }
    try {
      long size = (bytes + 4095) & ~4095L;
      long at = posixMap(size + HUGE_PAGE);
      long from = at + HUGE_PAGE - 1 & -HUGE_PAGE;
      unmap(at, from - at);
      unmap(from + size, at + HUGE_PAGE - from);
      MemorySegment memory =
          MemorySegment.ofAddress(from).reinterpret(size, arena, s -> unmap(from, size));
      advise(memory, ADVICE_HUGE_PAGE);
      return Optional.of(memory.asSlice(0, bytes));
    } catch (Throwable t) {
      return Optional.empty(); // the ordinary allocator says what is wrong, if anything is
    }
  }

  private static void unmap(long address, long size) {
    if (size > 0) {
      try {
        MethodHandle munmap = handle("munmap", FunctionDescriptor.of(INT, LONG, LONG));
        int ignored = (int) munmap.invokeExact(address, size);
      } catch (Throwable t) {
        throw new IllegalStateException("munmap", t);
      }
    }
  }

  /**
   * Asks for tile registers, which Linux gives a process only when asked since they make its saved
   * state large; other systems are not asked.
   */
  static boolean allowTiles() {
    if (!LINUX) {
      return false;
    }
    try {
      MethodHandle syscall =
          LINKER.downcallHandle(
              LINKER.defaultLookup().find("syscall").orElseThrow(),
              FunctionDescriptor.of(LONG, LONG, LONG, LONG),
              Linker.Option.firstVariadicArg(1));
      return (long) syscall.invokeExact(ARCH_PRCTL, REQUEST_STATE, TILE_DATA) == 0;
    } catch (Throwable t) {
      return false; // the level below does without
    }
  }

  /** Lets go of the resident pages of a mapped file: they come back from it when read. */
  static boolean releasePages(MemorySegment memory) {
    return advise(memory, ADVICE_DONT_NEED);
  }

  /** Advice on the whole pages inside of {@code memory}. */
  private static boolean advise(MemorySegment memory, int advice) {
    if (!LINUX) {
      return false;
    }
    long from = memory.address() + 4095 & ~4095L;
    long to = memory.address() + memory.byteSize() & ~4095L;
    if (to <= from) {
      return false;
    }
    try {
      MethodHandle madvise = handle("madvise", FunctionDescriptor.of(INT, LONG, LONG, INT));
      return (int) madvise.invokeExact(from, to - from, advice) == 0;
    } catch (Throwable t) {
      return false; // advice only
    }
  }

  private static MethodHandle handle(String name, FunctionDescriptor type) {
    return LINKER.downcallHandle(LINKER.defaultLookup().find(name).orElseThrow(), type);
  }

  private static MethodHandle kernel32(String name, FunctionDescriptor type) {
    SymbolLookup lookup = SymbolLookup.libraryLookup("kernel32", Arena.global());
    return LINKER.downcallHandle(lookup.find(name).orElseThrow(), type);
  }
}
