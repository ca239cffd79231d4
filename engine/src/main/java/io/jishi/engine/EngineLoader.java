// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import io.jishi.engine.speculate.ModelDrafter;
import io.jishi.model.DecoderSpec;
import io.jishi.model.GenerationDefaults;
import io.jishi.model.Model;
import io.jishi.model.ModelOptions;
import io.jishi.model.ModelOutline;
import io.jishi.model.RandomSpec;
import io.jishi.model.adapter.Adapter;
import io.jishi.model.adapter.AdapterFiles;
import io.jishi.model.adapter.AdapterOps;
import io.jishi.tensor.Backend;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
import io.jishi.tensor.StateSpec;
import io.jishi.tensor.Weight;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Makes engines: plans memory from a file's headers, loads the model, its adapter and the draft
 * model, and says what of them runs slower than it could.
 */
final class EngineLoader {
  private static final System.Logger LOG = System.getLogger(EngineLoader.class.getName());
  private static final float DEFAULT_TEMPERATURE = 0.7f;

  private EngineLoader() {}

  static Engine load(Path path, EngineOptions options) {
    return load(path, options, UnaryOperator.identity());
  }

  /**
   * Loads a model.
   *
   * @param wrap may watch or change what its operations do
   */
  static Engine load(Path path, EngineOptions options, UnaryOperator<Ops> wrap) {
    return over(open(path, options), options, wrap, null);
  }

  /** Loads a model whose guesses come from elsewhere. */
  static Engine load(Path path, EngineOptions options, Speculator speculator) {
    return over(open(path, options), options, UnaryOperator.identity(), speculator);
  }

  private static Model open(Path path, EngineOptions options) {
    return Model.openSeeing(
        path, options.projector(), Backend.cpu(), outline -> planned(outline, options));
  }

  /** An engine over random weights. */
  static Engine random(RandomSpec spec, EngineOptions options) {
    return over(Model.random(spec, Backend.cpu()), options, UnaryOperator.identity(), null);
  }

  private static LocalEngine over(
      Model model, EngineOptions options, UnaryOperator<Ops> wrap, Speculator given) {
    checkJava();
    ModelDrafter draft = null;
    try {
      int context = context(model, options);
      draft = draft(model, options);
      MemoryPlan plan = MemoryPlan.of(model, options, context).adapted(adapterBytes(options));
      plan = draft == null ? plan : plan.beside(needs(options), true);
      long cache = plan.cacheTokens(options, context);
      if (draft != null) {
        draft.hold(cache);
      }
      Sampling defaults = defaults(model);
      Supplier<Ops> ops = () -> wrap.apply(ops(model, options, Backend.cpu()));
      boolean able = Inspector.canTakeBack(model);
      Speculation.Mode usual = options.speculation().mode();
      Speculator speculator =
          given != null ? given : new Speculator(usual, draft, able, System::nanoTime);
      LocalEngine engine =
          new LocalEngine(model, defaults, ops, options, context, cache, speculator);
      tell(model, !Inspector.plain(model).isEmpty(), "kernels: " + engine.info().kernels());
      boolean declined = !able && usual != Speculation.Mode.OFF;
      tell(model, declined, "speculation: " + engine.info().speculation());
      return engine;
    } catch (RuntimeException | Error e) {
      if (draft != null) {
        draft.close();
      }
      model.close();
      throw e;
    }
  }

  /** How to load a model of which the headers were read, where there is memory for it. */
  private static ModelOptions planned(ModelOutline outline, EngineOptions options) {
    int context = context(outline.name(), outline.spec(), options);
    MemoryPlan plan = MemoryPlan.of(outline, options, context).adapted(adapterBytes(options));
    if (drafts(options, outline.stateSpec(DType.F32))) {
      plan = plan.beside(needs(options), false);
    }
    plan.cacheTokens(options, context); // refuses
    long tokens = Math.max(context, options.capacity().cacheTokens());
    boolean experts = plan.hasPlaceFor(outline.experts(), options, tokens);
    ModelOptions usual = modelOptions(options);
    return new ModelOptions(usual.context(), usual.repack(), usual.repack() && experts);
  }

  private static long adapterBytes(EngineOptions options) {
    return options.adapter() == null ? 0 : AdapterFiles.bytes(options.adapter());
  }

  private static boolean drafts(EngineOptions options, StateSpec states) {
    return options.speculation().mode() == Speculation.Mode.DRAFT && !states.hasRecurrent();
  }

  /** What the draft model that was asked for takes, by its headers. */
  private static ModelDrafter.Needs needs(EngineOptions options) {
    ModelOutline draft = ModelOutline.read(options.speculation().draft());
    return ModelDrafter.Needs.of(draft, options.capacity().sequences());
  }

  private static void tell(Model model, boolean matters, String what) {
    LOG.log(
        matters ? System.Logger.Level.WARNING : System.Logger.Level.DEBUG,
        () -> model.path() + ": " + what);
  }

  /** The draft model that was asked for, or null, also where the model could not use it. */
  private static ModelDrafter draft(Model model, EngineOptions options) {
    if (!drafts(options, model.decoder().stateSpec(DType.F32))) {
      return null;
    }
    return ModelDrafter.open(
        options.speculation().draft(),
        model.tokenizer(),
        model.decoder().spec().vocabulary(),
        modelOptions(options),
        options.threads());
  }

  private static ModelOptions modelOptions(EngineOptions options) {
    int most = options.context() == 0 ? EngineOptions.DEFAULT_CONTEXT : options.context();
    return new ModelOptions(most, options.repack());
  }

  private static Ops ops(Model model, EngineOptions options, Backend backend) {
    if (options.adapter() == null) {
      return backend.ops(options.threads());
    }
    Adapter adapter = AdapterFiles.read(options.adapter());
    Map<Weight, Adapter.Pair> pairs = adapter.forModel(model);
    return new AdapterOps(backend.ops(options.threads()), adapter, pairs);
  }

  private static void checkJava() {
    Runtime.Version version = Runtime.version();
    if (version.feature() == 25 && version.compareTo(Runtime.Version.parse("25.0.3")) < 0) {
      LOG.log(
          System.Logger.Level.WARNING,
          "this is Java " + version + "; 25.0.3 or later is recommended (JDK-8377811)");
    }
  }

  private static int context(Model model, EngineOptions options) {
    return context(model.name(), model.decoder().spec(), options);
  }

  private static int context(String name, DecoderSpec spec, EngineOptions options) {
    int own = spec.context();
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
    return options.context() > 0 ? options.context() : Math.min(own, EngineOptions.DEFAULT_CONTEXT);
  }

  private static Sampling defaults(Model model) {
    GenerationDefaults d = model.defaults();
    if (d.greedy()) {
      return Sampling.GREEDY;
    }
    try {
      return new Sampling(
          (float) d.temperature().orElse(DEFAULT_TEMPERATURE),
          d.topK().orElse(0),
          (float) d.topP().orElse(1),
          (float) d.minP().orElse(0),
          null);
    } catch (JishiException.BadRequest e) {
      throw new JishiException.BadFile(
          model.path() + ": generation_config.json: " + e.getMessage(), e);
    }
  }
}
