// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import io.jishi.engine.cache.SessionFile;
import io.jishi.engine.grammar.Guide;
import io.jishi.engine.parts.PartParser;
import io.jishi.engine.parts.Syntax;
import io.jishi.model.Model;
import io.jishi.model.adapter.BatchAdapters;
import io.jishi.tensor.Ops;
import io.jishi.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * An engine over a model in this process: all of the public API, each call a few lines that check,
 * hand over to the driver and wait.
 */
final class LocalEngine implements Engine {
  private final Model model;
  private final PromptWriter prompts;
  private final Sight sight;
  private final Sampling defaults;
  private final Speculator speculator;
  private final Runner runner;
  private final BatchAdapters ops;
  private final Adapters adapters;
  private final Meter meter;
  private final Driver driver;
  private final int context;
  private final Syntax syntax;
  private final Forms forms;
  private final ModelInfo info;
  private final EngineOptions options;
  private byte[] identity;
  private volatile boolean closed;

  /**
   * An engine over a model, which it closes; see {@link EngineLoader}.
   *
   * @param ops makes operations, each time others that own their results
   */
  LocalEngine(
      Model model,
      Sampling defaults,
      Supplier<Ops> ops,
      EngineOptions options,
      int context,
      long cacheTokens,
      Speculator speculator) {
    this.model = model;
    this.defaults = defaults;
    this.ops = new BatchAdapters(ops.get());
    this.adapters = new Adapters(model, this.ops);
    this.sight =
        model.vision() == null
            ? null
            : new Sight(model.vision(), model.tokenizer(), ops.get(), options.precision());
    this.prompts = new PromptWriter(model, sight);
    this.options = options;
    this.context = context;
    this.syntax = Syntax.of(model.chatTemplate());
    this.forms =
        new Forms(model.tokenizer(), model.decoder().spec().vocabulary(), model.chatTemplate());
    this.info = Inspector.info(model, options, context);
    this.meter = new Meter();
    this.speculator = speculator;
    this.runner = new Runner(model, this.ops, adapters, options, cacheTokens, speculator, meter);
    this.driver = new Driver("jishi-engine", options.queue(), runner);
  }

  @Override
  public Generation start(Request request) {
    return start(request, 1).getFirst();
  }

