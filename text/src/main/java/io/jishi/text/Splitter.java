// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

/**
 * Cuts at the matches of a pattern.
 *
 * @param invert whether what lies between the matches counts as matched instead
 */
record Splitter(BoundedPattern pattern, Behaviour behaviour, boolean invert)
    implements PreTokenizer {

  /** What becomes of the matches. */
  enum Behaviour {
    /** Nothing: they are dropped. */
    REMOVED,
    /** Words of their own. */
    ISOLATED,
    /** Neighbours of one kind become one word. */
    CONTIGUOUS,
    /** A match ends the word before it. */
    MERGED_WITH_PREVIOUS,
    /** A match begins the word after it. */
    MERGED_WITH_NEXT
  }

  /** Each match a word, and what lies between too. */
  static Splitter isolated(String source, String regex) {
    return new Splitter(BoundedPattern.of(source, regex), Behaviour.ISOLATED, false);
  }

  @Override
  public void split(String whole, int start, int to, boolean first, Sink out) {
    String text = whole.substring(start, to);
    Spans spans = spans(text);
    int from = 0;
    for (int i = 0; i < spans.count(); i++) {
      boolean dropped = behaviour == Behaviour.REMOVED && spans.matched(i);
      boolean ends = i + 1 == spans.count() || endsAfter(spans, i);
      if (ends && !dropped && from < spans.end(i)) {
        out.accept(text, from, spans.end(i), first && from == 0);
      }
      if (ends) {
        from = spans.end(i);
      }
    }
  }

  private boolean endsAfter(Spans spans, int i) {
    boolean here = spans.matched(i);
    boolean next = spans.matched(i + 1);
    return switch (behaviour) {
      case REMOVED, ISOLATED -> true;
      case CONTIGUOUS -> here != next;
      case MERGED_WITH_PREVIOUS -> here || !next;
      case MERGED_WITH_NEXT -> !here || next;
    };
  }

  /** The text as matches and gaps, in order. */
  private Spans spans(String text) {
    IntList matches = pattern.matches(text);
    Spans spans = new Spans(new IntList(), new java.util.BitSet());
    int at = 0;
    for (int i = 0; i < matches.size(); i += 2) {
      if (at < matches.get(i)) {
        spans.add(matches.get(i), invert);
      }
      spans.add(matches.get(i + 1), !invert);
      at = matches.get(i + 1);
    }
    if (at < text.length()) {
      spans.add(text.length(), invert);
    }
    return spans;
  }

  private record Spans(IntList ends, java.util.BitSet matches) {
    void add(int end, boolean matched) {
      matches.set(ends.size(), matched);
      ends.add(end);
    }

    int count() {
      return ends.size();
    }

    int end(int i) {
      return ends.get(i);
    }

    boolean matched(int i) {
      return matches.get(i);
    }
  }
}
