// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import io.jishi.engine.grammar.Guide;
import io.jishi.engine.parts.PartParser;
import io.jishi.engine.parts.Syntax;
import io.jishi.model.GenerationDefaults;
import io.jishi.model.Model;
import io.jishi.model.ModelOptions;
import io.jishi.model.adapter.Adapter;
import io.jishi.model.adapter.AdapterFiles;
import io.jishi.model.adapter.AdapterOps;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Ops;
import io.jishi.text.Tokenizer;
import io.jishi.text.template.ChatEncoder;
import io.jishi.text.template.ChatTemplate;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** An engine over a model in this process. */
final class LocalEngine implements Engine {
  private static final System.Logger LOG = System.getLogger(LocalEngine.class.getName());
  private static final float DEFAULT_TEMPERATURE = 0.7f;

  private final Model model;
  private final ChatEncoder chat;
  private final Sampling defaults;
  private final Runner runner;
  private final Driver driver;
  private final int context;
  private final Syntax syntax;
  private final Forms forms;
  private final ModelInfo info;
  private volatile Job running;
  private volatile boolean closed;

  private LocalEngine(
      Model model,
      ChatEncoder chat,
      Sampling defaults,
      Runner runner,
      EngineOptions options,
      int context) {
    this.model = model;
    this.chat = chat;
    this.defaults = defaults;
    this.runner = runner;
    this.context = context;
    this.syntax = Syntax.of(model.chatTemplate());
    this.forms =
        new Forms(model.tokenizer(), model.decoder().spec().vocabulary(), model.chatTemplate());
    this.info = Inspector.info(model, options, context);
    this.driver = new Driver("jishi-engine", options.queue());
  }

  static Engine load(Path path, EngineOptions options) {
    checkJava();
    Backend backend = Backend.cpu();
    Model model = Model.open(path, backend, modelOptions(options));
    try {
      int context = context(model, options);
      String source = model.chatTemplate();
      ChatEncoder chat =
          source == null ? null : new ChatEncoder(model.tokenizer(), ChatTemplate.compile(source));
      Sampling defaults = defaults(model);
      Runner runner =
          new Runner(
              model,
              ops(model, options, backend),
              options.precision(),
              options.cacheType(),
              context);
      LocalEngine engine = new LocalEngine(model, chat, defaults, runner, options, context);
      boolean slow = !Inspector.plain(model).isEmpty();
      LOG.log(
          slow ? System.Logger.Level.WARNING : System.Logger.Level.DEBUG,
          () -> path + ": " + engine.info.kernels());
      return engine;
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
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
    Map<String, Adapter.Pair> pairs = adapter.forModel(model);
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
    int own = model.decoder().spec().context();
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

  @Override
  public Generation start(Request request) {
    if (closed) {
      throw new JishiException.Closed("the engine is closed");
    }
    int[] prompt = tokens(request.prompt());
    if (prompt.length >= context) {
      throw new JishiException.BadRequest(
          "prompt",
          "the prompt has "
              + prompt.length
              + " tokens, but the context is "
              + context
              + ", answer included; shorten the prompt or open the model with a larger context");
    }
    Job job = new Job(setup(request, prompt));
    driver.submit(new Generate(job));
    return job;
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

  private int[] tokens(Prompt prompt) {
    Tokenizer tokenizer = model.tokenizer();
    int[] tokens =
        switch (prompt) {
          case Prompt.Text t -> tokenizer.frame(tokenizer.encode(t.text(), Tokenizer.Special.TEXT));
          case Prompt.Chat c -> chat(c);
          case Prompt.Tokens t -> t.tokens().clone();
        };
    if (tokens.length == 0) {
      throw new JishiException.BadRequest(
          "prompt", "the prompt is empty, and this model has no token that begins a text");
    }
    checkTokens(tokens);
    return tokens;
  }

  private int[] chat(Prompt.Chat prompt) {
    if (chat == null) {
      throw new JishiException.BadRequest(
          "messages", model.name() + " has no chat template; give it a bare text to continue");
    }
    Map<String, Object> variables = new HashMap<>(prompt.variables());
    if (!prompt.tools().isEmpty()) {
      variables.put("tools", TemplateValues.tools(prompt.tools()));
    }
    return chat.encode(TemplateValues.messages(prompt.messages()), true, variables);
  }

  private void checkTokens(int[] tokens) {
    int vocabulary = model.decoder().spec().vocabulary();
    for (int token : tokens) {
      if (token < 0 || token >= vocabulary) {
        throw new JishiException.BadRequest(
            "tokens", "token " + token + " is outside of the vocabulary of " + vocabulary);
      }
    }
  }

  @Override
  public float[][] logits(int[] tokens, boolean all) {
    if (tokens.length == 0 || tokens.length > model.decoder().spec().context()) {
      throw new JishiException.BadRequest(
          "tokens",
          "1 to " + model.decoder().spec().context() + " tokens are needed, not " + tokens.length);
    }
    checkTokens(tokens);
    Logits work = new Logits(tokens.clone(), all);
    driver.submit(work);
    return work.await();
  }

  @Override
  public ModelInfo info() {
    return info;
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
      closed = true;
    }
    Job job = running;
    if (job != null) {
      job.cancel();
    }
    driver.close();
    runner.close();
    model.close();
  }

  /** A failure as its caller should see it. */
  private static RuntimeException failure(Throwable t) {
    return switch (t) {
      case OutOfMemoryError e ->
          new JishiException.OutOfResources("memory ran out: " + e.getMessage(), e);
      case RuntimeException e -> e;
      default -> new IllegalStateException("the engine failed", t);
    };
  }

  /** A generation in the queue. */
  private final class Generate implements Driver.Work {
    private final Job job;

    Generate(Job job) {
      this.job = job;
    }

    @Override
    public void run() {
      running = job;
      if (closed) {
        job.cancel();
      }
      try {
        runner.run(job);
      } catch (Throwable t) { // carried to the caller; the engine goes on
        runner.reset();
        job.fail(failure(t));
      } finally {
        running = null;
      }
    }

    @Override
    public void refuse(JishiException.Closed why) {
      job.fail(why);
    }
  }

  /** A request for raw logits in the queue. */
  private final class Logits implements Driver.Work {
    private final int[] tokens;
    private final boolean all;
    private final CompletableFuture<float[][]> result = new CompletableFuture<>();

    Logits(int[] tokens, boolean all) {
      this.tokens = tokens;
      this.all = all;
    }

    @Override
    public void run() {
      try {
        result.complete(runner.logits(tokens, all));
      } catch (Throwable t) { // carried to the caller; the engine goes on
        result.completeExceptionally(failure(t));
      }
    }

    @Override
    public void refuse(JishiException.Closed why) {
      result.completeExceptionally(why);
    }

    float[][] await() {
      try {
        return result.get();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new JishiException.Cancelled("the waiting thread was interrupted");
      } catch (ExecutionException e) {
        throw (RuntimeException) e.getCause(); // failure() makes nothing else
      }
    }
  }
}
