// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.mpi;

import io.jishi.base.JishiException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The processes that {@code mpirun} started, through the C interface of Open MPI or MPICH. All
 * calls come from one thread. A process that fails must not close this but end with an exit code:
 * then {@code mpirun} ends the others, which wait for it.
 */
@SuppressWarnings("restricted") // the C interface is all that MPI has
public final class Mpi implements World {
  /** Sums go over in parts of so many floats. */
  private static final long BUCKET = 4 << 20;

  private static final List<String> LIBRARIES =
      List.of("libmpi.so", "libmpi.so.40", "libmpich.so", "libmpi.so.12", "libmpi.dylib");

  /** Set for its children by the launcher of Open MPI, of MPICH, and by Slurm's for either. */
  private static final List<String> SIZES = List.of("OMPI_COMM_WORLD_SIZE", "PMI_SIZE");

  private static final int LAZY_AND_GLOBAL = 0x101; // of dlopen on Linux: plugins see the library

  private final Handles handles;
  private final int rank;
  private final int size;
  private final MemorySegment scalar = Arena.ofAuto().allocate(ValueLayout.JAVA_DOUBLE);

  /** What an implementation calls its constants, as arguments of calls. */
  private record Handles(
      Object world,
      Object floats,
      Object doubles,
      Object sum,
      MemorySegment inPlace,
      MethodHandle allReduce,
      MethodHandle barrier,
      MethodHandle finish) {}

  private Mpi(Handles handles, int rank, int size) {
    this.handles = handles;
    this.rank = rank;
    this.size = size;
  }

  /** Whether this process was started by an MPI launcher, with others beside it. */
  public static boolean started(Map<String, String> environment) {
    return SIZES.stream().anyMatch(name -> !environment.getOrDefault(name, "1").equals("1"));
  }

  /**
   * Joins the others.
   *
   * @throws JishiException.Unsupported where no MPI is installed, or the process was started alone
   */
  public static World connect(Map<String, String> environment) {
    if (SIZES.stream().noneMatch(environment::containsKey)) {
      throw new JishiException.Unsupported(
          "training in several processes is started by MPI: mpirun -n 4 jishi train …; if there is"
              + " no mpirun, install Open MPI (Debian and Ubuntu: openmpi-bin, Fedora: openmpi,"
              + " macOS: brew install open-mpi)");
    }
    SymbolLookup library =
        library()
            .orElseThrow(
                () ->
                    new JishiException.Unsupported(
                        "no MPI library was found (looked for "
                            + String.join(", ", LIBRARIES)
                            + "): install Open MPI (Debian and Ubuntu: libopenmpi3 or"
                            + " libopenmpi-dev, Fedora: openmpi, macOS: brew install open-mpi), or"
                            + " put its folder into LD_LIBRARY_PATH"));
    try {
      return connect(library);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("MPI cannot be called", e);
    }
  }

  private static Optional<SymbolLookup> library() {
    Linker linker = Linker.nativeLinker();
    for (String name : LIBRARIES) {
      try (Arena arena = Arena.ofConfined()) {
        Optional<MemorySegment> open = linker.defaultLookup().find("dlopen");
        if (open.isPresent() && System.getProperty("os.name").equals("Linux")) {
          FunctionDescriptor type =
              FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
          MemorySegment found =
              (MemorySegment)
                  linker
                      .downcallHandle(open.get(), type)
                      .invokeExact(arena.allocateFrom(name), LAZY_AND_GLOBAL);
          if (found.address() == 0) {
            continue;
          }
        }
        return Optional.of(SymbolLookup.libraryLookup(name, Arena.global()));
      } catch (IllegalArgumentException e) {
        // Not of this name.
      } catch (Throwable e) {
        throw new IllegalStateException("dlopen cannot be called", e);
      }
    }
    return Optional.empty();
  }

