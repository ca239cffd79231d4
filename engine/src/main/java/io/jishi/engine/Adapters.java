// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import io.jishi.model.Model;
import io.jishi.model.adapter.Adapter;
import io.jishi.model.adapter.AdapterFiles;
import io.jishi.model.adapter.BatchAdapters;
import io.jishi.tensor.Weight;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;

/**
 * The adapters of an engine by name, and who uses them: one that was removed stays until its last
 * answer has ended.
 */
final class Adapters {
  private static final int MAX_NAME = 200;

  private final Model model;
  private final BatchAdapters ops;
  private final Map<String, Entry> entries = new HashMap<>();
  private long made;

  /** What a job holds of an adapter. */
  static final class Use {
    private final Entry entry;
    final float scale;

    private Use(Entry entry, float scale) {
      this.entry = entry;
      this.scale = scale;
    }

    BatchAdapters.Loaded adapter() {
      return entry.loaded;
    }

    /** Of the cache: what was computed with another adapter or scale is something else. */
    long root() {
      return entry.number << 32 | Integer.toUnsignedLong(Float.floatToIntBits(scale));
    }
  }

  private static final class Entry {
    final long number;
    final BatchAdapters.Loaded loaded;
    int users;
    boolean removed;

    Entry(long number, BatchAdapters.Loaded loaded) {
      this.number = number;
      this.loaded = loaded;
    }
  }

  Adapters(Model model, BatchAdapters ops) {
    this.model = model;
    this.ops = ops;
  }

  /** Reads an adapter; on the driver's thread. */
  synchronized void add(String name, Path path) {
    if (name.isBlank() || name.length() > MAX_NAME || entries.containsKey(name)) {
      throw new JishiException.BadRequest(
          "adapter",
          "an adapter needs a name of its own of 1 to "
              + MAX_NAME
              + " characters, not '"
              + name
              + "'");
    }
    Adapter adapter = AdapterFiles.read(path);
    Map<Weight, Adapter.Pair> pairs = adapter.forModel(model);
    entries.put(name, new Entry(++made, ops.load(adapter, pairs)));
  }

  /** Removes an adapter; on the driver's thread. */
  synchronized void remove(String name) {
    Entry entry = entries.remove(name);
    if (entry == null) {
      throw unknown(name);
    }
    entry.removed = true;
    free(entry);
  }

  /** What a request uses, or null; {@link #leave} ends it. */
  synchronized Use enter(Request.Adapted adapted) {
    if (adapted == null) {
      return null;
    }
    Entry entry = entries.get(adapted.name());
    if (entry == null) {
      throw unknown(adapted.name());
    }
    entry.users++;
    return new Use(entry, adapted.scale());
  }

  /** A request has ended; on the driver's thread, or before it came there. */
  synchronized void leave(Use use) {
    if (use != null) {
      use.entry.users--;
      free(use.entry);
    }
  }

  private void free(Entry entry) {
    if (entry.removed && entry.users == 0) {
      entry.loaded.close();
    }
  }

  /** Whether no request can use any. */
  synchronized boolean none() {
    return made == 0;
  }

  private JishiException.BadRequest unknown(String name) {
    return new JishiException.BadRequest(
        "adapter",
        "there is no adapter '"
            + name
            + "'; "
            + (entries.isEmpty()
                ? "none was loaded"
                : "there are " + String.join(", ", new TreeSet<>(entries.keySet()))));
  }
}
