// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;

/** Whatever a template says: text or one of our errors. */
class FuzzTest {
  private static final List<String> WORDS =
      List.of(
          "{{",
          "}}",
          "{%",
          "%}",
          "{#",
          "#}",
          "{%-",
          "-%}",
          "{{-",
          "-}}",
          "+%}",
          "\n",
          " ",
          "x",
          "if",
          "else",
          "elif",
          "endif",
          "for",
          "in",
          "endfor",
          "set",
          "endset",
          "macro",
          "endmacro",
          "call",
          "endcall",
          "filter",
          "endfilter",
          "with",
          "endwith",
          "raw",
          "endraw",
          "generation",
          "endgeneration",
          "break",
          "continue",
          "recursive",
          "is",
          "not",
          "and",
          "or",
          "defined",
          "string",
          "messages",
          "message",
          "tools",
          "loop",
          "loop.index0",
          "ns",
          "namespace(",
          "range(",
          "(",
          ")",
          "[",
          "]",
          "{",
          "}",
          ",",
          ":",
          ".",
          "|",
          "~",
          "+",
          "-",
          "*",
          "**",
          "/",
          "//",
          "%",
          "==",
          "!=",
          "<",
          ">=",
          "=",
          "'a'",
          "\"b\"",
          "'",
          "\\",
          "0",
          "1",
          "-1",
          "2.5",
          "1e9",
          "true",
          "none",
          "content",
          "role",
          ".role",
          "['content']",
          "[1:]",
          "[::-1]",
          "|length",
          "|tojson",
          "|join",
          "|map('upper')",
          "|list",
          "|sort",
          "|default('z')",
          "|replace('a', 'b')",
          "|int",
          "|selectattr('role', 'eq', 'user')",
          "|groupby('role')",
          "|batch(2)",
          "|indent",
          "|trim",
          ".split('a')",
          ".format(1)",
          "'%s' % ",
          ".items()",
          ".get('a')",
          "raise_exception('r')",
          "strftime_now('%Y')",
          "*x",
          "**x",
          "varargs",
          "kwargs",
          "caller()",
          "é",
          "😀",
          "\u0000");

  private static final Map<String, Object> VARIABLES =
      Map.of(
          "messages",
          List.of(
              Map.of("role", "system", "content", "s"),
              Map.of("role", "user", "content", "a\nb 😀"),
              Map.of("role", "assistant", "content", List.of(1L, 2.5, true, "x"))),
          "message",
          Map.of("role", "user"),
          "x",
          List.of(3L, 1L));

  @Provide
  Arbitrary<String> soups() {
    Arbitrary<String> word = Arbitraries.of(WORDS);
    return word.list().ofMaxSize(40).map(words -> String.join(" ", words));
  }

  @Provide
  Arbitrary<String> expressions() {
    Arbitrary<String> word = Arbitraries.of(WORDS.subList(23, WORDS.size()));
    return word.list()
        .ofMinSize(1)
        .ofMaxSize(8)
        .map(words -> "{% for loop_ in x %}{{ x" + String.join(" ", words) + " }}{% endfor %}");
  }

  @Property(tries = 4000, shrinking = ShrinkingMode.BOUNDED)
  void soupsOfTokensGiveTextOrAnError(@ForAll("soups") String source) {
    renders(source);
  }

  @Property(tries = 4000, shrinking = ShrinkingMode.BOUNDED)
  void soupsWithinAnExpressionGiveTextOrAnError(@ForAll("expressions") String source) {
    renders(source);
  }

  @Property(tries = 3000, shrinking = ShrinkingMode.BOUNDED)
  void damagedTemplatesGiveTextOrAnError(
      @ForAll("ours") String source,
      @ForAll int place,
      @ForAll int length,
      @ForAll("words") String word) {
    int from = Math.floorMod(place, source.length());
    int to = Math.min(source.length(), from + Math.floorMod(length, 12));
    renders(source.substring(0, from) + word + source.substring(to));
  }

  @Provide
  Arbitrary<String> words() {
    return Arbitraries.of(WORDS);
  }

  @Provide
  Arbitrary<String> ours() throws IOException {
    List<String> names =
        List.of("aquila2", "baichuan2", "chatglm3", "chatml", "llama2", "minicpm2");
    List<String> sources = new java.util.ArrayList<>();
    for (String name : names) {
      String file = "own-" + name + ".json";
      try (InputStream in = FuzzTest.class.getResourceAsStream(file)) {
        JsonObject golden = JsonObject.of(file, Json.parse(file, in.readAllBytes()));
        sources.add(golden.text("template").orElseThrow());
      }
    }
    return Arbitraries.of(sources);
  }

  private static void renders(String source) {
    try {
      assertThat(ChatTemplate.compile(source).render(VARIABLES)).isNotNull();
    } catch (JishiException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }
}
