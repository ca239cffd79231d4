// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Where a user's system keeps what can be made again. */
final class CacheFolders {
  private CacheFolders() {}

  /** The folders to try, the best first; empty where the environment names none. */
  static List<Path> of(Map<String, String> environment) {
    return of(environment, System.getProperty("os.name", ""), System.getProperty("user.home", ""));
  }

  static List<Path> of(Map<String, String> environment, String system, String home) {
    List<Path> folders = new ArrayList<>();
    add(folders, environment.get("XDG_CACHE_HOME"), "jishi");
    if (system.startsWith("Windows")) {
      add(folders, environment.get("LOCALAPPDATA"), "jishi");
    } else if (system.startsWith("Mac")) {
      add(folders, home, "Library/Caches/jishi");
    } else {
      add(folders, home, ".cache/jishi");
    }
    return folders;
  }

  private static void add(List<Path> folders, String base, String below) {
    if (base == null || base.isBlank()) {
      return;
    }
    try {
      Path path = Path.of(base);
      if (path.isAbsolute()) { // XDG: others are to be ignored
        folders.add(path.resolve(below));
      }
    } catch (InvalidPathException e) {
      // Not a path on this system: the next one.
    }
  }
}
