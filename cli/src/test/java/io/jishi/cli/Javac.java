// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.engine.Engine;
import java.io.File;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;

/** Compiles what documents show. */
final class Javac {
  private Javac() {}

  /**
   * Compiles a file.
   *
   * @param modules that it sees, without their prefix
   * @param folder for what comes out
   * @return what the compiler complains of, warnings too; empty where it is content
   */
  static String complaints(List<String> modules, Path folder, Path source) {
    StringWriter messages = new StringWriter();
    PrintWriter writer = new PrintWriter(messages);
    int code =
        ToolProvider.findFirst("javac")
            .orElseThrow()
            .run(
                writer,
                writer,
                "-Xlint:all",
                "-Werror",
                "--release",
                "25",
                "-d",
                folder.toString(),
                "-cp",
                modules.stream()
                    .map(Javac::location)
                    .collect(Collectors.joining(File.pathSeparator)),
                source.toString());
    return code == 0 ? "" : messages.toString();
  }

  private static String location(String room) {
    return Engine.class
        .getModule()
        .getLayer()
        .configuration()
        .findModule("io.jishi." + room)
        .flatMap(found -> found.reference().location())
        .map(Path::of)
        .orElseThrow()
        .toString();
  }
}
