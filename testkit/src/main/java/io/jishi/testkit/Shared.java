// SPDX-License-Identifier: Apache-2.0
package io.jishi.testkit;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** Finds the folder of reference data; a test that needs it is skipped where it is absent. */
public final class Shared {
  private Shared() {}

  /** The file or folder of that name below {@code JISHI_SHARED} (default {@code ../shared}). */
  public static Path require(String name) {
    Path path = root().resolve(name);
    Assumptions.assumeTrue(
        Files.exists(path), () -> "skipped: no reference data at " + path + " (set JISHI_SHARED)");
    return path;
  }

  /** Whether that file or folder is there. */
  public static boolean has(String name) {
    return Files.exists(root().resolve(name));
  }

  private static Path root() {
    String set = System.getenv("JISHI_SHARED");
    // Tests run in their module's folder, one below the project's root.
    return Path.of(set != null && !set.isBlank() ? set : "../../shared")
        .toAbsolutePath()
        .normalize();
  }
}
