// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.text.Normalizer;
import java.util.Random;
import java.util.function.UnaryOperator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Text composed stretch by stretch is what the platform's normaliser makes of it as a whole. */
class ComposedTextTest {
  /** Letters, marks, Hangul, letters of one's own decomposition, and characters beyond 16 bits. */
  private static final String CHARACTERS =
      "aez \u00e9\u00c5\u017f\u02ff\u0300\u0301\u0323\u0327\u0338\u0344\u0374\u212b\u1100\u1161\u11a8"
          + "\uac00\u4e2d\uf900\ufb1d\u0958\ud834\udd5e\ud83d\ude80";

  @Property(tries = 3000)
  void itIsTheNormalFormOfTheWhole(@ForAll long seed) {
    Random random = new Random(seed);
    int[] all = CHARACTERS.codePoints().toArray();
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(20); i > 0; i--) {
      text.appendCodePoint(all[random.nextInt(all.length)]);
    }
    for (Normalizer.Form form : Normalizer.Form.values()) {
      UnaryOperator<String> composed = HfNormalizer.unicode(form);
      assertThat(composed.apply(text.toString())).isEqualTo(Normalizer.normalize(text, form));
    }
  }
}