  private static World connect(SymbolLookup library) throws Throwable {
    boolean open = library.find("ompi_mpi_comm_world").isPresent();
    Handles handles = open ? openMpi(library) : mpich(library);
    MethodHandle init = call(library, "MPI_Init", ValueLayout.ADDRESS, ValueLayout.ADDRESS);
    check("MPI_Init", (int) init.invoke(MemorySegment.NULL, MemorySegment.NULL));
    return new Mpi(
        handles,
        number(library, "MPI_Comm_rank", handles.world, open),
        number(library, "MPI_Comm_size", handles.world, open));
  }

  /** Open MPI: handles are addresses of variables. */
  private static Handles openMpi(SymbolLookup library) {
    ValueLayout address = ValueLayout.ADDRESS;
    return new Handles(
        symbol(library, "ompi_mpi_comm_world"),
        symbol(library, "ompi_mpi_float"),
        symbol(library, "ompi_mpi_double"),
        symbol(library, "ompi_mpi_op_sum"),
        MemorySegment.ofAddress(1),
        call(
            library,
            "MPI_Allreduce",
            address,
            address,
            ValueLayout.JAVA_INT,
            address,
            address,
            address),
        call(library, "MPI_Barrier", address),
        call(library, "MPI_Finalize"));
  }

  /** MPICH and what shares its binary interface: handles are numbers. */
  private static Handles mpich(SymbolLookup library) {
    ValueLayout number = ValueLayout.JAVA_INT;
    return new Handles(
        0x4400_0000,
        0x4c00_040a,
        0x4c00_080b,
        0x5800_0003,
        MemorySegment.ofAddress(-1),
        call(
            library,
            "MPI_Allreduce",
            ValueLayout.ADDRESS,
            ValueLayout.ADDRESS,
            number,
            number,
            number,
            number),
        call(library, "MPI_Barrier", number),
        call(library, "MPI_Finalize"));
  }

  private static MemorySegment symbol(SymbolLookup library, String name) {
    return library
        .find(name)
        .orElseThrow(
            () ->
                new JishiException.Unsupported(
                    "the MPI library has no '"
                        + name
                        + "': it is neither Open MPI nor MPICH; install one of these"));
  }

  private static MethodHandle call(SymbolLookup library, String name, ValueLayout... arguments) {
    return Linker.nativeLinker()
        .downcallHandle(
            symbol(library, name), FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments));
  }

  private static int number(SymbolLookup library, String name, Object world, boolean open)
      throws Throwable {
    ValueLayout handle = open ? ValueLayout.ADDRESS : ValueLayout.JAVA_INT;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ValueLayout.JAVA_INT);
      check(name, (int) call(library, name, handle, ValueLayout.ADDRESS).invoke(world, out));
      return out.get(ValueLayout.JAVA_INT, 0);
    }
  }

  private static void check(String what, int code) {
    if (code != 0) {
      throw new IllegalStateException(what + " failed with code " + code);
    }
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public void sum(MemorySegment floats) {
    long count = floats.byteSize() / Float.BYTES;
    for (long from = 0; from < count; from += BUCKET) {
      int part = (int) Math.min(BUCKET, count - from);
      reduce(floats.asSlice(from * Float.BYTES, part * 4L), part, handles.floats);
    }
  }

  @Override
  public double sum(double value) {
    scalar.set(ValueLayout.JAVA_DOUBLE, 0, value);
    reduce(scalar, 1, handles.doubles);
    return scalar.get(ValueLayout.JAVA_DOUBLE, 0);
  }

  private void reduce(MemorySegment data, int count, Object type) {
    try {
      int code =
          (int)
              handles.allReduce.invoke(
                  handles.inPlace, data, count, type, handles.sum, handles.world);
      check("MPI_Allreduce", code);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("MPI_Allreduce cannot be called", e);
    }
  }

  @Override
  public void barrier() {
    call("MPI_Barrier", handles.barrier, handles.world);
  }

  @Override
  public void close() {
    call("MPI_Finalize", handles.finish);
  }

  private static void call(String name, MethodHandle function, Object... arguments) {
    try {
      check(name, (int) function.invokeWithArguments(arguments));
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(name + " cannot be called", e);
    }
  }
}
