// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs commands against a fake engine, and keeps what they print. */
final class Session {
  final FakeEngine engine = new FakeEngine();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private byte[] in = {};
  private Runnable whileServing = () -> {};
  private Shell.Terminals terminals = Shell.Terminals.NONE;

  Session input(String text) {
    return input(text.getBytes(StandardCharsets.UTF_8));
  }

  Session input(byte[] bytes) {
    in = bytes;
    return this;
  }

  Session terminals(Shell.Terminals which) {
    terminals = which;
    return this;
  }

  /** What happens between the start of a server and the signal that ends it. */
  Session whileServing(Runnable action) {
    whileServing = action;
    return this;
  }

  /** Runs {@code jishi <command> -m model.gguf <arguments>}. */
  int on(String command, String... arguments) {
    List<String> all = new ArrayList<>(List.of(command, "-m", "model.gguf"));
    all.addAll(List.of(arguments));
    return jishi(all.toArray(String[]::new));
  }

  int jishi(String... arguments) {
    return Cli.run(shell(out), arguments);
  }

  int jishiInto(OutputStream stream, String... arguments) {
    return Cli.run(shell(stream), arguments);
  }

  Shell shell(OutputStream stream) {
    return new Shell(
        engine::open,
        () -> Path.of("nano.gguf"),
        new ByteArrayInputStream(in),
        new Output("standard output", stream),
        new Output("standard error", err),
        terminals,
        Map.of(),
        ending -> {
          whileServing.run();
          ending.run();
        });
  }

  String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  String err() {
    return err.toString(StandardCharsets.UTF_8);
  }
}
