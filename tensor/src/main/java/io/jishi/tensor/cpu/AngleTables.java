// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Batch;
import io.jishi.tensor.Rope;
import java.util.ArrayList;
import java.util.List;

/** The tables of angles of one step, one for each rotary embedding of the model. */
final class AngleTables implements AutoCloseable {
  private final List<AngleTable> tables = new ArrayList<>();

  /** Forgets the positions of the step before. */
  void begin() {
    for (int i = 0; i < tables.size(); i++) {
      tables.get(i).begin();
    }
  }

  /** The angles of a step, made when they are first asked for; null without an embedding. */
  AngleTable of(Rope rope, Batch batch) {
    if (rope == null) {
      return null;
    }
    for (int i = 0; i < tables.size(); i++) {
      if (tables.get(i).rope() == rope) {
        return tables.get(i);
      }
    }
    AngleTable table = null;
    for (int i = 0; table == null && i < tables.size(); i++) {
      table = tables.get(i).rope() == null ? tables.get(i) : null;
    }
    if (table == null) {
      table = new AngleTable();
      tables.add(table);
    }
    table.prepare(rope, batch);
    return table;
  }

  @Override
  public void close() {
    for (AngleTable table : tables) {
      table.close();
    }
  }
}
