// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.engine.grammar.Guide;
import io.jishi.engine.parts.PartParser;
import io.jishi.engine.sampling.Candidates;
import io.jishi.engine.sampling.Sampler;
import io.jishi.text.StreamDecoder;
import io.jishi.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * From logits to an answer, for one sequence: draws tokens within the form, makes them text, finds
 * the end, tells parts apart. It is called once a token, by whatever runs the model, on any thread
 * but on one at a time; it knows nothing of other sequences.
 */
final class TokenStream {
  /** There is no next token: the answer has ended. */
  static final int END = -1;

  private final Request request;
  private final Sampler sampler;
  private final Guide guide;
  private final Tokenizer tokenizer;
  private final StreamDecoder decoder;
  private final StopMatcher stops;
  private final PartParser parser;
  private final Set<Integer> endTokens;
  private final Consumer<Part> out;
  private final int most;
  private final long[] allowed;
  private final StringBuilder text = new StringBuilder();
  private final List<Part> parts = new ArrayList<>();
  private final List<TokenLogprob> logprobs = new ArrayList<>();
  private int[] tokens = new int[64];
  private int count;
  private int drawn;
  private Answer.Finish finish;
  private boolean ahead;
  private int aheadToken;
  private TokenLogprob aheadLogprob;
  private RuntimeException aheadFailure;

  /**
   * What a sequence starts with.
   *
   * @param prompt its tokens
   * @param sampling how to draw, never null
   * @param guide keeps the form, or null
   * @param parser tells parts apart, or null where all is text
   * @param endTokens end the answer and are not part of it
   * @param vocabulary number of logits
   * @param continuing whether a text stands before that the answer continues
   * @param room most tokens to generate, at least 1
   */
  record Setup(
      int[] prompt,
      Request request,
      Sampling sampling,
      Guide guide,
      PartParser parser,
      Tokenizer tokenizer,
      Set<Integer> endTokens,
      int vocabulary,
      boolean continuing,
      int room) {}

  /** A stream that hands on parts as they come. */
  TokenStream(Setup setup, Consumer<Part> out) {
    this.request = setup.request();
    this.sampler =
        new Sampler(
            setup.sampling(), setup.prompt(), breakers(setup.sampling(), setup.tokenizer()));
    this.guide = setup.guide();
    this.tokenizer = setup.tokenizer();
    this.decoder = setup.tokenizer().streamDecoder(setup.continuing());
    this.stops = new StopMatcher(request.stop());
    this.parser = setup.parser();
    this.endTokens = setup.endTokens();
    this.out = out;
    this.most = setup.room();
    this.allowed =
        request.ending().minTokens() > 0 ? new long[(setup.vocabulary() + 63) / 64] : null;
  }

  private static BitSet breakers(Sampling sampling, Tokenizer tokenizer) {
    BitSet found = new BitSet();
    Sampling.Dry dry = sampling.penalties().dry();
    for (int t = 0; dry != null && t < tokenizer.vocabSize(); t++) {
      String piece = new String(tokenizer.bytes(t), java.nio.charset.StandardCharsets.UTF_8);
      if (tokenizer.isControl(t) || dry.breakers().stream().anyMatch(piece::contains)) {
        found.set(t);
      }
    }
    return found;
  }

  /**
   * Draws the next token.
   *
   * @param logits after all tokens so far; not changed
   * @return the token to compute next, or {@link #END}
   */
  int next(float[] logits, Candidates space) {
    if (guide != null && guide.ended()) {
      return close(Answer.Finish.STOP);
    }
    if (drawn == most) {
      return close(Answer.Finish.LENGTH);
    }
    if (!ahead) {
      draw(logits, mask(), space);
    }
    ahead = false;
    if (aheadFailure != null) {
      throw aheadFailure;
    }
    int token = aheadToken;
    drawn++;
    sampler.accept(token);
    if (aheadLogprob != null) {
      logprobs.add(aheadLogprob);
    }
    if (endTokens.contains(token)) {
      return close(Answer.Finish.STOP);
    }
    if (guide != null && !guide.accept(token)) {
      throw new IllegalStateException("token " + token + " was allowed but does not fit the form");
    }
    add(token);
    if (stops.stopped()) {
      return close(Answer.Finish.STOP);
    }
    boolean last = drawn == most || (guide != null && guide.ended());
    return last ? next(logits, space) : token; // ends without another step of the model
  }

  /** Whether {@link #next} will draw, so that {@link #drawAhead} may do it before. */
  boolean draws() {
    return drawn < most && !(guide != null && guide.ended());
  }