  @Override
  public List<Generation> start(Request request, int count) {
    if (closed) {
      throw Driver.closedError();
    }
    checkCount("n", count);
    Written prompt = prompt(request);
    List<TokenStream.Setup> setups = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      setups.add(setup(Engine.choice(request, i), prompt.tokens()));
    }
    runner.admit(count);
    List<Job> jobs = jobs(request, setups, prompt);
    runner.submit(jobs.getFirst());
    driver.wake();
    return List.copyOf(jobs);
  }

  private void checkCount(String field, int count) {
    if (count < 1 || count > runner.places()) {
      throw new JishiException.BadRequest(
          field, field + " must be 1 to " + runner.places() + ", not " + count);
    }
  }

  /** The first job, and the others as its siblings; their places are taken already. */
  private List<Job> jobs(Request request, List<TokenStream.Setup> setups, Written prompt) {
    List<Job> jobs = new ArrayList<>();
    try {
      long now = System.nanoTime();
      Sight.Seen seen =
          prompt.looks().isEmpty()
              ? null
              : sight.see(prompt, parts -> onDriver(new Errand<>(parts)));
      for (int i = setups.size() - 1; i >= 0; i--) { // the siblings first
        List<Job> siblings = new ArrayList<>(i == 0 ? jobs : List.of());
        Speculator.Followed followed = speculator.follow(request);
        Adapters.Use adapter = adapters.enter(request.adapter());
        jobs.addFirst(new Job(setups.get(i), seen, adapter, followed, now, siblings));
      }
      return jobs;
    } catch (RuntimeException | Error e) {
      runner.leave(setups.size());
      jobs.forEach(job -> adapters.leave(job.adapter));
      throw e;
    }
  }

  @Override
  public Search.Run search(Request request, Search search) {
    return switch (search) {
      case Search.BestOf best -> {
        checkCount("best_of", best.tries());
        yield BestOfRun.start(this, request, best);
      }
      case Search.Beams beams -> beams(request, beams);
    };
  }

  private BeamRun beams(Request request, Search.Beams rules) {
    if (closed) {
      throw Driver.closedError();
    }
    BeamRun.check(request);
    Written prompt = prompt(request);
    TokenStream.Setup setup = setup(request, prompt.tokens());
    runner.admit(1);
    Request.Service unguessed = request.service().with(Speculation.Mode.OFF); // nothing is drawn
    Job lead = jobs(request.with(unguessed), List.of(setup), prompt).getFirst();
    BeamRun run = new BeamRun(lead, setup, rules);
    runner.submit(lead);
    driver.wake();
    return run;
  }

  private Written prompt(Request request) {
    Written prompt = prompts.write(request.prompt());
    if (prompt.tokens().length >= context) {
      throw new JishiException.BadRequest(
          "prompt",
          "the prompt has "
              + prompt.tokens().length
              + " tokens, but the context is "
              + context
              + ", answer included; shorten the prompt or open the model with a larger context");
    }
    return prompt;
  }

  private TokenStream.Setup setup(Request request, int[] prompt) {
    boolean continuing = request.prompt() instanceof Prompt.Text t && !t.text().isEmpty();
    boolean talks = request.prompt() instanceof Prompt.Chat;
    boolean thinking = talks && syntax.endsThinking(tail(prompt));
    PartParser parser = null;
    if (request.output().parts() && request.prompt() instanceof Prompt.Chat c) {
      parser = new PartParser(syntax, c.tools(), thinking);
    }
    Set<Integer> ends = new HashSet<>(model.defaults().endTokens());
    ends.addAll(request.ending().stopTokens());
    Guide guide = null;
    if (request.constraint() != null) {
      Forms.Thoughts thoughts =
          talks && syntax.thinkOpen() != null
              ? new Forms.Thoughts(syntax.thinkOpen(), syntax.thinkClose(), thinking)
              : null;
      guide =
          forms.guide(
              request.constraint(),
              request.prompt() instanceof Prompt.Chat c ? c.tools() : List.of(),
              thoughts,
              !continuing,
              ends,
              request.ending().closeInTime());
    }
    int room = context - prompt.length;
    return new TokenStream.Setup(
        prompt,
        request,
        request.sampling() == null ? defaults : request.sampling(),
        guide,
        parser,
        model.tokenizer(),
        ends,
        model.decoder().spec().vocabulary(),
        continuing,
        request.maxTokens() == 0 ? room : Math.min(room, request.maxTokens()));
  }

  /** The last words of a prompt, as the vocabulary writes them. */
  private String tail(int[] prompt) {
    StringBuilder text = new StringBuilder();
    for (int i = Math.max(0, prompt.length - 8); i < prompt.length; i++) {
      Tokenizer tokenizer = model.tokenizer();
      text.append(
          tokenizer.isControl(prompt[i])
              ? tokenizer.piece(prompt[i])
              : new String(tokenizer.bytes(prompt[i]), StandardCharsets.UTF_8));
    }
    return text.toString();
  }

  @Override
  public float[][] logits(int[] tokens, boolean all) {
    if (tokens.length == 0 || tokens.length > model.decoder().spec().context()) {
      throw new JishiException.BadRequest(
          "tokens",
          "1 to " + model.decoder().spec().context() + " tokens are needed, not " + tokens.length);
    }
    prompts.check(tokens);
    Capacity capacity = options.capacity();
    return onDriver(
        new Errand<>(
            new RawLogits(
                model.decoder(),
                ops,
                tokens.clone(),
                all,
                () -> runner.idle() ? capacity.chunk() : capacity.mixedChunk())));
  }

  private <T> T onDriver(Supplier<T> what) {
    return onDriver(Errand.of(what));
  }

  private <T> T onDriver(Errand<T> errand) {
    driver.submit(errand);
    return errand.await();
  }

  @Override
  public void addAdapter(String name, Path path) {
    onDriver(
        () -> {
          adapters.add(name, path);
          return true;
        });
  }

  @Override
  public void removeAdapter(String name) {
    onDriver(
        () -> {
          adapters.remove(name);
          return true;
        });
  }

  @Override
  public int save(Prompt prompt, Path file) {
    Written written = prompts.write(prompt);
    Map<Integer, String> images = new LinkedHashMap<>();
    written.looks().forEach(look -> images.put(look.key(), look.digest()));
    int[] keys =
        images.isEmpty() ? written.tokens() : sight.keys(written.tokens(), written.looks());
    return onDriver(
        () -> SessionFile.write(runner.cache(), Job.root(null), keys, images, identity(), file));
  }

  @Override
  public int[] restore(Path file) {
    int[] keys =
        onDriver(
            () ->
                SessionFile.read(
                    runner.cache(),
                    Job.root(null),
                    identity(),
                    info.vocabulary(),
                    context,
                    sight == null ? null : sight::key,
                    file));
    return IntStream.of(keys).map(key -> key < 0 ? sight.imageToken() : key).toArray();
  }

  /** Of the sessions of this engine; made when the first is asked for. */
  private byte[] identity() {
    if (identity == null) {
      identity = Identity.of(model, options, context);
    }
    return identity;
  }

  @Override
  public ModelInfo info() {
    return info;
  }

  @Override
  public EngineMetrics metrics() {
    return meter.metrics();
  }

  @Override
  public void listen(EngineListener listener) {
    meter.listen(listener);
  }

  @Override
  public Tokenizer tokenizer() {
    return model.tokenizer();
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      runner.closing();
      closed = true;
    }
    driver.close();
    runner.stopped();
    runner.close();
    if (sight != null) {
      sight.close();
    }
    model.close();
  }
}
