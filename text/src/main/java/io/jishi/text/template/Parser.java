// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import io.jishi.base.JishiException;
import io.jishi.text.template.Expression.Applied;
import io.jishi.text.template.Statement.Branch;
import io.jishi.text.template.Statement.MacroSource;
import io.jishi.text.template.Statement.Parameter;
import io.jishi.text.template.Statement.Target;
import io.jishi.text.template.Token.Type;
import java.util.ArrayList;
import java.util.List;

/** Tokens to statements; expressions are left to {@link ExpressionParser}. */
final class Parser {
  private final Tokens tokens;
  private final ExpressionParser expressions;
  private int loops;

  private Parser(List<Token> tokens) {
    this.tokens = new Tokens(tokens);
    this.expressions = new ExpressionParser(this.tokens);
  }

  /** The statements of a whole template. */
  static List<Statement> parse(String source) {
    return new Parser(Lexer.tokens(source)).body();
  }

  /**
   * Statements up to one of the end tags, whose name is then the current token; without end tags,
   * up to the end of the template.
   */
  private List<Statement> body(String... ends) {
    List<Statement> body = new ArrayList<>();
    tokens.enter();
    while (true) {
      Token token = tokens.next();
      switch (token.type()) {
        case DATA -> body.add(new Statement.Text(token.text(), token.line()));
        case VARIABLE_BEGIN -> {
          body.add(new Statement.Print(expressions.tuple(), token.line()));
          tokens.expect(Type.VARIABLE_END);
        }
        case BLOCK_BEGIN -> {
          for (String end : ends) {
            if (tokens.current().isName(end)) {
              tokens.leave();
              return body;
            }
          }
          body.add(statement(ends));
          tokens.expect(Type.BLOCK_END);
        }
        default -> {
          if (ends.length > 0) {
            throw tokens.error("the template ends before '" + ends[ends.length - 1] + "'");
          }
          tokens.leave();
          return body;
        }
      }
    }
  }

  /** The body of a tag whose head has been read, with its end tag. */
  private List<Statement> block(String... ends) {
    tokens.skipOperator(":");
    tokens.expect(Type.BLOCK_END);
    return body(ends);
  }

  private List<Statement> blockAndEnd(String end) {
    List<Statement> body = block(end);
    tokens.next();
    return body;
  }

  private Statement statement(String... ends) {
    Token tag = tokens.expect(Type.NAME);
    int line = tag.line();
    return switch (tag.text()) {
      case "if" -> ifElse(line);
      case "for" -> loop(line);
      case "set" -> set(line);
      case "macro" -> macro(line);
      case "call" -> call(line);
      case "filter" -> {
        List<Applied> filters = expressions.operands().filters(true);
        yield new Statement.FilterBlock(filters, blockAndEnd("endfilter"), line);
      }
      case "with" -> with(line);
      case "print" -> {
        List<Expression> parts = new ArrayList<>(List.of(expressions.expression()));
        while (tokens.skipOperator(",")) {
          parts.add(expressions.expression());
        }
        yield new Statement.Print(new Expression.Concat(parts), line);
      }
      case "generation" -> new Statement.Scoped(blockAndEnd("endgeneration"), line);
      case "break", "continue" -> {
        if (loops == 0) {
          throw tokens.error("'" + tag.text() + "' outside of a loop");
        }
        yield tag.text().equals("break") ? new Statement.Break(line) : new Statement.Continue(line);
      }
      case "include", "import", "from", "extends", "block", "autoescape" ->
          throw new JishiException.Unsupported(
              "chat template, line " + line + ": the tag '" + tag.text() + "' is not supported");
      default -> throw unknown(tag, ends);
    };
  }

  private static JishiException unknown(Token tag, String... ends) {
    String expected = ends.length == 0 ? "" : "; '" + String.join("' or '", ends) + "' may stand";
    return new JishiException.Unsupported(
        "chat template, line " + tag.line() + ": unknown tag '" + tag.text() + "'" + expected);
  }

  private Statement ifElse(int line) {
    List<Branch> branches = new ArrayList<>();
    List<Statement> otherwise = List.of();
    int at = line;
    while (true) {
      Expression condition = expressions.tupleWithoutConditional();
      branches.add(new Branch(condition, block("elif", "else", "endif"), at));
      Token end = tokens.next();
      at = end.line();
      if (end.isName("elif")) {
        continue;
      }
      if (end.isName("else")) {
        otherwise = blockAndEnd("endif");
      }
      return new Statement.If(branches, otherwise, line);
    }
  }

