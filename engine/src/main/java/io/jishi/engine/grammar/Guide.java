// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import java.util.Arrays;

/**
 * Keeps one sequence in its form: says before each token which may come, and is told which came.
 * The form may hold from the beginning, or from behind a trigger, or behind thoughts that the model
 * may have first. For one thread at a time; everything large is shared.
 */
public final class Guide {
  /**
   * Text before the form.
   *
   * @param open begins it, where it need not come; null where it has begun
   * @param close ends it
   */
  public record Before(Trigger open, Trigger close) {}

  private enum Phase {
    /** Thoughts may begin, or the form. */
    UNDECIDED,
    /** Free text until the trigger. */
    FREE,
    /** The form. */
    FORM
  }

  private final long[] endTokens;
  private final Trigger close;
  private final boolean closeInTime;
  private final long[] mask;
  private final long[] more;
  private final Trigger open;
  private int opened;
  private Matcher form;
  private final Grammar behind;
  private Phase phase;
  private int closed;

  /** Whether what came so far may belong to the form. */
  private boolean formFits = true;

  /**
   * A guide.
   *
   * @param form the form where it stands first
   * @param behind the form where it stands behind something
   * @param before what may stand before it, or null
   * @param first whether the text begins with the answer
   * @param endTokens a mask of the tokens that end an answer
   * @param closeInTime whether only tokens may come behind which the form can still be closed
   *     within the tokens that are left
   */
  public Guide(
      Grammar form,
      Grammar behind,
      Before before,
      boolean first,
      long[] endTokens,
      boolean closeInTime) {
    this.behind = behind;
    this.endTokens = endTokens;
    this.closeInTime = closeInTime;
    this.close = before == null ? null : before.close();
    this.open = before == null ? null : before.open();
    this.phase = before == null ? Phase.FORM : open == null ? Phase.FREE : Phase.UNDECIDED;
    this.form = phase == Phase.FREE ? behind.matcher(false) : form.matcher(first);
    this.mask = new long[this.form.words()];
    this.more = new long[mask.length];
  }

  private Guide(Guide from) {
    this.behind = from.behind;
    this.endTokens = from.endTokens;
    this.closeInTime = from.closeInTime;
    this.close = from.close;
    this.open = from.open;
    this.phase = from.phase;
    this.form = from.form.copy();
    this.opened = from.opened;
    this.closed = from.closed;
    this.formFits = from.formFits;
    this.mask = from.mask;
    this.more = from.more;
  }

  /** One that stands where this one does, to try tokens; the memory of their masks is shared. */
  public Guide copy() {
    return new Guide(this);
  }

  /** Whether the form is complete and nothing can follow. */
  public boolean ended() {
    return phase == Phase.FORM && form.ended();
  }

  /** Whether the answer may end here. */
  public boolean complete() {
    return phase != Phase.FREE && formFits && form.complete();
  }

  /** So many tokens bring the text to its end; 0 where the form has not begun. */
  public long closing() {
    return phase == Phase.FORM ? form.closing() : 0;
  }

  /**
   * The tokens that may come, end tokens included: valid until the next call.
   *
   * @param left how many tokens may still be generated
   */
  public long[] mask(int left) {
    if (phase == Phase.FREE) {
      free();
      if (closeInTime && left <= close.remaining(closed) + form.closing()) {
        hasten();
      }
      return mask;
    }
    if (formFits) {
      form.mask(mask, closeInTime ? Math.max(0, left - 1) : Integer.MAX_VALUE);
    } else {
      Arrays.fill(mask, 0);
    }
    if (phase == Phase.UNDECIDED && (!formFits || hasTimeToThink(left))) {
      open.continuations(opened, more);
      or(more);
    }
    if (complete()) {
      or(endTokens);
    }
    return mask;
  }

  /** Everything but an end, and but tokens that would go over the trigger into a wrong form. */
  private void free() {
    Arrays.fill(mask, -1);
    close.straddling(closed, form, more);
    for (int w = 0; w < mask.length; w++) {
      mask[w] &= ~more[w] & ~endTokens[w];
    }
  }

  /** No room for more free text: it is led to the trigger, where any token leads there. */
  private void hasten() {
    close.continuations(closed, more);
    boolean leads = false;
    for (int w = 0; w < mask.length; w++) {
      leads |= (mask[w] & more[w]) != 0;
    }
    for (int w = 0; leads && w < mask.length; w++) {
      mask[w] &= more[w];
    }
  }

  /** Whether thoughts can begin and end and the form behind them be closed. */
  private boolean hasTimeToThink(int left) {
    return !closeInTime
        || left >= open.remaining(opened) + close.remaining(0) + behind.matcher(false).closing();
  }

  private void or(long[] other) {
    for (int w = 0; w < Math.min(mask.length, other.length); w++) {
      mask[w] |= other[w];
    }
  }

  /** Takes the token that came; false where it does not fit. */
  public boolean accept(int token) {
    return switch (phase) {
      case FORM -> form.accept(token);
      case FREE -> {
        closed = close.advance(closed, token);
        if (close.fired(closed)) {
          phase = Phase.FORM;
          byte[] rest = close.rest(closed, token);
          yield rest.length == 0 || form.accept(rest, 0);
        }
        yield true;
      }
      case UNDECIDED -> undecided(token);
    };
  }

  private boolean undecided(int token) {
    boolean fits = formFits && form.accept(token);
    formFits = fits;
    opened = open.advance(opened, token);
    if (open.fired(opened)) {
      phase = Phase.FREE;
      form = behind.matcher(false);
      formFits = true;
      return true;
    }
    if (!open.begun(opened)) {
      phase = Phase.FORM;
      return fits;
    }
    return true;
  }
}
