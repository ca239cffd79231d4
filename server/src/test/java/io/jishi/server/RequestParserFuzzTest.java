// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever a caller sends, the parser gives a call or a bad request, nothing else. */
class RequestParserFuzzTest {
  private static final String VALID =
      """
      {"model":"m","messages":[{"role":"system","content":"Be brief."},
      {"role":"user","content":[{"type":"text","text":"Hi \\u4e16"}]}],"prompt":"x",
      "temperature":0.5,"top_p":0.9,"top_k":40,"min_p":0.05,"seed":42,"stop":["a"],"n":1,
      "stream":false,"stream_options":{"include_usage":true},"max_tokens":5,"tools":[],
      "response_format":{"type":"text"},"logit_bias":{},"priority":1,"timeout":2.5,
      "adapter":{"name":"a","scale":1},"beams":2,"early_stopping":false,"length_penalty":1,
      "best_of":3,"use_beam_search":true,"chat_template_kwargs":{"x":true}}\
      """;

  private static final List<String> FIELDS =
      List.copyOf(((Map<?, ?>) Json.parse("test", VALID)).keySet()).stream()
          .map(Object::toString)
          .toList();

  @Property(tries = 1000)
  void randomBytes(@ForAll byte[] body) {
    parse(body);
  }

  @Property(tries = 2000)
  void aValidRequestWithOneByteChanged(@ForAll int at, @ForAll byte value) {
    byte[] body = VALID.getBytes(StandardCharsets.UTF_8);
    body[Math.floorMod(at, body.length)] = value;
    parse(body);
  }

  @Property(tries = 500)
  void aValidRequestCutShort(@ForAll int length) {
    byte[] body = VALID.getBytes(StandardCharsets.UTF_8);
    parse(Arrays.copyOf(body, Math.floorMod(length, body.length)));
  }

  @Property(tries = 2000)
  void aValidRequestWithFieldsOfAnyKind(@ForAll long seed) {
    Random random = new Random(seed);
    Map<Object, Object> request = new LinkedHashMap<>((Map<?, ?>) Json.parse("test", VALID));
    for (int i = random.nextInt(3); i >= 0; i--) {
      request.put(FIELDS.get(random.nextInt(FIELDS.size())), value(random, 3));
    }
    parse(Json.write(request).getBytes(StandardCharsets.UTF_8));
  }

  @Property(tries = 20)
  void deepNesting(@ForAll boolean arrays, @ForAll("fields") String field) {
    String open = arrays ? "[" : "{\"type\":";
    for (int depth : new int[] {100, 127, 128, 10_000, 500_000}) {
      parse(("{\"" + field + "\":" + open.repeat(depth)).getBytes(StandardCharsets.UTF_8));
      String closed = open.repeat(depth) + "1" + (arrays ? "]" : "}").repeat(depth);
      parse(("{\"" + field + "\":" + closed + "}").getBytes(StandardCharsets.UTF_8));
    }
  }

  @Property(tries = 200)
  void hugeNumbers(@ForAll("fields") String field, @ForAll("digits") String number) {
    parse(("{\"prompt\":\"x\",\"" + field + "\":" + number + "}").getBytes(StandardCharsets.UTF_8));
  }

  @Provide
  Arbitrary<String> fields() {
    return Arbitraries.of(FIELDS);
  }

  @Provide
  Arbitrary<String> digits() {
    return Arbitraries.of("9".repeat(50), "9".repeat(100_000), "1e400", "-1e-400", "1e999999999");
  }

  private static Object value(Random random, int depth) {
    return switch (random.nextInt(depth > 0 ? 9 : 7)) {
      case 0 -> null;
      case 1 -> random.nextBoolean();
      case 2 -> random.nextLong();
      case 3 -> (long) random.nextInt(-2, 3);
      case 4 -> random.nextGaussian();
      case 5 -> BigInteger.TWO.pow(random.nextInt(300)).negate();
      case 6 -> List.of("", "text", "user", "auto", "\ud800", "\0").get(random.nextInt(6));
      case 7 -> {
        List<Object> list = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
          list.add(value(random, depth - 1));
        }
        yield list;
      }
      default -> {
        Map<String, Object> map = new LinkedHashMap<>();
        for (String key : List.of("role", "content", "type", "text", "include_usage")) {
          if (random.nextBoolean()) {
            map.put(key, value(random, depth - 1));
          }
        }
        yield map;
      }
    };
  }

  private static void parse(byte[] body) {
    for (Call.Api api : Call.Api.values()) {
      try {
        Call call = RequestParser.parse(api, body);
        assertThat(call.api()).isEqualTo(api);
        assertThat(call.choices()).isPositive();
      } catch (JishiException.BadRequest e) {
        assertThat(e).hasMessageMatching("(?s).{5,2000}");
      }
    }
  }
}
