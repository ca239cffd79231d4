// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;

class StopMatcherTest {

  @Property(tries = 2000)
  void theTextEndsAtTheFirstStopHoweverItIsCut(
      @ForAll @CharRange(from = 'a', to = 'c') @StringLength(max = 30) String text,
      @ForAll @Size(max = 3)
          List<@CharRange(from = 'a', to = 'c') @StringLength(min = 1, max = 4) String> stops,
      @ForAll @IntRange(min = 1, max = 5) int piece) {
    StopMatcher matcher = new StopMatcher(stops);
    StringBuilder out = new StringBuilder();
    for (int at = 0; at < text.length() && !matcher.stopped(); at += piece) {
      out.append(matcher.append(text.substring(at, Math.min(text.length(), at + piece))));
    }
    boolean stopped = matcher.stopped();
    out.append(matcher.finish());
    if (stopped) {
      // Stops that overlap may end at different pieces; the first complete one counts.
      assertThat(text).startsWith(out.toString());
      String rest = text.substring(out.length());
      assertThat(stops.stream().filter(rest::startsWith).collect(Collectors.toList())).isNotEmpty();
    } else {
      assertThat(out).hasToString(text);
    }
    assertThat(stops).noneMatch(stop -> out.indexOf(stop) >= 0);
  }
}
