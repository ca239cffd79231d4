// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.embed;

import io.jishi.base.JishiException;
import io.jishi.model.Model;
import io.jishi.model.ModelOptions;
import io.jishi.tensor.Backend;
import io.jishi.text.Tokenizer;
import java.nio.file.Path;
import java.util.concurrent.Callable;

/** A model with the thread on which it runs: what embedders and rerankers share. */
final class LoadedModel implements AutoCloseable {
  final Model model;
  final Passes passes;
  final int context;
  private final Worker worker;

  private LoadedModel(Model model, EmbedderOptions options, Backend backend) {
    this.model = model;
    this.context = context(model, options);
    this.passes =
        new Passes(model.decoder(), backend.ops(options.threads()), options.precision(), context);
    this.worker = new Worker("jishi-embed", options.queue());
  }

  static LoadedModel open(Path path, EmbedderOptions options) {
    Backend backend = Backend.cpu();
    Model model = Model.open(path, backend, new ModelOptions(options.context(), true));
    try {
      return new LoadedModel(model, options, backend);
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
  }

  private static int context(Model model, EmbedderOptions options) {
    int own = model.decoder().spec().context();
    int stated = model.embedding().maxTokens();
    if (options.context() > own) {
      throw new JishiException.BadRequest(
          "context",
          "a context of "
              + options.context()
              + " tokens was asked for, but "
              + model.name()
              + " was made for "
              + own);
    }
    return options.context() > 0 ? options.context() : stated > 0 ? Math.min(own, stated) : own;
  }

  Tokenizer tokenizer() {
    return model.tokenizer();
  }

  <T> T run(Callable<T> work) {
    return worker.run(work);
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
