// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ForwardingOpsTest {
  /** Composed by the waist itself, so that an override sees the operations inside. */
  private static final Set<String> COMPOSED = Set.of("feedForward", "headLinear");

  @Test
  void everyOperationOfTheWaistIsPassedOnOrComposed() {
    Set<String> waist = names(Ops.class);
    waist.removeAll(COMPOSED);
    assertThat(names(ForwardingOps.class)).containsExactlyInAnyOrderElementsOf(waist);
  }

  private static Set<String> names(Class<?> type) {
    return Arrays.stream(type.getDeclaredMethods())
        .filter(m -> !m.isSynthetic() && !java.lang.reflect.Modifier.isPrivate(m.getModifiers()))
        .map(Method::getName)
        .collect(Collectors.toSet());
  }
}
