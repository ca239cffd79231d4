// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.parts;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.engine.Part;
import io.jishi.engine.Tool;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class PartParserTest {
  private static final Tool WEATHER =
      new Tool(
          "get_weather",
          "",
          Map.of(
              "type",
              "object",
              "properties",
              Map.of("city", Map.of("type", "string"), "days", Map.of("type", "integer")),
              "required",
              List.of("city"),
              "additionalProperties",
              false));

  private static final String ARGUMENTS = "{\"city\":\"北京\",\"days\":2}";

  /** As the families' templates write the same call. */
  private static final Map<Syntax.Tools, List<String>> CALLS =
      Map.of(
          Syntax.Tools.TAGS,
          List.of(
              "<tool_call>\n"
                  + "{\"name\": \"get_weather\", \"arguments\": {\"city\": \"北京\", \"days\": 2}}\n"
                  + "</tool_call>",
              "<tool_call>\n"
                  + "<function=get_weather>\n"
                  + "<parameter=city>\n"
                  + "北京\n"
                  + "</parameter>\n"
                  + "<parameter=days>\n"
                  + "2\n"
                  + "</parameter>\n"
                  + "</function>\n"
                  + "</tool_call>",
              "<tool_call>get_weather\n"
                  + "<arg_key>city</arg_key>\n"
                  + "<arg_value>北京</arg_value>\n"
                  + "<arg_key>days</arg_key>\n"
                  + "<arg_value>2</arg_value>\n"
                  + "</tool_call>"),
          Syntax.Tools.LLAMA,
          List.of("{\"name\": \"get_weather\", \"parameters\": {\"city\": \"北京\", \"days\": 2}}"),
          Syntax.Tools.MISTRAL,
          List.of(
              "[TOOL_CALLS][{\"name\": \"get_weather\", \"arguments\": {\"city\": \"北京\", \"days\":"
                  + " 2}}]",
              "[TOOL_CALLS][{\"name\": \"get_weather\", \"arguments\": \"{\\\"city\\\": \\\"北京\\\","
                  + " \\\"days\\\": 2}\", \"id\": \"call12345\"}]",
              "[TOOL_CALLS]get_weather[ARGS]{\"city\": \"北京\", \"days\": 2}"),
          Syntax.Tools.DEEPSEEK,
          List.of(
              "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{\"city\": \"北京\","
                  + " \"days\": 2}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
              "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n"
                  + "```json\n"
                  + "{\"city\": \"北京\", \"days\": 2}\n"
                  + "```<｜tool▁call▁end｜><｜tool▁calls▁end｜>"),
          Syntax.Tools.KIMI,
          List.of(
              "<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{\"city\":"
                  + " \"北京\", \"days\": 2}<|tool_call_end|><|tool_calls_section_end|>"),
          Syntax.Tools.MINICPM,
          List.of(
              "<function name=\"get_weather\"><param name=\"city\">北京</param><param"
                  + " name=\"days\">2</param></function>",
              "<function name=\"get_weather\"><param name=\"city\"><![CDATA[北京]]></param><param"
                  + " name=\"days\">2</param></function>"));

  private static List<Part> parse(Syntax syntax, boolean thinking, String text, int cut) {
    PartParser parser = new PartParser(syntax, List.of(WEATHER), thinking);
    List<Part> parts = new ArrayList<>();
    for (int at = 0; at < text.length(); at += cut) {
      parser.text(text.substring(at, Math.min(text.length(), at + cut)), parts::add);
    }
    parser.finish(parts::add);
    return joined(parts);
  }

  private static List<Part> joined(List<Part> parts) {
    List<Part> out = new ArrayList<>();
    for (Part part : parts) {
      Part last = out.isEmpty() ? null : out.getLast();
      switch (part) {
        case Part.Text t when last instanceof Part.Text l ->
            out.set(out.size() - 1, new Part.Text(l.text() + t.text()));
        case Part.Reasoning r when last instanceof Part.Reasoning l ->
            out.set(out.size() - 1, new Part.Reasoning(l.text() + r.text()));
        default -> out.add(part);
      }
    }
    return out;
  }

  private static Syntax syntax(Syntax.Tools tools) {
    return new Syntax("<think>", "</think>", tools);
  }

  @Test
  void everyFamilysCallIsFoundHoweverTheStreamIsCut() {
    CALLS.forEach(
        (tools, texts) -> {
          for (String text : texts) {
            for (int cut : List.of(1, 2, 3, 7, 1000)) {
              List<Part> parts = parse(syntax(tools), false, text, cut);
              assertThat(parts).as(text).hasSize(1);
              Part.ToolCall call = (Part.ToolCall) parts.getFirst();
              assertThat(call.name()).isEqualTo("get_weather");
              assertThat(call.arguments()).isEqualTo(ARGUMENTS);
              assertThat(call.valid()).isTrue();
            }
          }
        });
  }

  @Test
  void thoughtsTextAndSeveralCallsKeepTheirOrder() {
    String call = CALLS.get(Syntax.Tools.TAGS).getFirst();
    String text = "<think>\nhm < 3\n</think>\n\nI look.\n" + call + "\n" + call;
    for (int cut : List.of(1, 5, 1000)) {
      List<Part> parts = parse(syntax(Syntax.Tools.TAGS), false, text, cut);
      assertThat(parts).hasSize(4);
      assertThat(parts.get(0)).isEqualTo(new Part.Reasoning("hm < 3\n"));
      assertThat(parts.get(1)).isEqualTo(new Part.Text("I look.\n"));
      assertThat(parts.get(2)).isInstanceOf(Part.ToolCall.class);
      assertThat(parts.get(3)).isInstanceOf(Part.ToolCall.class);
    }
    assertThat(parse(syntax(Syntax.Tools.NONE), true, "so\n</think>\nyes", 2))
        .containsExactly(new Part.Reasoning("so\n"), new Part.Text("yes"));
  }

  @Test
  void whatIsMalformedOrCutOffStaysText() {
    for (String text :
        List.of(
            "<tool_call>{\"name\": \"get_weather\", </tool_call>",
            "<tool_call>\n{\"name\": \"get_weather\"",
            "<tool_call>[1]</tool_call>",
            "<tool_call></tool_call>",
            "<tool_cal",
            "a < b")) {
      assertThat(parse(syntax(Syntax.Tools.TAGS), false, text, 3))
          .containsExactly(new Part.Text(text));
    }
    String json = "{\"answer\": 42}";
    assertThat(parse(syntax(Syntax.Tools.LLAMA), false, json, 4))
        .containsExactly(new Part.Text(json));
  }

  @Test
  void argumentsThatTheSchemaRefusesAreMarked() {
    String bad =
        "<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"days\": \"x\"}}</tool_call>";
    String unknown = "<tool_call>{\"name\": \"other\", \"arguments\": {}}</tool_call>";
    for (String text : List.of(bad, unknown)) {
      List<Part> parts = parse(syntax(Syntax.Tools.TAGS), false, text, 5);
      assertThat(((Part.ToolCall) parts.getFirst()).valid()).isFalse();
    }
  }

  @Test
  void harmonysChannelsBecomeParts() {
    PartParser parser =
        new PartParser(new Syntax(null, null, Syntax.Tools.HARMONY), List.of(WEATHER), false);
    List<Part> parts = new ArrayList<>();
    String[] stream = {
      "<|channel|>",
      "analysis",
      "<|message|>",
      "I think",
      "<|end|>",
      "<|start|>",
      "assistant",
      "<|channel|>",
      "commentary to=functions.get_weather ",
      "<|constrain|>",
      "json",
      "<|message|>",
      "{\"city\":",
      "\"北京\",\"days\":2}",
      "<|call|>",
      "<|start|>",
      "assistant",
      "<|channel|>",
      "final",
      "<|message|>",
      "Sunny",
      "."
    };
    for (String piece : stream) {
      if (piece.startsWith("<|")) {
        parser.control(piece, parts::add);
      } else {
        parser.text(piece, parts::add);
      }
    }
    parser.finish(parts::add);
    List<Part> all = joined(parts);
    assertThat(all.get(0)).isEqualTo(new Part.Reasoning("I think"));
    assertThat(((Part.ToolCall) all.get(1)).arguments()).isEqualTo(ARGUMENTS);
    assertThat(all.get(2)).isEqualTo(new Part.Text("Sunny."));
  }

  @Property(tries = 500)
  void noOutputCrashesAParserAndTextIsNeverLost(
      @ForAll("soup") String text, @ForAll Syntax.Tools t) {
    parse(syntax(t), false, text, 3);
    parse(syntax(t), true, text, 1000);
    if (t != Syntax.Tools.HARMONY && !text.contains("<think>")) {
      PartParser parser = new PartParser(syntax(t), List.of(), false);
      List<Part> parts = new ArrayList<>();
      parser.text(text, parts::add);
      parser.finish(parts::add);
      List<Part> all = joined(parts);
      assertThat(all).isEqualTo(text.isEmpty() ? List.of() : List.of(new Part.Text(text)));
    }
  }

  @Provide
  Arbitrary<String> soup() {
    String[] pieces = {
      "<tool_call>",
      "</tool_call>",
      "<think>",
      "</think>",
      "{",
      "}",
      "\"name\":",
      "\"a\"",
      "[",
      "]",
      "[TOOL_CALLS]",
      "[ARGS]",
      "<function=",
      ">",
      "<arg_key>",
      "</arg_key>",
      "<arg_value>",
      " ",
      "\n",
      "<｜tool▁calls▁begin｜>",
      "<｜tool▁calls▁end｜>",
      "<|message|>",
      "<|channel|>",
      "<function name=\"",
      "</function>",
      "<param name=\"",
      "get_weather",
      "<parameter=",
      "</parameter>",
      "中",
      "<"
    };
    return Arbitraries.of(Arrays.asList(pieces)).list().ofMaxSize(20).map(l -> String.join("", l));
  }
}
