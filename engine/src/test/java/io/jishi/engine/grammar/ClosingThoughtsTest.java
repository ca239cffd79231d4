// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Thoughts before a form end early enough for the form to be closed. */
class ClosingThoughtsTest {
  private static final int END = 256;
  private static final int THINK = 257;
  private static final int THOUGHT = 258;
  private static final String FORM = "[0-9]{4}-[a-f]{2}"; // 7 tokens of one byte

  /** All single bytes, an end, and two control tokens. */
  private static GrammarCompiler compiler() {
    byte[][] bytes = new byte[259][];
    for (int t = 0; t < END; t++) {
      bytes[t] = new byte[] {(byte) t};
    }
    return new GrammarCompiler(bytes, false);
  }

  /** What comes of tokens drawn at random among those that the guide lets through. */
  private static String drawn(boolean control, boolean begun, int limit, long seed) {
    GrammarCompiler compiler = compiler();
    Grammar form = compiler.regex("regex", FORM);
    Trigger open = compiler.trigger("<t>", control ? THINK : -1);
    Trigger close = compiler.trigger("</t>", control ? THOUGHT : -1);
    long[] ends = new long[compiler.words()];
    ends[END >> 6] |= 1L << END;
    Guide guide =
        new Guide(form, form, new Guide.Before(begun ? null : open, close), true, ends, true);
    SplittableRandom random = new SplittableRandom(seed);
    StringBuilder text = new StringBuilder();
    for (int left = limit; left > 0 && !guide.ended(); left--) {
      long[] mask = guide.mask(left);
      int[] may = IntStream.range(0, 259).filter(t -> (mask[t >> 6] >> t & 1) != 0).toArray();
      assertThat(may).isNotEmpty();
      int token = may[random.nextInt(may.length)];
      assertThat(guide.accept(token)).isTrue();
      text.append(
          switch (token) {
            case END -> "";
            case THINK -> "<t>";
            case THOUGHT -> "</t>";
            default -> new String(new byte[] {(byte) token}, StandardCharsets.ISO_8859_1);
          });
    }
    return text.toString();
  }

  @Test
  void thoughtsThatHaveBegunEndInTime() {
    for (boolean control : new boolean[] {true, false}) {
      int least = (control ? 1 : 4) + 7;
      for (int limit = least; limit < least + 20; limit++) {
        assertThat(drawn(control, true, limit, limit)).matches("(?s).*</t>" + FORM);
      }
    }
  }

  @Test
  void thoughtsThatNeedNotComeAreLeftOutWhereThereIsNoTime() {
    for (boolean control : new boolean[] {true, false}) {
      for (int limit = 7; limit < 40; limit++) {
        String text = drawn(control, false, limit, limit);
        assertThat(text).matches("(?s)(<t>.*</t>)?" + FORM);
      }
    }
  }
}
