// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import dev.hardwood.InputFile;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.hardwood.row.PqList;
import dev.hardwood.row.PqStruct;
import dev.hardwood.row.StructAccessor;
import dev.hardwood.schema.ColumnProjection;
import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import io.jishi.train.data.parquet.PlainCopy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Rows of a Parquet file: a column of text, or {@code messages} (or {@code conversations}) as a
 * list of structures of texts. Only that column is read; where its pages are of Snappy or
 * Zstandard, from a {@link PlainCopy}.
 */
final class ParquetDocuments implements Documents {
  private final Path file;
  private final String field;
  private final boolean chat;
  private final ParquetFileReader reader;
  private final RowReader rows;
  private final Path copy;
  private long row;

  ParquetDocuments(Path file, String field) {
    this.file = file;
    ParquetFileReader opened = null;
    Path plain = null;
    try {
      opened = ParquetFileReader.open(InputFile.of(file));
      List<String> columns =
          opened.getFileSchema().getRootNode().children().stream().map(n -> n.name()).toList();
      String column = column(columns, field);
      this.chat = !column.equals(field);
      this.field = column;
      plain = PlainCopy.of(file, column).orElse(null);
      if (plain != null) {
        opened.close();
        opened = ParquetFileReader.open(InputFile.of(plain));
      }
      this.copy = plain;
      this.rows = opened.buildRowReader().projection(ColumnProjection.columns(column)).build();
      this.reader = opened;
    } catch (IOException | RuntimeException e) {
      close(opened);
      PlainCopy.delete(plain);
      throw e instanceof JishiException known ? known : bad(e);
    }
  }

  private String column(List<String> columns, String wanted) {
    for (String name : List.of(wanted, "messages", "conversations")) {
      if (columns.contains(name)) {
        return name;
      }
    }
    throw new JishiException.BadFile(
        "%s: has neither a column '%s' nor 'messages', only %s; name the column with --field"
            .formatted(file, wanted, columns));
  }

  /** What the library throws for damage is unchecked, of many kinds. */
  private JishiException bad(Throwable e) {
    String why = e.getMessage() == null ? e.toString() : e.getMessage();
    if (e instanceof UnsupportedOperationException && why.contains("required library")) {
      return new JishiException.Unsupported(
          file
              + ": its compression needs native code that Jishi does not bring: write it again with"
              + " Snappy, Zstandard or gzip, or as JSON lines, or add the library (the reader says:"
              + " "
              + why
              + ")");
    }
    return new JishiException.BadFile(
        file + (row == 0 ? "" : " row " + row) + ": cannot be read as Parquet: " + why, e);
  }

  @Override
  public Document next() {
    try {
      while (rows.hasNext()) {
        rows.next();
        row++;
        if (!rows.isNull(field)) {
          return document();
        }
      }
      return null;
    } catch (JishiException e) {
      throw e;
    } catch (RuntimeException | LinkageError e) {
      throw bad(e);
    }
  }

  private Document document() {
    String where = file + " row " + row;
    Map<String, Object> values = new LinkedHashMap<>();
    values.put(field, chat ? list(rows.getList(field)) : rows.getString(field));
    return JsonLines.document(new JsonObject(where, values), chat ? "" : field);
  }

  private static List<Object> list(PqList list) {
    List<Object> messages = new ArrayList<>();
    for (PqStruct struct : list.structs()) {
      messages.add(struct == null ? null : texts(struct));
    }
    return messages;
  }

  /** The fields of a structure that are there; a template wants texts. */
  private static Map<String, Object> texts(StructAccessor struct) {
    Map<String, Object> fields = new LinkedHashMap<>();
    for (int i = 0; i < struct.getFieldCount(); i++) {
      String name = struct.getFieldName(i);
      if (!struct.isNull(name)) {
        fields.put(name, struct.getString(name));
      }
    }
    return fields;
  }

  private static void close(ParquetFileReader reader) {
    try {
      if (reader != null) {
        reader.close();
      }
    } catch (IOException e) {
      // Nothing was written; all that was asked for has been read.
    }
  }

  @Override
  public void close() {
    rows.close();
    close(reader);
    PlainCopy.delete(copy);
  }
}
