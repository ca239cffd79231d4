// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.JishiException;
import io.jishi.engine.Answer;
import io.jishi.engine.Engine;
import io.jishi.engine.EngineOptions;
import io.jishi.engine.Generation;
import io.jishi.engine.ModelInfo;
import io.jishi.engine.Part;
import io.jishi.engine.Request;
import io.jishi.engine.Search;
import io.jishi.engine.Usage;
import io.jishi.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An engine that gives prepared answers and remembers what it was asked. What stands before a
 * {@link #THOUGHT} is thought.
 */
final class FakeEngine implements Engine {
  static final int CONTEXT = 100;
  static final String THOUGHT = "|";

  final List<Request> requests = new ArrayList<>();
  final Deque<String> answers = new ArrayDeque<>();
  final List<Search> searches = new ArrayList<>();
  final Map<String, Path> adapters = new TreeMap<>();
  EngineOptions options;
  Path path;
  String template = "{{ messages }}";
  String vision;
  int room = CONTEXT;
  JishiException failure;
  boolean cancelled;
  boolean closed;

  /** Stands in for {@link Engine#open(Path, EngineOptions)}. */
  Engine open(Path model, EngineOptions asked) {
    if (model.toString().equals("missing.gguf")) {
      throw new JishiException.BadFile("missing.gguf: no such file\nat all");
    }
    options = asked;
    path = model;
    return this;
  }

  @Override
  public Generation start(Request request) {
    requests.add(request);
    if (failure != null) {
      throw failure;
    }
    String answer = answers.isEmpty() ? "ok" : answers.removeFirst();
    return new FakeGeneration(answer);
  }

  @Override
  public Search.Run search(Request request, Search search) {
    requests.add(request);
    searches.add(search);
    return new Search.Run() {
      @Override
      public List<Answer> result() {
        return List.of(new FakeGeneration("the best").result());
      }

      @Override
      public void cancel() {}
    };
  }

  @Override
  public void addAdapter(String name, Path adapter) {
    adapters.put(name, adapter);
  }

  private final class FakeGeneration implements Generation {
    private final String thought;
    private final String answer;
    private final Deque<String> pieces = new ArrayDeque<>();
    private boolean thinking;

    FakeGeneration(String text) {
      int end = text.indexOf(THOUGHT);
      thought = text.substring(0, Math.max(0, end));
      thinking = end > 0;
      answer = text.substring(end + 1);
      answer.codePoints().forEach(c -> pieces.add(Character.toString(c)));
    }

    @Override
    public Part nextPart() {
      if (thinking) {
        thinking = false;
        return new Part.Reasoning(thought);
      }
      return Generation.super.nextPart();
    }

    @Override
    public String next() {
      return pieces.poll();
    }

    @Override
    public Answer result() {
      Usage usage = new Usage(5, 2, 3, 0, 2_000_000_000, 1_000_000_000);
      Part said = new Part.Text(answer);
      List<Part> parts =
          thought.isEmpty() ? List.of(said) : List.of(new Part.Reasoning(thought), said);
      int[] tokens = {1, 2};
      return new Answer(
          thought + answer, tokens, Answer.Finish.STOP, usage, parts, List.of(), List.of());
    }

    @Override
    public void cancel() {
      cancelled |= !pieces.isEmpty();
    }
  }

  @Override
  public float[][] logits(int[] tokens, boolean all) {
    float[][] rows = new float[all ? tokens.length : 1][];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = new float[] {0.5f, -1e-8f, row};
    }
    return rows;
  }

  @Override
  public ModelInfo info() {
    return new ModelInfo(
        "fake\u001b[31m",
        Path.of("fake.gguf"),
        "llama",
        1_234_567,
        List.of(new ModelInfo.Tensors("Q8_0", 9, 1536)),
        2048,
        room,
        FakeTokenizer.VOCABULARY,
        "one id a character",
        template,
        new ModelInfo.Memory(1 << 20, 2 << 20, "F16", 512, 3 << 20, 4 << 20),
        "scalar",
        2,
        "off",
        vision);
  }

  @Override
  public Tokenizer tokenizer() {
    return new FakeTokenizer();
  }

  @Override
  public void close() {
    closed = true;
  }
}
