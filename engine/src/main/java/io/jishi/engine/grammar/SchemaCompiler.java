// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** A JSON schema as rules; see {@link Keywords} for what is supported. */
final class SchemaCompiler {
  private static final int MAX_RULES = 10_000;

  private final Map<String, Expr> rules = new LinkedHashMap<>();

  /** Names of rules by schema, for each document: references mean something else in another. */
  private final Map<Schema.Document, Map<Object, String>> names = new IdentityHashMap<>();

  private final ArrayDeque<Runnable> todo = new ArrayDeque<>();

  private SchemaCompiler() {}

  /**
   * The rules of a schema.
   *
   * @throws io.jishi.base.JishiException.BadRequest where it is malformed, contradicts itself, or
   *     has keywords that are not supported; with the path
   */
  static Rules compile(String field, Object schema) {
    Schema root = Schema.root(field, schema);
    SchemaCompiler compiler = new SchemaCompiler();
    JsonText.addRules(compiler.rules);
    String name = compiler.rule(root);
    while (!compiler.todo.isEmpty()) {
      compiler.todo.poll().run();
    }
    return new Rules(field, compiler.rules, name);
  }

  /**
   * The rules of tool calls: one of several names, with what fits the schema of its arguments.
   *
   * @param around what stands before the name, between it and the arguments, and behind them
   */
  static Rules calls(String field, Map<String, Object> schemas, List<Expr> around) {
    SchemaCompiler compiler = new SchemaCompiler();
    JsonText.addRules(compiler.rules);
    List<Expr> calls = new ArrayList<>();
    schemas.forEach(
        (name, schema) ->
            calls.add(
                Expr.seq(
                    Expr.text(name),
                    around.get(1),
                    compiler.call(Schema.root(field + ": " + name, schema)))));
    while (!compiler.todo.isEmpty()) {
      compiler.todo.poll().run();
    }
    String root = "call";
    compiler.rules.put(root, Expr.seq(around.get(0), new Expr.Alt(calls), around.get(2)));
    return new Rules(field, compiler.rules, root);
  }

  /** The rule of a schema; equal schemas share one. */
  private String rule(Schema schema) {
    Map<Object, String> own = names.computeIfAbsent(schema.document(), _ -> new HashMap<>());
    String known = own.get(schema.value());
    if (known != null) {
      return known;
    }
    String name = schema.path() + " " + rules.size();
    own.put(schema.value(), name);
    rules.put(name, Expr.NEVER); // its place; filled below
    if (rules.size() > MAX_RULES) {
      throw schema.bad("the schema needs more than " + MAX_RULES + " rules");
    }
    todo.add(() -> rules.put(name, expr(schema)));
    return name;
  }

  private Expr call(Schema schema) {
    if (schema.isTrue()) {
      return new Expr.Rule(JsonText.VALUE);
    }
    if (schema.isFalse()) {
      return Expr.NEVER;
    }
    return new Expr.Rule(rule(schema));
  }

  private Expr expr(Schema schema) {
    if (schema.value() instanceof Boolean) {
      return call(schema);
    }
    Map<String, Object> keywords = schema.keywords();
    if (!SchemaMerge.isJoined(keywords)) {
      return simple(schema);
    }
    if (keywords.size() == 1) { // kept apart, so that recursion stays recursion
      if (schema.has("$ref")) {
        return call(schema.target());
      }
      if (schema.has("oneOf")) {
        Exclusion.check(schema);
      }
      if (!schema.has("allOf")) {
        List<Schema> parts = schema.list(schema.has("anyOf") ? "anyOf" : "oneOf");
        return new Expr.Alt(parts.stream().map(this::call).toList());
      }
    }
    List<Schema> all = SchemaMerge.alternatives(schema);
    if (all.isEmpty()) {
      throw schema.bad("nothing can hold: its parts contradict each other");
    }
    return new Expr.Alt(all.stream().map(s -> s.isFalse() ? Expr.NEVER : simple(s)).toList());
  }

  private Expr simple(Schema s) {
    if (s.has("const") || s.has("enum")) {
      return values(s);
    }
    List<String> types = s.types() == null ? implied(s) : s.types();
    List<Expr> choices = new ArrayList<>();
    for (String type : types) {
      if (type.equals("integer") && types.contains("number")) {
        continue;
      }
      choices.add(
          switch (type) {
            case "object" -> object(s);
            case "array" -> array(s);
            case "string" -> string(s);
            case "number" -> number(s);
            case "integer" -> integer(s);
            case "boolean" -> Expr.alt(Expr.text("true"), Expr.text("false"));
            default -> Expr.text("null");
          });
    }
    return choices.size() == 1 ? choices.getFirst() : new Expr.Alt(choices);
  }

