// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import io.jishi.base.JishiException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/** Documents that are read one after another, whatever the size of the files. */
public interface Documents extends AutoCloseable {

  /** How a text file is cut into documents. */
  enum Border {
    /** Some 8 KiB, cut at an empty line where there is one. */
    SECTION,
    /** The file is one document. */
    FILE,
    /** Each run of lines between empty lines. */
    PARAGRAPH,
    /** Each line. */
    LINE
  }

  /**
   * How files are read.
   *
   * @param border documents of text files
   * @param field the text's field or column in JSONL and Parquet
   */
  record Options(Border border, String field) {
    /** Sections of text; the field is {@code text}. */
    public static final Options DEFAULT = new Options(Border.SECTION, "text");
  }

  /** Endings of files that are read from folders; each also with {@code .gz}, except Parquet. */
  Set<String> ENDINGS = Set.of("txt", "text", "md", "jsonl", "ndjson", "parquet");

  /** The next document, or null at the end. */
  Document next();

  @Override
  void close();

  /**
   * The files below these paths in the order of their names: files as given, of folders those that
   * have a known ending.
   *
   * @throws JishiException.BadFile where a path is not there, or a folder has none
   */
  static List<Path> files(List<Path> paths) {
    List<Path> files = new ArrayList<>();
    for (Path path : paths) {
      if (!Files.isDirectory(path)) {
        if (!Files.exists(path)) {
          throw new JishiException.BadFile(path + ": no such file");
        }
        files.add(path);
        continue;
      }
      try (Stream<Path> found = Files.walk(path)) {
        List<Path> known =
            found
                .filter(Files::isRegularFile)
                .filter(f -> ENDINGS.contains(ending(f)))
                .sorted()
                .toList();
        if (known.isEmpty()) {
          throw new JishiException.BadFile(
              path
                  + ": holds no file that ends in ."
                  + String.join(", .", ENDINGS.stream().sorted().toList()));
        }
        files.addAll(known);
      } catch (IOException e) {
        throw new JishiException.BadFile(path + ": cannot be read: " + e.getMessage(), e);
      }
    }
    return files;
  }

  /** Opens a file by its ending; one that is unknown is read as text. */
  static Documents open(Path file, Options options) {
    try {
      if (Files.size(file) == 0) {
        throw new JishiException.BadFile(file + ": is empty");
      }
      return switch (ending(file)) {
        case "parquet" -> new ParquetDocuments(file, options.field());
        case "jsonl", "ndjson" -> new JsonLines(file.toString(), stream(file), options.field());
        default -> new TextDocuments(file.toString(), stream(file), options.border());
      };
    } catch (IOException e) {
      throw new JishiException.BadFile(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static InputStream stream(Path file) throws IOException {
    InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    return name(file).endsWith(".gz") ? new GZIPInputStream(in, 1 << 16) : in;
  }

  private static String name(Path file) {
    return file.getFileName().toString().toLowerCase(Locale.ROOT);
  }

  private static String ending(Path file) {
    String name = name(file);
    String plain = name.endsWith(".gz") ? name.substring(0, name.length() - 3) : name;
    return plain.substring(plain.lastIndexOf('.') + 1);
  }
}
