// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.JishiException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A text from the command line, from a file, or from standard input. */
final class TextInput {
  /** More is no prompt but a mistake, such as a wrong file. */
  private static final int MAX_BYTES = 64 << 20;

  @Parameters(
      arity = "0..1",
      paramLabel = "TEXT",
      description = "the text; - or a pipe without TEXT reads standard input")
  private String text;

  @Option(names = "--file", paramLabel = "FILE", description = "read the text from a UTF-8 file")
  private Path file;

  /** What is wrong with the options, or null. */
  String mistake(Shell shell) {
    if (text != null && file != null) {
      return "give either a text or --file, not both";
    }
    if (text == null && file == null && shell.terminals().in()) {
      return "no text: give it in quotes, with --file, or on standard input";
    }
    return null;
  }

  /** The text, exactly as it stands. */
  String read(Shell shell) {
    if (text != null && !text.equals("-")) {
      return text;
    }
    return file != null ? read(file) : decode("standard input", shell.in());
  }

  /** Whether the text came from a file or a pipe, where the last line ends with a line break. */
  boolean hasLines() {
    return text == null || text.equals("-");
  }

  private static String read(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return decode(file.toString(), in);
    } catch (NoSuchFileException e) {
      throw new JishiException.BadFile(file + ": no such file", e);
    } catch (IOException e) {
      throw new JishiException.BadFile(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** The lines of standard input, without empty ones. */
  static List<String> lines(Shell shell) {
    return lines("standard input", decode("standard input", shell.in()));
  }

  /** The lines of a file, without empty ones. */
  static List<String> lines(Path file) {
    return lines(file.toString(), read(file));
  }

  private static List<String> lines(String name, String text) {
    List<String> lines = text.lines().filter(line -> !line.isBlank()).toList();
    if (lines.isEmpty()) {
      throw new JishiException.BadRequest("input", name + " holds no line of text");
    }
    return lines;
  }

  static String decode(String name, InputStream in) {
    try {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw new JishiException.BadRequest(
            "prompt", name + ": more than " + Text.bytes(MAX_BYTES) + " of text");
      }
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new JishiException.BadFile(name + ": not UTF-8 text; convert it first", e);
    } catch (IOException e) {
      throw new JishiException.BadFile(name + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