  private Statement loop(int line) {
    Target target = target(false);
    tokens.expectName("in");
    Expression items = expressions.tupleWithoutConditional("recursive");
    Expression filter = tokens.skipName("if") ? expressions.expression() : null;
    boolean recursive = tokens.skipName("recursive");
    loops++;
    List<Statement> body = block("else", "endfor");
    loops--;
    boolean hasElse = tokens.next().isName("else");
    List<Statement> otherwise = hasElse ? blockAndEnd("endfor") : List.of();
    return new Statement.For(target, items, filter, recursive, body, otherwise, line);
  }

  private Statement set(int line) {
    Target target = target(true);
    if (tokens.skipOperator("=")) {
      return new Statement.SetValue(target, expressions.tuple(), line);
    }
    List<Applied> filters = expressions.operands().filters(false);
    return new Statement.SetBlock(target, filters, blockAndEnd("endset"), line);
  }

  private Statement with(int line) {
    List<Target> targets = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!tokens.current().is(Type.BLOCK_END)) {
      if (!targets.isEmpty()) {
        tokens.expectOperator(",");
      }
      targets.add(target(false));
      tokens.expectOperator("=");
      values.add(expressions.expression());
    }
    return new Statement.With(targets, values, blockAndEnd("endwith"), line);
  }

  private Statement macro(int line) {
    String name = tokens.expect(Type.NAME).text();
    return new Statement.Define(macroSource(name, "endmacro"), line);
  }

  private Statement call(int line) {
    List<Parameter> parameters = tokens.current().isOperator("(") ? parameters() : List.of();
    if (!(expressions.expression() instanceof Expression.Call call)) {
      throw tokens.error("'call' needs a call of a macro");
    }
    return new Statement.CallBlock(call, withBody("caller", parameters, "endcall"), line);
  }

  private MacroSource macroSource(String name, String end) {
    return withBody(name, parameters(), end);
  }

  private MacroSource withBody(String name, List<Parameter> parameters, String end) {
    var outer = expressions.operands().startNames();
    int outerLoops = loops;
    loops = 0;
    List<Statement> body = blockAndEnd(end);
    loops = outerLoops;
    var names = expressions.operands().endNames(outer);
    return new MacroSource(
        name,
        parameters,
        body,
        names.contains("caller"),
        names.contains("kwargs"),
        names.contains("varargs"));
  }

  private List<Parameter> parameters() {
    List<Parameter> parameters = new ArrayList<>();
    tokens.expectOperator("(");
    boolean standards = false;
    while (!tokens.current().isOperator(")")) {
      if (!parameters.isEmpty()) {
        tokens.expectOperator(",");
      }
      String name = tokens.expect(Type.NAME).text();
      Expression standard = null;
      if (tokens.skipOperator("=")) {
        standard = expressions.expression();
        standards = true;
      } else if (standards) {
        throw tokens.error("parameter '" + name + "' without a default follows one with a default");
      }
      parameters.add(new Parameter(name, standard));
    }
    tokens.next();
    return parameters;
  }

  /** Targets up to {@code in}, {@code =} or the end of the tag, with or without parentheses. */
  private Target target(boolean members) {
    List<Target> parts = new ArrayList<>();
    boolean tuple = false;
    while (!tokens.current().isName("in")
        && !tokens.current().isOperator(")")
        && !tokens.current().isOperator("=")) {
      parts.add(part(members));
      if (!tokens.skipOperator(",")) {
        break;
      }
      tuple = true;
    }
    if (parts.isEmpty()) {
      throw tokens.error("a name is missing before " + tokens.current().describe());
    }
    return tuple ? new Target.Unpack(parts) : parts.getFirst();
  }

  private Target part(boolean members) {
    if (tokens.skipOperator("(")) {
      tokens.enter();
      Target inner = target(members);
      tokens.leave();
      tokens.expectOperator(")");
      return inner;
    }
    String name = tokens.expect(Type.NAME).text();
    if (List.of("true", "false", "none", "True", "False", "None").contains(name)) {
      throw tokens.error("can't assign to '" + name + "'");
    }
    if (members && tokens.skipOperator(".")) {
      return new Target.Member(name, tokens.expect(Type.NAME).text());
    }
    return new Target.Variable(name);
  }
}
