// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.engine.grammar.Guide;
import io.jishi.text.StreamDecoder;

/**
 * What may come behind one text of a beam search, and whether it ends there: by the form and the
 * stop texts of its request. Beams that fork go on from the same one, which does not change. On the
 * driver's thread.
 */
final class BeamForm {
  private final TokenStream.Setup setup;
  private final Guide guide;
  private final boolean stopped;

  /** Of the empty text. */
  BeamForm(TokenStream.Setup setup) {
    this(setup, setup.guide(), false);
  }

  private BeamForm(TokenStream.Setup setup, Guide guide, boolean stopped) {
    this.setup = setup;
    this.guide = guide;
    this.stopped = stopped;
  }

  /** Whether there is a form, which texts keep only once they have ended. */
  boolean binding() {
    return guide != null;
  }

  /**
   * The tokens that may come, ends included; null where all may. Valid until the next call for any
   * beam of the search.
   *
   * @param left how many may still come
   */
  long[] mask(int left) {
    return guide == null ? null : guide.mask(left);
  }

  /**
   * Whether the form can be completed in time behind a token.
   *
   * @param token that may come and does not end an answer
   * @param left how many may come behind it
   */
  boolean fits(int token, int left) {
    if (guide == null) {
      return true;
    }
    Guide next = guide.copy();
    return next.accept(token) && next.closing() <= left;
  }

  /**
   * The form behind one more token, the last of the text.
   *
   * @param text with that token, which does not end an answer
   */
  BeamForm after(BeamSearch.Text text) {
    Guide next = guide == null ? null : guide.copy();
    int token = text.token().token();
    if (next != null && !next.accept(token)) {
      throw new IllegalStateException("token " + token + " was allowed but does not fit the form");
    }
    return new BeamForm(setup, next, stops(text));
  }

  /**
   * Whether a stop text stands in a text, as {@link TokenStream} finds it: read anew from its
   * beginning, since decoders cannot be forked; that is little beside a step of a model.
   */
  private boolean stops(BeamSearch.Text text) {
    if (setup.request().stop().isEmpty()) {
      return false;
    }
    StopMatcher stops = new StopMatcher(setup.request().stop());
    StreamDecoder decoder = setup.tokenizer().streamDecoder(setup.continuing());
    for (TokenLogprob token : text.tokens()) {
      stops.append(decoder.append(token.token()));
      if (setup.parser() != null && setup.tokenizer().isControl(token.token())) {
        stops.finish(); // no stop text reaches over a control token
      }
    }
    return stops.stopped();
  }

  /** Whether there is a form and the text has it. */
  boolean complete() {
    return guide != null && guide.complete();
  }

  /** Whether the text ends here: a stop text has come up, or nothing can follow in the form. */
  boolean ended() {
    return stopped || (guide != null && guide.ended());
  }
}
