// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.base.JishiException;
import io.jishi.engine.Answer;
import io.jishi.engine.Engine;
import io.jishi.engine.Generation;
import io.jishi.engine.ModelInfo;
import io.jishi.engine.Request;
import io.jishi.engine.Usage;
import io.jishi.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;

/** An engine that says what a test tells it to, piece by piece. */
final class FakeEngine implements Engine {
  private static final String END = "the end of the script";

  /** What every request gets; may throw. */
  volatile Function<Request, Script> answer = _ -> Script.of("Hel", "lo ", "世界");

  /** Every generation that was started. */
  final BlockingQueue<Script> started = new LinkedBlockingQueue<>();

  /** Every request, as it came. */
  final Queue<Request> requests = new ConcurrentLinkedQueue<>();

  @Override
  public Generation start(Request request) {
    requests.add(request);
    Script script = answer.apply(request);
    started.add(script);
    return script;
  }

  @Override
  public float[][] logits(int[] tokens, boolean all) {
    throw new UnsupportedOperationException();
  }

  @Override
  public ModelInfo info() {
    return new ModelInfo(
        "fake/model",
        Path.of("fake"),
        "fake",
        0,
        List.of(),
        8,
        8,
        8,
        "none",
        null,
        new ModelInfo.Memory(0, 0, "F16", 0, 0, 0),
        "none",
        1,
        "off",
        null);
  }

  @Override
  public Tokenizer tokenizer() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}

  /** A generation whose pieces the test hands out; it goes on until it is told to end. */
  static final class Script implements Generation {
    final CountDownLatch cancelled = new CountDownLatch(1);
    private final BlockingQueue<String> pieces = new LinkedBlockingQueue<>();
    private final StringBuilder text = new StringBuilder();
    private volatile RuntimeException failure;
    private volatile Answer.Finish finish = Answer.Finish.STOP;
    private volatile Usage.Guesses guesses = Usage.Guesses.NONE;
    private boolean ended;

    /** Says these pieces and stops. */
    static Script of(String... pieces) {
      return new Script().say(pieces).end();
    }

    Script say(String... more) {
      pieces.addAll(List.of(more));
      return this;
    }

    Script end() {
      pieces.add(END);
      return this;
    }

    Script end(Answer.Finish why) {
      finish = why;
      return end();
    }

    Script guessed(long computed, long accepted) {
      guesses = new Usage.Guesses(computed, accepted);
      return this;
    }

    Script fail(RuntimeException e) {
      failure = e;
      return end();
    }

    @Override
    public String next() {
      if (ended) {
        return null;
      }
      String piece;
      try {
        piece = pieces.take();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new JishiException.Cancelled("interrupted");
      }
      if (!piece.equals(END)) {
        text.append(piece);
        return piece;
      }
      ended = true;
      if (failure != null) {
        throw failure;
      }
      return null;
    }

    @Override
    public Answer result() {
      while (next() != null) {}
      return new Answer(
          text.toString(), new int[0], finish, new Usage(7, 3, 5, 0, 0, 0, guesses, 1));
    }

    @Override
    public void cancel() {
      if (!ended) {
        finish = Answer.Finish.CANCELLED;
        pieces.add(END);
        cancelled.countDown();
      }
    }
  }
}
