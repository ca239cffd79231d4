// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.base.Json;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class CheckTest {
  @Test
  void jsonIsComparedByValue() {
    Check check = new Check.SameJson(Json.parse("test", "{\"a\": 1, \"b\": \"x\"}"));
    assertThat(check.accepts("{\"b\":\"x\",\n \"a\":1}", List.of())).isTrue();
    assertThat(check.accepts("{\"b\":\"x\",\"a\":2}", List.of())).isFalse();
    assertThat(check.accepts("{\"b\":\"x\",\"a\":1", List.of())).isFalse();
    assertThat(check.accepts("```{\"b\":\"x\",\"a\":1}```", List.of())).isFalse();
  }

  @Test
  void aPuzzleTakesAnyWayThatReachesTheTarget() {
    Check check = new Check.Reaches(List.of(4, 5, 7), 13);
    assertThat(check.accepts("4*5-7=13", List.of())).isTrue();
    assertThat(check.accepts("(5*4) - 7 = 13", List.of())).isTrue();
    assertThat(check.accepts("4+5+7=13", List.of())).isFalse();
    assertThat(check.accepts("6+7=13", List.of())).isFalse();
    assertThat(check.accepts("4*5-7", List.of())).isFalse();
    assertThat(check.accepts("4*5-7=14", List.of())).isFalse();
  }

  @Test
  void aCallTakesItsArgumentsInAnyOrderAndSaysNothing() {
    Turn.Call call = new Turn.Call("remind", Map.of("hour", 3, "text", "x"));
    Check check = new Check.Calls(call);
    Turn.Call same = new Turn.Call("remind", Map.of("text", "x", "hour", 3.0));
    assertThat(check.accepts(" ", List.of(same))).isTrue();
    assertThat(check.accepts("I will", List.of(same))).isFalse();
    assertThat(check.accepts("", List.of(same, same))).isFalse();
    Turn.Call other = new Turn.Call("remind", Map.of("text", "x", "hour", 4));
    assertThat(check.accepts("", List.of(other))).isFalse();
  }

  @Property
  void theStepsOfASumEndWithIt(
      @ForAll @IntRange(max = 99_999) int a, @ForAll @IntRange(max = 99_999) int b) {
    if (a + b > 0) {
      assertThat(last(Sums.plusSteps(a, b))).isEqualTo(a + b);
    }
    if (Math.max(a, b) > 0) {
      assertThat(last(Sums.minusSteps(Math.max(a, b), Math.min(a, b)))).isEqualTo(Math.abs(a - b));
    }
  }

  private static int last(String steps) {
    return Integer.parseInt(steps.substring(steps.lastIndexOf('→') + 1));
  }

  @Property
  void everyLineOfAProductIsTrue(
      @ForAll @IntRange(min = 1, max = 99) int a, @ForAll @IntRange(min = 1, max = 99) int b) {
    String steps = Products.steps(a, b);
    for (String line : steps.split("\n")) {
      String[] sides = line.replace('×', '*').split("=");
      assertThat(Expression.value(sides[0])).hasValue(Long.parseLong(sides[1]));
    }
    assertThat(steps).endsWith("=" + a * b);
  }

  @Property
  void whatIsNoExpressionHasNoValue(@ForAll @AlphaChars String text) {
    assertThat(Expression.value(text)).isEqualTo(OptionalLong.empty());
    assertThat(Expression.value("(1+2" + text)).isEqualTo(OptionalLong.empty());
  }
}
