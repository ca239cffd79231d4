// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.parts;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the tool calls that stand between a family's marks. */
final class Calls {
  // No pattern here can go back over what it has read: hostile output stays linear.
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.:-]++");
  private static final Pattern FUNCTION = Pattern.compile("<function=([^>\\s]++)>");
  private static final Pattern PARAMETER = Pattern.compile("<parameter=([^>]++)>");
  private static final Pattern PARAM = Pattern.compile("<param name=\"([^\"]++)\">");

  private final Map<String, Map<String, Object>> schemas;

  /** Reads calls of tools with these schemas of their arguments. */
  Calls(Map<String, Map<String, Object>> schemas) {
    this.schemas = schemas;
  }

  /**
   * A call.
   *
   * @param id as the model wrote it, or null
   */
  record Call(String id, String name, Map<?, ?> arguments) {}

  /** Thrown where the text is no call; it then stays text. */
  private static final class NoCall extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoCall() {
      super(null, null, false, false);
    }
  }

  /** The calls in a body, or an empty list where it is malformed. */
  List<Call> read(Syntax.Tools syntax, String body) {
    try {
      return switch (syntax) {
        case TAGS -> List.of(tags(body.strip()));
        case LLAMA -> json(body.strip(), "parameters");
        case MISTRAL -> mistral(body);
        case DEEPSEEK -> sections(body, "<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>", this::deepSeek);
        case KIMI -> sections(body, "<|tool_call_begin|>", "<|tool_call_end|>", Calls::kimi);
        case MINICPM -> List.of(miniCpm(body));
        case NONE, HARMONY -> List.of();
      };
    } catch (NoCall | JishiException.BadFile e) {
      return List.of();
    }
  }

  /** A call by name and arguments as JSON text, or none. */
  List<Call> read(String name, String arguments) {
    try {
      return List.of(new Call(null, name, object(Json.parse("arguments", arguments))));
    } catch (NoCall | JishiException.BadFile e) {
      return List.of();
    }
  }

  private Call tags(String body) {
    if (body.startsWith("{")) {
      List<Call> calls = json(body, "arguments");
      if (calls.size() == 1) {
        return calls.getFirst();
      }
      throw new NoCall();
    }
    Matcher function = FUNCTION.matcher(body);
    if (function.lookingAt()) {
      String name = function.group(1);
      Map<String, Object> arguments = new LinkedHashMap<>();
      Matcher parameter = PARAMETER.matcher(body);
      int at = function.end();
      while (parameter.find(at)) {
        int end = end(body, "</parameter>", parameter.end());
        String raw = body.substring(parameter.end(), end);
        arguments.put(parameter.group(1), value(name, parameter.group(1), line(raw)));
        at = end;
      }
      return new Call(null, name, arguments);
    }
    return keysAndValues(body);
  }

  /** GLM: the name, then keys and values. */
  private Call keysAndValues(String body) {
    int first = body.indexOf("<arg_key>");
    String name = (first < 0 ? body : body.substring(0, first)).strip();
    if (!NAME.matcher(name).matches()) {
      throw new NoCall();
    }
    Map<String, Object> arguments = new LinkedHashMap<>();
    int at = first;
    while (at >= 0) {
      int keyEnd = end(body, "</arg_key>", at);
      String key = body.substring(at + "<arg_key>".length(), keyEnd).strip();
      int from = end(body, "<arg_value>", keyEnd) + "<arg_value>".length();
      int to = end(body, "</arg_value>", from);
      arguments.put(key, value(name, key, body.substring(from, to)));
      at = body.indexOf("<arg_key>", to);
    }
    return new Call(null, name, arguments);
  }

  private Call miniCpm(String body) {
    int quote = end(body, "\">", 0);
    String name = body.substring(0, quote);
    Map<String, Object> arguments = new LinkedHashMap<>();
    Matcher parameter = PARAM.matcher(body);
    int at = quote;
    while (parameter.find(at)) {
      int from = parameter.end();
      boolean raw = body.startsWith("<![CDATA[", from);
      int to = end(body, raw ? "]]></param>" : "</param>", from);
      String text = body.substring(raw ? from + "<![CDATA[".length() : from, to);
      arguments.put(parameter.group(1), value(name, parameter.group(1), text));
      at = to;
    }
    return new Call(null, name, arguments);
  }

  private List<Call> mistral(String body) {
    if (body.strip().startsWith("[")) {
      return json(body.strip(), "arguments");
    }
    List<Call> calls = new ArrayList<>();
    for (String part : body.split(Pattern.quote("[TOOL_CALLS]"))) {
      int brace = part.indexOf('{');
      if (brace < 0) {
        throw new NoCall();
      }
      String head = part.substring(0, brace).replace("[ARGS]", "");
      int id = head.indexOf("[CALL_ID]");
      String name = (id < 0 ? head : head.substring(0, id)).strip();
      String call = id < 0 ? null : head.substring(id + "[CALL_ID]".length()).strip();
      Object arguments = Json.parse("arguments", part.substring(brace));
      calls.add(new Call(call, name(name), object(arguments)));
    }
    return calls;
  }

  private interface Section {
    Call read(String text);
  }

  private static List<Call> sections(String body, String begin, String end, Section section) {
    List<Call> calls = new ArrayList<>();
    for (int at = body.indexOf(begin); at >= 0; at = body.indexOf(begin, at)) {
      int to = end(body, end, at);
      calls.add(section.read(body.substring(at + begin.length(), to)));
      at = to;
    }
    return calls;
  }

  private Call deepSeek(String text) {
    int sep = end(text, "<｜tool▁sep｜>", 0);
    String kind = text.substring(0, sep).strip();
    String rest = text.substring(sep + "<｜tool▁sep｜>".length());
    int fence = rest.indexOf("```json");
    if (fence < 0) {
      return new Call(null, name(kind), object(Json.parse("arguments", rest)));
    }
    int from = fence + "```json".length();
    String arguments = rest.substring(from, end(rest, "```", from));
    String name = name(rest.substring(0, fence).strip());
    return new Call(null, name, object(Json.parse("arguments", arguments)));
  }

  private static Call kimi(String text) {
    int sep = end(text, "<|tool_call_argument_begin|>", 0);
    String id = text.substring(0, sep).strip();
    String name = id.startsWith("functions.") ? id.substring("functions.".length()) : id;
    int colon = name.lastIndexOf(':');
    String arguments = text.substring(sep + "<|tool_call_argument_begin|>".length());
    return new Call(
        id,
        name(colon < 0 ? name : name.substring(0, colon)),
        object(Json.parse("arguments", arguments)));
  }

  /** One call as JSON, a list of them, or several with semicolons between. */
  private static List<Call> json(String text, String field) {
    Object value;
    try {
      value = Json.parse("call", text);
    } catch (JishiException.BadFile e) {
      value = Json.parse("call", "[" + text.replace("}; {", "}, {").replace("};{", "},{") + "]");
    }
    List<Call> calls = new ArrayList<>();
    for (Object item : value instanceof List<?> list ? list : List.of(value)) {
      Map<?, ?> call = object(item);
      Object arguments = call.containsKey(field) ? call.get(field) : call.get("arguments");
      if (!(call.get("name") instanceof String name)) {
        throw new NoCall();
      }
      String id = call.get("id") instanceof String s ? s : null;
      calls.add(new Call(id, name(name), object(parsed(arguments))));
    }
    return calls;
  }

  /** Some models write the arguments as a JSON text within JSON. */
  private static Object parsed(Object arguments) {
    return arguments instanceof String text ? Json.parse("arguments", text) : arguments;
  }

  private static Map<?, ?> object(Object value) {
    if (value instanceof Map<?, ?> map) {
      return map;
    }
    throw new NoCall();
  }

  private static String name(String name) {
    if (name.isEmpty() || name.length() > 256) {
      throw new NoCall();
    }
    return name;
  }

  private static int end(String text, String mark, int from) {
    int at = text.indexOf(mark, from);
    if (at < 0) {
      throw new NoCall();
    }
    return at;
  }

  /** Without the line breaks that stand around a value. */
  private static String line(String raw) {
    int from = raw.startsWith("\n") ? 1 : 0;
    int to = raw.endsWith("\n") && raw.length() > from ? raw.length() - 1 : raw.length();
    return raw.substring(from, to);
  }

  /** Text that stands for a value: by the tool's schema a string, else JSON where it is some. */
  private Object value(String tool, String key, String text) {
    Map<String, Object> schema = schemas.get(tool);
    boolean string =
        schema != null
            && schema.get("properties") instanceof Map<?, ?> properties
            && properties.get(key) instanceof Map<?, ?> property
            && "string".equals(property.get("type"));
    if (string) {
      return text;
    }
    try {
      return Json.parse("value", text);
    } catch (JishiException.BadFile e) {
      return text;
    }
  }
}
