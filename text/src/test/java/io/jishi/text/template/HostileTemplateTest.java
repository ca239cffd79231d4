// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Templates and variables that would eat time, memory or stack. */
class HostileTemplateTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ range(10**9)|list }}",
        "{% for x in range(100000) %}{% for y in range(100000) %}{% endfor %}{% endfor %}",
        "{{ 'x' * 10**9 }}",
        "{{ 'x' * 10**18 }}",
        "{{ [1] * 10**9 }}",
        "{{ 10**(10**9) }}",
        "{% set n = namespace(v=3) %}{% for x in range(99) %}{% set n.v = n.v ** 9 %}{% endfor %}",
        "{{ 'x'.ljust(2000000000) }}",
        "{{ '%2000000000d' % 1 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ '{:999999999}'.format(1) }}",
        "{{ '{:.999999999f}'.format(1.5) }}",
        "{{ 'a\\tb'.expandtabs(2000000000) }}",
        "{{ 'x'|center(2000000000) }}",
        "{{ 'a\\nb'|indent(2000000000) }}",
        "{{ [1]|tojson(indent=2000000000) }}",
        "{{ [1]|batch(2000000000, 0)|list }}",
        "{{ [1]|slice(2000000000)|list }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% macro a(x) %}{{ b(x) }}{% endmacro %}{% macro b(x) %}{{ a([x]) }}{% endmacro %}{{ a(1)"
            + " }}",
        "{% macro m() %}{{ caller() }}{% call m() %}{{ caller() }}{% endcall %}{% endmacro %}"
            + "{% call m() %}{% endcall %}",
        "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{% set n = namespace(v='xy') %}{% for x in range(99) %}{% set n.v = n.v + n.v %}{% endfor"
            + " %}",
        "{% set n = namespace(v='xy') %}{% for x in range(99) %}{% set n.v = n.v.replace('x', n.v)"
            + " %}{% endfor %}",
        "{% set n = namespace(v=[1]) %}{% for x in range(99) %}{% set n.v = n.v + n.v %}{% endfor"
            + " %}",
        "{% set n = namespace(v=1) %}{% for x in range(99) %}{% set n.v = [n.v, n.v] %}{% endfor %}"
            + "{{ n.v }}",
        "{% set n = namespace(v=1) %}{% for x in range(99) %}{% set n.v = [n.v, n.v] %}{% endfor %}"
            + "{{ n.v|tojson }}",
        "{% set n = namespace(v=1, w=1) %}{% for x in range(99) %}{% set n.v = [n.v, n.v] %}"
            + "{% set n.w = [n.w, n.w] %}{% endfor %}{{ n.v == n.w }}",
        "{% set n = namespace(v=1) %}{% for x in range(9999) %}{% set n.v = [n.v] %}{% endfor %}"
            + "{{ n.v }}",
        "{% set n = namespace(v=1) %}{% for x in range(9999) %}{% set n.v = (n.v,) %}{% endfor %}"
            + "{{ {n.v: 1} }}",
        "{% set n = namespace() %}{% set n.v = n %}{{ n }}",
        "{% set n = namespace() %}{% set n.v = [n] %}{{ n.v|tojson }}",
        "{% set a = 'a' * 5000000 %}{{ (a + 'b') in (a + a) }}",
        "{% set a = 'a' * 9000000 %}{{ a.count(a[:4000000] + 'b') }}",
        "{% set a = 'a' * 9000000 %}{% set b = 'a' * 9000000 %}{% for x in range(99999) %}"
            + "{{ a == b }}{% endfor %}",
        "{% set a = 'a' * 9000000 %}{% for x in range(99999) %}{{ a|length }}{% endfor %}",
        "{% set a = 'a' * 9000000 %}{% for x in range(99999) %}{{ a.isalpha() }}{% endfor %}",
        "{% set a = ' ' * 9000000 %}{% for x in range(99999) %}{{ a|trim }}{% endfor %}",
        "{% set a = 'a' * 9000000 %}{% for x in range(99999) %}{{ a|wordcount }}{% endfor %}",
        "{% set a = 'a' * 9000000 %}{% for x in range(99999) %}{{ '%s'|format(a)|length }}{% endfor"
            + " %}",
        "{% set a = 'a' * 9000000 %}{% for x in range(99999) %}{{ a|int }}{{ a|float }}{% endfor"
            + " %}",
        "{% set a = range(100000)|list %}{% for x in a %}{{ -1 in a }}{% endfor %}",
        "{% set a = range(100000)|list %}{% for x in a %}{% set b = a|sort %}{% endfor %}",
        "{% set a = range(100000)|list %}{% for x in a %}{{ a.index(99999) }}{% endfor %}",
        "{% set a = range(100000)|list %}{% for x in a %}{% set b = a|reverse|list %}{% endfor %}",
        "{% set d = dict(range(100000)|map('string')|batch(2)) %}{% for x in range(99999) %}"
            + "{% set b = d.items() %}{% endfor %}",
        "{% set n = namespace(v=1) %}{% for x in range(99) %}{% set n.v = [n.v, n.v] %}{% endfor %}"
            + "{{ [][n.v].x }}",
        "{% set n = namespace(v=1) %}{% for x in range(99) %}{% set n.v = (n.v, n.v) %}{% endfor %}"
            + "{{ {}[n.v].x }}",
        "{% set n = namespace(v=1) %}{% for x in range(99) %}{% set n.v = [n.v, n.v] %}{% endfor %}"
            + "{{ {n: 1} }}",
        "{% set n = namespace() %}{% set n.n = n %}{{ [n, n]|unique|list }}",
        "{% macro m() %}{% endmacro %}{{ {m: 1} }}",
        "{% set a = 'a' * 9000000 %}{% for x in range(99999) %}{% for y in range(99) %}"
            + "{{ 5[a] is defined }}{% endfor %}{% endfor %}",
        "{% set a = '%(' * 500000 %}{{ a % {} }}",
        "{% set a = range(100000) %}{% for x in a %}{{ a|sum }}{% endfor %}",
        "{% set a = 'a' * 2000000 %}{{ '{0}{0}{0}{0}{0}{0}{0}{0}'.format(a).format() * 9 }}",
        "{% set a = 'a' * 9000000 %}{% set b = {a: 1} %}{% for x in range(99999) %}"
            + "{{ 'a' * 9000000 in b }}{% endfor %}",
      })
  void workTextAndDepthAreBounded(String source) {
    assertThatThrownBy(() -> ChatTemplate.compile(source).render(Map.of()))
        .isInstanceOf(JishiException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(",
        "[",
        "{1:",
        "-",
        "+",
        "not ",
        "x[",
        "f(",
        "x if x else ",
        "'a' ~ (",
        "x|f(",
        "x is y(",
        "{% if x %}",
        "{% for x in y %}",
        "{% macro m() %}",
        "{% set x %}",
        "{% call m() %}",
        "{% filter f %}",
        "{% with %}",
        "{% for (",
        "{{ {",
        "{% if x is y",
        "x.y[0](1)|f, ",
        "{#",
        "{{",
        "{% raw %}",
        "1 ** ",
        "a and ",
        "a < ",
        "'",
        "{% generation %}"
      })
  void deepOrEndlessSourceIsAnError(String piece) {
    String source =
        (piece.startsWith("{%") || piece.startsWith("{#") ? "" : "{{ ") + piece.repeat(30_000);
    assertThatThrownBy(() -> ChatTemplate.compile(source).render(Map.of()))
        .isInstanceOf(JishiException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"+1", ".a", "[0]", "|list", "()", " and 1", " or 0", "~1", " if 1", "==1"})
  void longChainsAreAnErrorOrAnAnswer(String piece) {
    ChatTemplate template = ChatTemplate.compile("{{ 1" + piece.repeat(100_000) + " }}");
    try {
      assertThat(template.render(Map.of())).isNotNull();
    } catch (JishiException e) {
      assertThat(e.getMessage()).startsWith("chat template, line 1");
    }
  }

  @Test
  void ordinaryChainsAreNoProblem() {
    assertThat(ChatTemplate.compile("{{ 1" + "+1".repeat(200) + " }}").render(Map.of()))
        .isEqualTo("201");
  }

  @Test
  void nestedVariablesAreBoundedToo() {
    Object value = 1L;
    for (int i = 0; i < 100_000; i++) {
      value = List.of(value);
    }
    Map<String, Object> variables = new HashMap<>(Map.of("x", value));
    assertThatThrownBy(() -> ChatTemplate.compile("{{ x }}").render(variables))
        .isInstanceOf(JishiException.BadRequest.class);
  }

  @Test
  void theDepthFitsTheStackOfASmallThread() throws InterruptedException {
    List<Throwable> thrown = new ArrayList<>();
    ChatTemplate template =
        ChatTemplate.compile(
            "{% macro m(x) %}{% for y in [1] %}{% if y %}{{ '' ~ (m([x])|trim) }}{% endif %}"
                + "{% endfor %}{% endmacro %}{{ m(1) }}");
    Thread thread =
        new Thread(
            null,
            () -> {
              try {
                template.render(Map.of());
              } catch (RuntimeException | Error e) {
                thrown.add(e);
              }
            },
            "small",
            512 << 10);
    thread.start();
    thread.join();
    assertThat(thrown).hasSize(1);
    assertThat(thrown.getFirst())
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageContaining("levels deep");
  }

  @Test
  void aLongConversationIsNoAttack() {
    List<Object> messages = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      messages.add(
          Map.of("role", i % 2 == 0 ? "user" : "assistant", "content", "word ".repeat(400)));
    }
    String text =
        ChatTemplate.compile(
                "{% for m in messages %}{% if m.role == 'user' or '</think>' not in m.content %}"
                    + "{{ '<|im_start|>' + m.role + '\\n' + m.content|trim + '<|im_end|>\\n' }}"
                    + "{% endif %}{% endfor %}")
            .render(Map.of("messages", messages));
    assertThat(text).hasSizeGreaterThan(4_000_000);
  }
}