  private static List<String> implied(Schema s) {
    List<String> types =
        s.keywords().keySet().stream()
            .map(Keywords.TYPES::get)
            .filter(t -> !t.isEmpty())
            .distinct()
            .toList();
    return types.isEmpty()
        ? List.of("object", "array", "string", "number", "boolean", "null")
        : types;
  }

  private static Expr values(Schema s) {
    List<?> values =
        s.has("const") ? java.util.Collections.singletonList(s.get("const")) : s.values("enum");
    List<Expr> choices =
        values.stream().filter(v -> SchemaCheck.holds(v, s)).map(JsonText::literal).toList();
    if (choices.isEmpty()) {
      throw s.bad("none of the values of 'enum' or 'const' fits the rest of the schema");
    }
    return new Expr.Alt(choices);
  }

  private Expr object(Schema s) {
    Map<String, Schema> named = new LinkedHashMap<>(s.subs("properties"));
    List<String> required = s.texts("required");
    boolean open = s.has("additionalProperties") || named.isEmpty();
    Schema more = open ? s.sub("additionalProperties") : s.at("additionalProperties", false);
    for (String name : required) {
      named.putIfAbsent(name, s.sub("additionalProperties"));
    }
    int min = s.count("minProperties", 0);
    int max = s.count("maxProperties", Integer.MAX_VALUE);
    boolean further = !more.isFalse();
    if (min > Math.max(1, required.size()) && further) {
      throw s.at("minProperties", null)
          .bad("more names than 'required' has are demanded while any name is allowed");
    }
    if (named.isEmpty() && !further) {
      return min > 0 ? Expr.NEVER : Expr.alt(Expr.text("{}"), Expr.text("{ }"));
    }
    if (named.isEmpty() && more.isTrue() && min == 0 && max == Integer.MAX_VALUE) {
      return new Expr.Rule(JsonText.OBJECT);
    }
    return Expr.seq(
        Expr.text("{"), members(named, Set.copyOf(required), more, min, max), Expr.text("}"));
  }

  /** State (i, count): i named members are behind, so many are written, as far as that matters. */
  private Expr members(
      Map<String, Schema> named, Set<String> required, Schema more, int min, int max) {
    boolean bounded = max <= named.size() || max < Integer.MAX_VALUE && !more.isFalse();
    int top = bounded ? max : Math.max(1, Math.min(min, named.size() + 1));
    if ((long) (named.size() + 1) * (top + 1) > Thompson.MAX_NODES) {
      throw more.bad("too many properties to count");
    }
    List<Expr.Arc> arcs = new ArrayList<>();
    int width = top + 1;
    int i = 0;
    for (var entry : named.entrySet()) {
      Expr key = Expr.seq(JsonText.literal(entry.getKey()), Expr.text(":"), JsonText.SPACE);
      Expr member = Expr.seq(key, call(entry.getValue()));
      for (int count = 0; count <= top; count++) {
        int from = i * width + count;
        if (!required.contains(entry.getKey())) {
          arcs.add(new Expr.Arc(from, Expr.EMPTY, from + width));
        }
        if (!bounded || count < max) {
          int to = (i + 1) * width + Math.min(count + 1, top);
          arcs.add(new Expr.Arc(from, Expr.seq(before(count), member), to));
        }
      }
      i++;
    }
    int end = (i + 1) * width;
    Expr other =
        more.isFalse()
            ? Expr.NEVER
            : Expr.seq(
                JsonText.otherThan(named.keySet()), Expr.text(":"), JsonText.SPACE, call(more));
    for (int count = 0; count <= top; count++) {
      int from = i * width + count;
      if (!more.isFalse() && (!bounded || count < max)) {
        int to = i * width + Math.min(count + 1, top);
        arcs.add(new Expr.Arc(from, Expr.seq(before(count), other), to));
      }
      if (count >= Math.min(min, top) && !(min > top)) {
        arcs.add(new Expr.Arc(from, JsonText.SPACE, end));
      }
    }
    return new Expr.Net(end + 1, arcs);
  }

  private static Expr before(int count) {
    return count == 0 ? JsonText.SPACE : Expr.seq(Expr.text(","), JsonText.SPACE);
  }

