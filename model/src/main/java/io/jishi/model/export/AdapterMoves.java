// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.model.Checkpoint;
import io.jishi.model.DecoderSpec;
import io.jishi.model.GgufLayout;
import io.jishi.model.Model;
import io.jishi.model.TensorRole;
import io.jishi.model.adapter.Adapter;
import io.jishi.model.adapter.Adapter.Pair;
import io.jishi.model.gguf.GgufFile;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Carries adapters along the {@link Moved} ways of the tensors that they add to, between published
 * names and those of GGUF files: rows of B go as rows of the tensor do. Where several tensors
 * become one, their pairs stand side by side, with ranks that add up.
 */
public final class AdapterMoves {
  private final String architecture;
  private final List<Moved> moved;
  private final Set<String> turned;
  private final Set<String> published = new HashSet<>();
  private final Map<String, List<Long>> shapes = new LinkedHashMap<>();

  AdapterMoves(String architecture, List<Moved> moved, Set<String> turned) {
    this.architecture = architecture;
    this.moved = moved;
    this.turned = turned;
    for (Moved m : moved) {
      for (Published p : m.from()) {
        published.add(p.name());
        shapes.put(p.name(), p.shape());
      }
    }
  }

  /** The ways of a model in published files to GGUF files of an architecture. */
  private static AdapterMoves of(
      DecoderSpec spec,
      Checkpoint from,
      Function<String, List<Long>> shapes,
      String architecture,
      String source) {
    if (!GgufLayout.architectures().contains(architecture)) {
      throw new JishiException.Unsupported(
          source
              + ": how GGUF files of '"
              + architecture
              + "' store tensors is not known; take the adapter and the model in one form");
    }
    List<Moved> moved =
        TensorMoves.of(spec, GgufLayout.of(architecture), from, shapes, new HashSet<>());
    return new AdapterMoves(architecture, moved, from.turned(spec.layers().size()));
  }

  /**
   * An adapter under the names of a model's own files.
   *
   * @throws JishiException.BadFile where it is of another architecture
   */
  public static Adapter fitting(Adapter adapter, Model model) {
    DecoderSpec spec = model.decoder().spec();
    boolean gguf = model.tensors().containsKey(TensorRole.EMBEDDING.gguf(0) + ".weight");
    if (gguf && adapter.architecture() == null) {
      try (GgufFile file = GgufFile.open(model.path())) {
        return GgufImport.adapterMoves(file).toGguf(adapter);
      }
    }
    if (gguf && !adapter.architecture().equals(spec.architecture())) {
      throw new JishiException.BadFile(
          adapter.source()
              + ": is an adapter of another model: it is for '"
              + adapter.architecture()
              + "', the model is '"
              + spec.architecture()
              + "'");
    }
    if (gguf || adapter.architecture() == null) {
      return adapter;
    }
    Function<String, List<Long>> shapes =
        name -> model.tensors().containsKey(name) ? model.tensors().get(name).shape() : null;
    return of(spec, model.checkpoint(), shapes, adapter.architecture(), adapter.source())
        .toPublished(adapter);
  }

  /**
   * An adapter under the names of a folder's model.
   *
   * @throws JishiException.Unsupported where an adapter of GGUF files has no form there
   */
  public static Adapter published(Adapter adapter, ModelSource model) {
    String from = adapter.architecture();
    return from == null ? adapter : of(model, from).toPublished(adapter);
  }

  /** An adapter under the names of GGUF files of an architecture. */
  public static Adapter gguf(Adapter adapter, ModelSource model, String architecture) {
    Adapter published = published(adapter, model);
    return of(model, architecture).toGguf(published);
  }

  /** The ways of a folder's model. */
  private static AdapterMoves of(ModelSource model, String architecture) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    model.tensors().forEach(t -> shapes.put(t.name(), t.shape()));
    DecoderSpec spec = model.spec();
    Checkpoint from = spec.checkpoint().fitted(shapes.keySet());
    return of(spec, from, shapes::get, architecture, model.folder().toString());
  }

  /** The adapter under the names of GGUF files. */
  private Adapter toGguf(Adapter adapter) {
    Map<String, Pair> from = adapter.byTensor(published, shapes::get, turned);
    Map<String, Pair> to = new LinkedHashMap<>();
    Set<String> used = new HashSet<>();
    for (Moved m : moved) {
      LowRankRows rows = new LowRankRows(m.from().stream().mapToLong(Published::rows).sum());
      long before = 0;
      for (Published p : m.from()) {
        if (from.containsKey(p.name())) {
          used.add(p.name());
          requirePlain(adapter, m);
          rows.add(from.get(p.name()), before, upright(p));
        }
        before += p.rows();
      }
      if (!rows.isEmpty()) {
        LowRankRows picked = rows.picked(m.rows(), m::source, m.scale());
        to.put(stem(m.name()), picked.pair(stacked(m.shape()), m.block() != 0));
      }
    }
    requireAll(adapter, from.keySet(), used);
    return new Adapter(adapter.source(), adapter.alpha(), architecture, to);
  }

  /** The adapter under published names. */
  private Adapter toPublished(Adapter adapter) {
    Map<String, List<Long>> files = new LinkedHashMap<>();
    moved.forEach(m -> files.put(m.name(), m.shape()));
    Map<String, Pair> from = adapter.byTensor(files.keySet(), files::get, Set.of());
    Map<String, LowRankRows> found = new LinkedHashMap<>();
    Map<String, Published> of = new LinkedHashMap<>();
    for (Moved m : moved) {
      Pair pair = from.get(m.name());
      if (pair == null) {
        continue;
      }
      requirePlain(adapter, m);
      LowRankRows rows = new LowRankRows(m.rows());
      rows.add(pair, 0, m.block() == 0);
      long before = 0;
      for (Published p : m.from()) {
        of.put(p.name(), p);
        LowRankRows all = found.computeIfAbsent(p.name(), _ -> new LowRankRows(p.rows()));
        all.take(rows, before, m::source, m.scale());
        before += p.rows();
      }
    }
    Map<String, Pair> to = new LinkedHashMap<>();
    found.forEach(
        (name, rows) -> {
          if (!rows.isEmpty()) {
            Published p = of.get(name);
            to.put(stem(name), rows.pair(stacked(p.shape()), !upright(p)));
          }
        });
    requireAll(adapter, from.keySet(), from.keySet());
    return new Adapter(adapter.source(), adapter.alpha(), null, to);
  }

  /** Whether rows that move are rows of the matrix, not columns. */
  private boolean upright(Published p) {
    return p.turned() == turned.contains(p.name());
  }

  /** Matrices of a tensor. */
  private static int stacked(List<Long> shape) {
    return shape.size() == 3 ? Math.toIntExact(shape.getFirst()) : 1;
  }

  private static String stem(String name) {
    return name.endsWith(".weight") ? name.substring(0, name.length() - 7) : name;
  }

  private static void requirePlain(Adapter adapter, Moved m) {
    if (m.change() != Moved.Change.NONE) {
      throw new JishiException.Unsupported(
          adapter.source()
              + ": adds to '"
              + m.name()
              + "', which GGUF files store changed; take the adapter and the model in one form");
    }
  }

  private static void requireAll(Adapter adapter, Set<String> all, Set<String> used) {
    for (String name : all) {
      if (!used.contains(name)) {
        throw new JishiException.Unsupported(
            adapter.source() + ": '" + name + "' has no name in the other form of files");
      }
    }
  }
}
