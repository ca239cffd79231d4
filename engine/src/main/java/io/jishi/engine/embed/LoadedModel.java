// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.embed;

import io.jishi.base.JishiException;
import io.jishi.model.EmbeddingDefaults;
import io.jishi.model.Model;
import io.jishi.model.ModelOptions;
import io.jishi.model.ModelOutline;
import io.jishi.model.adapter.Adapter;
import io.jishi.model.adapter.AdapterFiles;
import io.jishi.model.adapter.AdapterOps;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Weight;
import io.jishi.text.Tokenizer;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;

/** A model with the thread on which it runs: what embedders and rerankers share. */
final class LoadedModel implements AutoCloseable {
  final Model model;
  final Passes passes;
  final int context;
  final Tally tally;
  private final Worker worker;

  private LoadedModel(Model model, EmbedderOptions options, Ops ops) {
    this.model = model;
    this.context =
        context(model.name(), model.decoder().spec().context(), model.embedding(), options);
    this.passes = new Passes(model.decoder(), ops, options, context);
    this.tally = new Tally(model.name());
    this.worker = new Worker("jishi-embed", options.queue());
  }

  static LoadedModel open(Path path, EmbedderOptions options) {
    return open(path, options, null);
  }

  /**
   * The same with an adapter.
   *
   * @param adapter its path, or null
   */
  static LoadedModel open(Path path, EmbedderOptions options, Path adapter) {
    Backend backend = Backend.cpu();
    Model model = Model.openPlanned(path, backend, outline -> planned(outline, options));
    try {
      return new LoadedModel(model, options, ops(model, options, backend, adapter));
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
  }

  private static Ops ops(Model model, EmbedderOptions options, Backend backend, Path adapter) {
    if (adapter == null) {
      return backend.ops(options.threads());
    }
    Adapter read = AdapterFiles.read(adapter);
    Map<Weight, Adapter.Pair> pairs = read.forModel(model);
    return new AdapterOps(backend.ops(options.threads()), read, pairs);
  }

  /** What a model will take at most, by its headers. */
  static long bytes(Path path, EmbedderOptions options) {
    return plan(ModelOutline.read(path), options).bytes();
  }

  /** How to load a model of which the headers were read, where there is memory for it. */
  private static ModelOptions planned(ModelOutline outline, EmbedderOptions options) {
    plan(outline, options).check();
    return new ModelOptions(options.context(), true);
  }

  private static PassPlan plan(ModelOutline outline, EmbedderOptions options) {
    int own = outline.spec().context();
    int context = context(outline.name(), own, outline.embedding(), options);
    return PassPlan.of(outline, options, context);
  }

  private static int context(
      String name, int own, EmbeddingDefaults made, EmbedderOptions options) {
    int stated = made.maxTokens();
    if (options.context() > own) {
      throw new JishiException.BadRequest(
          "context",
          "a context of "
              + options.context()
              + " tokens was asked for, but "
              + name
              + " was made for "
              + own);
    }
    return options.context() > 0 ? options.context() : stated > 0 ? Math.min(own, stated) : own;
  }

  Tokenizer tokenizer() {
    return model.tokenizer();
  }

  /** Runs the passes of a call when it is its turn, and waits; see {@link Worker#run}. */
  <T> T run(int texts, int tokens, Callable<T> work) {
    long arrived = System.nanoTime();
    try {
      return worker.run(
          () -> {
            long began = System.nanoTime();
            boolean failed = true;
            try {
              T made = work.call();
              failed = false;
              return made;
            } finally {
              long ended = System.nanoTime();
              tally.ended(new CallMetrics(texts, tokens, began - arrived, ended - began, failed));
            }
          });
    } catch (JishiException.Busy e) {
      tally.refuse();
      throw e;
    }
  }

  EncoderMetrics metrics() {
    return tally.metrics(worker.waiting());
  }

  /** Refuses tokens that the model does not have. */
  int[] checked(int[] tokens, String field) {
    int vocabulary = model.decoder().spec().vocabulary();
    if (tokens.length == 0) {
      throw new JishiException.BadRequest(
          field, "a text is empty, and this model puts no tokens around it");
    }
    for (int token : tokens) {
      if (token < 0 || token >= vocabulary) {
        throw new JishiException.BadRequest(
            field, "token " + token + " is outside of the vocabulary of " + vocabulary);
      }
    }
    return tokens;
  }

  @Override
  public void close() {
    worker.close();
    passes.close();
    model.close();
  }
}
