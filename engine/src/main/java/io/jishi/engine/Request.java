// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * One generation to make.
 *
 * @param prompt what it starts from
 * @param sampling how tokens are drawn; null takes the model's own defaults ({@code
 *     generation_config.json}) or, where it has none, temperature 0.7
 * @param maxTokens the most tokens to generate; 0 means up to the end of the context
 * @param stop texts that end the answer; they are not part of it
 * @param ending what else there is to say about the end
 * @param constraint the form that the answer must have, or null
 * @param output what is wanted besides the text
 * @param service how it is served beside others
 * @param adapter what the model runs with, or null
 */
public record Request(
    Prompt prompt,
    Sampling sampling,
    int maxTokens,
    List<String> stop,
    Ending ending,
    Constraint constraint,
    Output output,
    Service service,
    Adapted adapter) {
  /** More stop texts than this are refused. */
  public static final int MAX_STOPS = 64;

  /** Longer stop texts are refused, UTF-16 units. */
  public static final int MAX_STOP_LENGTH = 4096;

  /** Checks the counts and copies the list. */
  public Request {
    Objects.requireNonNull(prompt, "prompt");
    Objects.requireNonNull(ending, "ending");
    Objects.requireNonNull(output, "output");
    Objects.requireNonNull(service, "service");
    stop = List.copyOf(stop);
    if (maxTokens < 0) {
      throw new JishiException.BadRequest(
          "max_tokens", "max_tokens must be 0 or more, not " + maxTokens);
    }
    if (stop.size() > MAX_STOPS
        || stop.stream().anyMatch(s -> s.isEmpty() || s.length() > MAX_STOP_LENGTH)) {
      throw new JishiException.BadRequest(
          "stop",
          "stop takes at most "
              + MAX_STOPS
              + " texts of 1 to "
              + MAX_STOP_LENGTH
              + " characters each");
    }
    if (maxTokens > 0 && ending.minTokens() > maxTokens) {
      throw new JishiException.BadRequest(
          "min_tokens", "min_tokens is " + ending.minTokens() + ", above max_tokens, " + maxTokens);
    }
  }

  /** A request with nothing special. */
  public Request(Prompt prompt, Sampling sampling, int maxTokens, List<String> stop) {
    this(prompt, sampling, maxTokens, stop, Ending.USUAL, null, Output.TEXT, Service.USUAL, null);
  }

  /** A request that is served as all others are. */
  public Request(
      Prompt prompt,
      Sampling sampling,
      int maxTokens,
      List<String> stop,
      Ending ending,
      Constraint constraint,
      Output output) {
    this(prompt, sampling, maxTokens, stop, ending, constraint, output, Service.USUAL, null);
  }

  /**
   * What else there is to say about the end of an answer.
   *
   * @param minTokens no end token and no stop token comes before so many tokens
   * @param stopTokens tokens that end the answer as the model's own end tokens do
   * @param closeInTime with a constraint: only tokens come behind which the text can still be
   *     closed within the limit of tokens, thoughts before it included; else it may be cut off
   */
  public record Ending(int minTokens, Set<Integer> stopTokens, boolean closeInTime) {
    /** No minimum, the model's own end tokens, cut off at the limit. */
    public static final Ending USUAL = new Ending(0, Set.of(), false);

    /** Refuses negative numbers and more than a thousand tokens. */
    public Ending {
      stopTokens = Set.copyOf(stopTokens);
      if (minTokens < 0) {
        throw new JishiException.BadRequest(
            "min_tokens", "min_tokens must be 0 or more, not " + minTokens);
      }
      if (stopTokens.size() > 1000 || stopTokens.stream().anyMatch(t -> t < 0)) {
        throw new JishiException.BadRequest(
            "stop_token_ids", "stop_token_ids takes at most 1000 token ids, none below 0");
      }
    }
  }

  /**
   * What is wanted besides the text.
   *
   * @param logprobs log-probabilities of each token of the answer and of so many most likely ones
   *     beside it; -1 for none
   * @param promptLogprobs the same for the prompt, which is then computed as a whole
   * @param parts whether thoughts and tool calls are told from text, see {@link Part}; else all is
   *     text
   */
  public record Output(int logprobs, int promptLogprobs, boolean parts) {
    /** More alternatives than this are refused. */
    public static final int MAX_LOGPROBS = 20;

    /** The text alone. */
    public static final Output TEXT = new Output(-1, -1, false);

    /** Refuses counts out of range. */
    public Output {
      check("top_logprobs", logprobs);
      check("prompt_logprobs", promptLogprobs);
    }

    private static void check(String field, int count) {
      if (count < -1 || count > MAX_LOGPROBS) {
        throw new JishiException.BadRequest(
            field, field + " must be 0 to " + MAX_LOGPROBS + ", not " + count);
      }
    }
  }

  /**
   * How a request is served beside others.
   *
   * @param priority a step up counts as much as having come ten seconds earlier, so that nobody
   *     waits forever; 0 is usual
   * @param timeout when the answer is to end at the latest, counted from its start; what is there
   *     then is the answer ({@link Answer.Finish#DEADLINE}). Null waits
   * @param speculation where guesses of its tokens come from, which changes its time and never its
   *     answer; null takes the engine's
   */
  public record Service(int priority, Duration timeout, Speculation.Mode speculation) {
    /** The largest priority, and the smallest without its sign. */
    public static final int MAX_PRIORITY = 100;

    private static final Duration MAX_TIMEOUT = Duration.ofDays(1);

    /** No priority, no deadline. */
    public static final Service USUAL = new Service(0, null);

    /** With the engine's speculation. */
    public Service(int priority, Duration timeout) {
      this(priority, timeout, null);
    }

    /** The same with other guesses; null takes the engine's. */
    public Service with(Speculation.Mode other) {
      return new Service(priority, timeout, other);
    }

    /** Refuses what is out of range. */
    public Service {
      if (Math.abs((long) priority) > MAX_PRIORITY) {
        throw new JishiException.BadRequest(
            "priority",
            "priority must be " + -MAX_PRIORITY + " to " + MAX_PRIORITY + ", not " + priority);
      }
      if (timeout != null && (timeout.isNegative() || timeout.compareTo(MAX_TIMEOUT) > 0)) {
        throw new JishiException.BadRequest(
            "timeout", "timeout must be 0 to 24 hours, not " + timeout);
      }
    }
  }

  /**
   * An adapter that the engine has loaded: see {@link Engine#addAdapter}.
   *
   * @param name under which it was loaded
   * @param scale what it adds is multiplied by this; 1 is as trained
   */
  public record Adapted(String name, float scale) {
    /** Refuses what is no scale. */
    public Adapted {
      Objects.requireNonNull(name, "name");
      if (!(Math.abs(scale) <= 100)) {
        throw new JishiException.BadRequest(
            "adapter", "the scale of an adapter must be -100 to 100, not " + scale);
      }
    }
  }

  /** A conversation, with the defaults of the model. */
  public static Request chat(Message... messages) {
    return new Request(new Prompt.Chat(List.of(messages), Map.of()), null, 0, List.of());
  }

  /** Bare text to continue, with the defaults of the model. */
  public static Request text(String text) {
    return new Request(new Prompt.Text(text), null, 0, List.of());
  }

  /** The same request with another way of drawing tokens. */
  public Request with(Sampling other) {
    return new Request(
        prompt, other, maxTokens, stop, ending, constraint, output, service, adapter);
  }

  /** The same request with another limit of tokens. */
  public Request withMaxTokens(int tokens) {
    return new Request(
        prompt, sampling, tokens, stop, ending, constraint, output, service, adapter);
  }

  /** The same request with other stop texts. */
  public Request withStop(List<String> texts) {
    return new Request(
        prompt, sampling, maxTokens, texts, ending, constraint, output, service, adapter);
  }

  /** The same request with another ending. */
  public Request with(Ending other) {
    return new Request(
        prompt, sampling, maxTokens, stop, other, constraint, output, service, adapter);
  }

  /** The same request with another form of the answer. */
  public Request with(Constraint other) {
    return new Request(prompt, sampling, maxTokens, stop, ending, other, output, service, adapter);
  }

  /** The same request with other wishes besides the text. */
  public Request with(Output other) {
    return new Request(
        prompt, sampling, maxTokens, stop, ending, constraint, other, service, adapter);
  }

  /** The same request, served otherwise. */
  public Request with(Service other) {
    return new Request(
        prompt, sampling, maxTokens, stop, ending, constraint, output, other, adapter);
  }

  /** The same request to the model with an adapter, or without one where it is null. */
  public Request with(Adapted other) {
    return new Request(
        prompt, sampling, maxTokens, stop, ending, constraint, output, service, other);
  }
}
