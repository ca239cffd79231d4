// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.base.JishiException;
import io.jishi.model.export.AtomicFiles;
import io.jishi.model.export.Disk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The checkpoints of a run: the last few, and the best. */
final class CheckpointStore {
  private static final String PREFIX = "step-";

  private final Path folder;
  private final int keep;
  private final Disk disk;
  private final List<Checkpoint> all = new ArrayList<>();

  /** Opens the folder, makes it if need be, and clears away what a kill left unfinished. */
  CheckpointStore(Path folder, int keep, Disk disk) {
    this.folder = folder;
    this.keep = keep;
    this.disk = disk;
    try {
      Files.createDirectories(folder);
      List<Path> found;
      try (Stream<Path> list = Files.list(folder)) {
        found = list.toList();
      }
      for (Path path : found) {
        String name = path.getFileName().toString();
        if (name.endsWith(AtomicFiles.PARTIAL)) {
          AtomicFiles.delete(path);
        } else if (name.startsWith(PREFIX)) {
          all.add(Checkpoint.open(path));
        }
      }
    } catch (IOException e) {
      throw AtomicFiles.failed(folder, e);
    }
    all.sort(Comparator.comparingLong(Checkpoint::step));
  }

  /** The one of most steps. */
  Optional<Checkpoint> latest() {
    return all.isEmpty() ? Optional.empty() : Optional.of(all.getLast());
  }

  /** The one of fewest bits; the latest where none was evaluated. */
  Optional<Checkpoint> best() {
    return all.stream()
        .filter(c -> !Double.isNaN(c.bits()))
        .min(Comparator.comparingDouble(Checkpoint::bits))
        .or(this::latest);
  }

  /**
   * Writes a checkpoint, then removes those that are not kept any more.
   *
   * @throws JishiException.OutOfResources where the disk is full; all older ones are still there
   */
  void save(Learner learner, Checkpoint.State state) {
    if (latest().isPresent() && latest().get().step() == state.step()) {
      return; // of this very step already
    }
    Path to = folder.resolve(PREFIX + String.format("%08d", state.step()));
    all.add(Checkpoint.write(to, learner, state, disk));
    rotate();
  }

  private void rotate() {
    Checkpoint best = best().orElse(null);
    List<Checkpoint> old = List.copyOf(all.subList(0, Math.max(0, all.size() - keep)));
    for (Checkpoint checkpoint : old) {
      if (checkpoint != best) {
        AtomicFiles.delete(checkpoint.folder());
        all.remove(checkpoint);
      }
    }
  }
}