  private Expr array(Schema s) {
    boolean old = s.get("items") instanceof List;
    List<Schema> prefix =
        s.has("prefixItems") ? s.list("prefixItems") : old ? s.list("items") : List.of();
    Schema rest = s.sub(old ? "additionalItems" : "items");
    int min = s.count("minItems", 0);
    int max = s.count("maxItems", Integer.MAX_VALUE);
    if (Boolean.TRUE.equals(s.get("uniqueItems")) && max > 1) {
      throw s.at("uniqueItems", null).bad("'uniqueItems' is not supported; take it out");
    }
    if (min > max) {
      return Expr.NEVER;
    }
    boolean bounded = max != Integer.MAX_VALUE;
    int last = bounded ? max : Math.max(1, Math.max(min, prefix.size()));
    if (last > Thompson.MAX_NODES) {
      throw s.bad("an array of " + last + " items is too long to be counted");
    }
    List<Expr.Arc> arcs = new ArrayList<>();
    for (int i = 0; i <= last; i++) {
      if (i < last) {
        Expr item = call(i < prefix.size() ? prefix.get(i) : rest);
        arcs.add(new Expr.Arc(i, Expr.seq(before(i), item), i + 1));
      } else if (!bounded) {
        arcs.add(new Expr.Arc(i, Expr.seq(before(1), call(rest)), i));
      }
      if (i >= min) {
        arcs.add(new Expr.Arc(i, JsonText.SPACE, last + 1));
      }
    }
    return Expr.seq(Expr.text("["), new Expr.Net(last + 2, arcs), Expr.text("]"));
  }

  private static Expr string(Schema s) {
    boolean length = s.has("minLength") || s.has("maxLength");
    int asked = (length ? 1 : 0) + (s.has("pattern") ? 1 : 0) + (s.has("format") ? 1 : 0);
    if (asked > 1) {
      throw s.bad("only one of length limits, 'pattern' and 'format' is supported at a time");
    }
    if (s.has("pattern")) {
      String field = s.document().field() + ": " + s.path() + "/pattern";
      return JsonText.quoted(
          RegexParser.parse(field, s.text("pattern"), JsonText::character, true));
    }
    if (s.has("format")) {
      String pattern = Formats.PATTERNS.get(s.text("format"));
      if (pattern == null) {
        throw s.at("format", null)
            .bad(
                "the format '"
                    + s.text("format")
                    + "' is not supported; these are: "
                    + String.join(", ", Formats.PATTERNS.keySet().stream().sorted().toList()));
      }
      return JsonText.quoted(RegexParser.parse("format", pattern, JsonText::character, false));
    }
    if (!length) {
      return new Expr.Rule(JsonText.STRING);
    }
    int max = s.count("maxLength", Expr.Repeat.ENDLESS);
    int min = s.count("minLength", 0);
    return min > max
        ? Expr.NEVER
        : JsonText.quoted(new Expr.Repeat(JsonText.anyCharacter(), min, max));
  }

  private static NumberRanges.Bound bound(Schema s, String closed, String open, int sign) {
    if (s.get(open) instanceof Boolean) {
      throw s.at(open, null).bad("must be a number, as in JSON Schema since draft 6");
    }
    BigDecimal a = s.number(closed);
    BigDecimal b = s.number(open);
    if (a == null && b == null) {
      return null;
    }
    boolean useOpen = a == null || (b != null && sign * b.compareTo(a) >= 0);
    return new NumberRanges.Bound(useOpen ? b : a, useOpen);
  }

  private static Expr number(Schema s) {
    if (s.has("multipleOf")) {
      throw s.at("multipleOf", null).bad("'multipleOf' is supported as 1 on integers only");
    }
    NumberRanges.Bound low = bound(s, "minimum", "exclusiveMinimum", 1);
    NumberRanges.Bound high = bound(s, "maximum", "exclusiveMaximum", -1);
    return low == null && high == null
        ? new Expr.Rule(JsonText.NUMBER)
        : NumberRanges.decimals(low, high);
  }

  private static Expr integer(Schema s) {
    if (s.has("multipleOf") && s.number("multipleOf").compareTo(BigDecimal.ONE) != 0) {
      throw s.at("multipleOf", null).bad("'multipleOf' is supported as 1 on integers only");
    }
    BigInteger low = whole(bound(s, "minimum", "exclusiveMinimum", 1), 1);
    BigInteger high = whole(bound(s, "maximum", "exclusiveMaximum", -1), -1);
    return low == null && high == null
        ? new Expr.Rule(JsonText.INTEGER)
        : NumberRanges.integers(low, high);
  }

  /** The first whole number within a bound. */
  private static BigInteger whole(NumberRanges.Bound bound, int sign) {
    if (bound == null) {
      return null;
    }
    RoundingMode mode = sign > 0 ? RoundingMode.CEILING : RoundingMode.FLOOR;
    BigInteger whole = bound.value().setScale(0, mode).toBigInteger();
    boolean same = Objects.equals(new BigDecimal(whole).compareTo(bound.value()), 0);
    return bound.open() && same ? whole.add(BigInteger.valueOf(sign)) : whole;
  }
}
