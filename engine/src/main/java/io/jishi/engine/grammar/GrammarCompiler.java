// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Compiles grammars of all kinds for one vocabulary. Safe for use by several threads. */
public final class GrammarCompiler {
  /** More choices than this are refused. */
  private static final int MAX_CHOICES = 50_000;

  private final TokenTrie trie;
  private final boolean dropsFirstSpace;

  /**
   * Orders the vocabulary, once for all grammars.
   *
   * @param tokenBytes the bytes that each token adds to a text, by id; empty for control tokens
   * @param dropsFirstSpace whether a text that begins with a token loses that token's first blank
   */
  public GrammarCompiler(byte[][] tokenBytes, boolean dropsFirstSpace) {
    this.trie = new TokenTrie(tokenBytes);
    this.dropsFirstSpace = dropsFirstSpace;
  }

  /** A JSON value that fits a schema, which is given as JSON text. */
  public Grammar jsonSchema(String field, String schema) {
    return compile(SchemaCompiler.compile(field, json(field, schema)));
  }

  private static Object json(String field, String text) {
    try {
      return Json.parse(field, text);
    } catch (JishiException.BadFile e) {
      throw new JishiException.BadRequest(field, e.getMessage());
    }
  }

  /** Any JSON object. */
  public Grammar jsonObject(String field) {
    Map<String, Expr> rules = new LinkedHashMap<>();
    JsonText.addRules(rules);
    return compile(new Rules(field, rules, JsonText.OBJECT));
  }

  /** A text that a regular expression matches as a whole. */
  public Grammar regex(String field, String pattern) {
    Expr expr = RegexParser.parse(field, pattern, Expr.Chars::new, false);
    return compile(new Rules(field, Map.of("root", expr), "root"));
  }

  /** A text of a grammar in llama.cpp's GBNF. */
  public Grammar gbnf(String field, String source) {
    return compile(GbnfParser.parse(field, source));
  }

  /** One of several texts. */
  public Grammar choice(String field, List<String> choices) {
    if (choices.isEmpty() || choices.size() > MAX_CHOICES) {
      throw new JishiException.BadRequest(
          field, field + ": 1 to " + MAX_CHOICES + " choices are needed, not " + choices.size());
    }
    Expr expr = new Expr.Alt(choices.stream().map(Expr::text).toList());
    return compile(new Rules(field, Map.of("root", expr), "root"));
  }

  /**
   * A call of one of several tools.
   *
   * @param schemas of the arguments, by name
   * @param around what stands before the name, between it and the arguments, and behind: texts
   *     ({@code String}) and control tokens ({@code Integer})
   */
  public Grammar toolCall(
      String field, Map<String, Object> schemas, List<? extends List<?>> around) {
    List<Expr> frame = new java.util.ArrayList<>();
    for (List<?> pieces : around) {
      frame.add(
          new Expr.Seq(
              pieces.stream()
                  .map(p -> p instanceof Integer t ? new Expr.Token(t) : Expr.text((String) p))
                  .toList()));
    }
    return compile(SchemaCompiler.calls(field, schemas, frame));
  }

  private Grammar compile(Rules rules) {
    return new Grammar(rules, new Masks(Automaton.compile(rules), trie), dropsFirstSpace);
  }

  /**
   * The same form with some white space before it: models put a line between thought and answer.
   */
  public Grammar behindSpace(Grammar grammar) {
    Rules rules = grammar.rules();
    Map<String, Expr> more = new LinkedHashMap<>(rules.rules());
    Expr space = new Expr.Repeat(new Expr.Chars(CodePoints.of(' ', '\n')), 0, 4);
    String name = "space before " + rules.root();
    more.put(name, Expr.seq(space, new Expr.Rule(rules.root())));
    return compile(new Rules(rules.field(), more, name));
  }

  /**
   * A word to watch for in free text.
   *
   * @param token the control token that is written so, or -1
   */
  public Trigger trigger(String text, int token) {
    return new Trigger(trie, text, token);
  }

  /** Words of 64 tokens in a mask. */
  public int words() {
    return (trie.vocabulary + 63) / 64;
  }

  /** Checks a value against a schema, both as {@link Json} reads them. */
  public static boolean valid(String field, Object schema, Object value) {
    return SchemaCheck.holds(value, Schema.root(field, schema));
  }
}
