// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.Signals;

/** Lines that a person types, with editing and a history that outlives the program. */
final class LineEditor implements Lines {
  private static final String PROMPT = "> ";

  /** Held on to: an unreferenced logger forgets its level. */
  private static final Logger JLINE = Logger.getLogger("org.jline");

  private final Shell shell;
  private final Terminal terminal;
  private final LineReader reader;

  private LineEditor(Shell shell, Terminal terminal, LineReader reader) {
    this.shell = shell;
    this.terminal = terminal;
    this.reader = reader;
  }

  /** Takes the terminal of this process. */
  static LineEditor open(Shell shell) {
    JLINE.setLevel(Level.OFF); // a history that cannot be written is no news
    try {
      Terminal terminal =
          TerminalBuilder.builder()
              .system(true)
              .dumb(true)
              .encoding(StandardCharsets.UTF_8)
              .jni(false) // would unpack a native library
              .build();
      return new LineEditor(shell, terminal, reader(terminal, historyFile(shell.environment())));
    } catch (IOException e) {
      throw new UncheckedIOException("the terminal cannot be opened: " + e.getMessage(), e);
    }
  }

  private static LineReader reader(Terminal terminal, Optional<Path> history) {
    // A line is a sentence, not a command: quotes, backslashes and ! mean themselves.
    DefaultParser plain = new DefaultParser().quoteChars(new char[0]).escapeChars(new char[0]);
    LineReader reader =
        LineReaderBuilder.builder()
            .terminal(terminal)
            .parser(plain)
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
            .build();
    history.ifPresent(file -> reader.setVariable(LineReader.HISTORY_FILE, file));
    return reader;
  }

  /** The file of the history, made so that only its owner reads it; none where that fails. */
  static Optional<Path> historyFile(Map<String, String> environment) {
    String state = environment.getOrDefault("XDG_STATE_HOME", "");
    String home = environment.getOrDefault("HOME", System.getProperty("user.home", ""));
    Path base = state.isEmpty() ? Path.of(home, ".local", "state") : Path.of(state);
    Path file = base.resolve("jishi").resolve("chat-history");
    try {
      Files.createDirectories(file.getParent());
      if (FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
        Files.createFile(
            file,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      }
    } catch (FileAlreadyExistsException e) {
      // From the last time.
    } catch (IOException e) {
      return Optional.empty();
    }
    return Optional.of(file);
  }

  @Override
  public String next() {
    while (true) {
      try {
        return reader.readLine(PROMPT);
      } catch (UserInterruptException e) {
        if (e.getPartialLine().isEmpty()) {
          shell.note("Ctrl-D or /exit quits");
        }
      } catch (EndOfFileException e) {
        return null;
      }
    }
  }

  @Override
  public void onInterrupt(Runnable action) {
    terminal.handle(Terminal.Signal.INT, _ -> action.run());
    if (terminal.getType().startsWith(Terminal.TYPE_DUMB)) {
      Signals.register("INT", action); // a dumb terminal hears of no signals itself
    }
  }

  @Override
  public void close() {
    try {
      terminal.close();
    } catch (IOException e) {
      // It is gone already.
    }
  }
}