  /**
   * What may come next; null where everything may, or where {@link #next} tells why nothing can.
   */
  long[] prepare() {
    try {
      return mask();
    } catch (Throwable t) {
      fail(t);
      return null;
    }
  }

  private void fail(Throwable t) {
    aheadFailure = Runner.failure(t);
    ahead = true;
  }

  /**
   * Draws what {@link #next} is then to take. Other streams may draw at the same time: nothing that
   * they share is used.
   *
   * @param allowed of {@link #prepare}
   */
  void drawAhead(float[] logits, long[] allowed, Candidates space) {
    if (aheadFailure != null) {
      return;
    }
    try {
      draw(logits, allowed, space);
      ahead = true;
    } catch (Throwable t) { // told when it is this stream's turn
      fail(t);
    }
  }

  /** Whether the next token is drawn already, so that its logits are not needed any more. */
  boolean isDrawn() {
    return ahead;
  }

  private void draw(float[] logits, long[] allowed, Candidates space) {
    aheadToken = sampler.draw(logits, allowed, space);
    int asked = request.output().logprobs();
    aheadLogprob = asked < 0 ? null : TokenLogprob.of(logits, aheadToken, asked);
  }

  /** Null where every token may come. */
  private long[] mask() {
    long[] form = guide == null ? null : guide.mask(most - drawn);
    if (drawn >= request.ending().minTokens() || (form != null && guide.complete())) {
      return form;
    }
    if (form == null) {
      Arrays.fill(allowed, -1);
      form = allowed;
    }
    for (int t : endTokens) {
      if (t >> 6 < form.length) {
        form[t >> 6] &= ~(1L << t);
      }
    }
    return form;
  }

  private void add(int token) {
    if (count == tokens.length) {
      tokens = Arrays.copyOf(tokens, count * 2);
    }
    tokens[count++] = token;
    if (parser != null && tokenizer.isControl(token)) {
      text(stops.append(decoder.append(token)));
      text(stops.finish()); // no stop text reaches over a control token
      parser.control(tokenizer.piece(token), this::emit);
    } else {
      text(stops.append(decoder.append(token)));
    }
  }

  private void text(String piece) {
    if (piece.isEmpty()) {
      return;
    }
    text.append(piece);
    if (parser == null) {
      out.accept(new Part.Text(piece));
    } else {
      parser.text(piece, this::emit);
    }
  }

  private void emit(Part part) {
    parts.add(part);
    out.accept(part);
  }

  private int close(Answer.Finish why) {
    if (finish == null) {
      finish = why;
      text(stops.append(decoder.finish()));
      text(stops.finish());
      if (parser != null) {
        parser.finish(this::emit);
      }
      if (stops.stopped() && finish == Answer.Finish.LENGTH) {
        finish = Answer.Finish.STOP;
      }
    }
    return END;
  }

  /**
   * Takes an answer that was found elsewhere, whole.
   *
   * @param found its tokens
   * @param ended whether the last one is a token that ends it and is no part of it
   */
  void take(List<TokenLogprob> found, boolean ended, Answer.Finish why) {
    for (int i = 0; i < found.size() - (ended ? 1 : 0); i++) {
      add(found.get(i).token());
    }
    drawn = found.size();
    if (request.output().logprobs() >= 0) {
      logprobs.addAll(found);
    }
    close(why);
  }

  /** Ends the stream from outside, where it has not ended. */
  void end(Answer.Finish why) {
    close(why);
  }

  /** Tokens drawn so far, the end token included. */
  int drawn() {
    return drawn;
  }

  /** Why it ended, or null. */
  Answer.Finish finish() {
    return finish;
  }

  /** The answer, once it has ended. */
  Answer answer(Usage usage, List<TokenLogprob> prompt) {
    List<Part> all = parser == null ? List.of(new Part.Text(text.toString())) : joined();
    return new Answer(
        text.toString(), Arrays.copyOf(tokens, count), finish, usage, all, logprobs, prompt);
  }

  /** Neighbours of one kind as one part. */
  private List<Part> joined() {
    List<Part> all = new ArrayList<>();
    for (Part part : parts) {
      Part last = all.isEmpty() ? null : all.getLast();
      if (part instanceof Part.Text t && last instanceof Part.Text l) {
        all.set(all.size() - 1, new Part.Text(l.text() + t.text()));
      } else if (part instanceof Part.Reasoning t && last instanceof Part.Reasoning l) {
        all.set(all.size() - 1, new Part.Reasoning(l.text() + t.text()));
      } else {
        all.add(part);
      }
    }
    return all;
  }
}
