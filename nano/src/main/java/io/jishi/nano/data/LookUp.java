// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.ArrayList;
import java.util.List;

/**
 * Questions about a text or a table that stands in the question; the answer quotes its source. What
 * is not there is not made up.
 */
final class LookUp {
  private static final Page PAGE = Page.of("lookup");

  /**
   * Something that can be known of a person.
   *
   * @param fact a sentence with {@code {name}} and {@code {x}}
   * @param question what asks for it
   * @param column its name in a table
   * @param values what it may be; empty where it is a term that nobody has heard of
   */
  private record Field(String fact, String question, String column, List<String> values) {
    String draw(Draw d) {
      return values.isEmpty() ? Rare.term(d) : d.of(values);
    }
  }

  private record Sheet(List<Field> english, List<Field> chinese) {}

  private static final Sheet FIELDS =
      new Sheet(
          List.of(
              field(
                  "{name} lives in {x}.", "Where does {name} live?", "city", Lexicon.CITIES, true),
              field("{name} is {x} years old.", "How old is {name}?", "age", 5, 90),
              field("{name} works as a {x}.", "What is {name}'s job?", "job", Lexicon.JOBS, true),
              field("{name} likes {x}.", "What does {name} like?", "likes", Lexicon.FOODS, true),
              field(
                  "{name} has a {x}.",
                  "Which animal does {name} have?",
                  "pet",
                  Lexicon.ANIMALS,
                  true),
              field(
                  "{name}'s favourite colour is {x}.",
                  "What is {name}'s favourite colour?",
                  "colour",
                  Lexicon.COLOURS,
                  true),
              field(
                  "{name} works in room {x}.", "In which room does {name} work?", "room", 100, 499),
              field(
                  "{name} scored {x} points.",
                  "How many points did {name} score?",
                  "points",
                  10,
                  99),
              field("{name} works for {x}.", "For whom does {name} work?", "company"),
              field("{name} takes {x}.", "Which medicine does {name} take?", "medicine"),
              field("{name} was born in {x}.", "Where was {name} born?", "birthplace")),
          List.of(
              field("{name}住在{x}。", "{name}住在哪里？", "城市", Lexicon.CITIES, false),
              field("{name}今年{x}岁。", "{name}几岁？", "年龄", 5, 90),
              field("{name}的职业是{x}。", "{name}的职业是什么？", "职业", Lexicon.JOBS, false),
              field("{name}喜欢{x}。", "{name}喜欢什么？", "爱好", Lexicon.FOODS, false),
              field("{name}养了一只{x}。", "{name}养了什么动物？", "宠物", Lexicon.ANIMALS, false),
              field("{name}最喜欢的颜色是{x}。", "{name}最喜欢什么颜色？", "颜色", Lexicon.COLOURS, false),
              field("{name}在{x}房间工作。", "{name}在哪个房间工作？", "房间", 100, 499),
              field("{name}得了{x}分。", "{name}得了多少分？", "得分", 10, 99),
              field("{name}为{x}工作。", "{name}为谁工作？", "单位"),
              field("{name}在吃{x}。", "{name}在吃什么药？", "药"),
              field("{name}出生在{x}。", "{name}出生在哪里？", "出生地")));

  private static final Both TEXT =
      PAGE.both("text");

  private static final Both TABLE =
      PAGE.both("table");

  private static final Both CELL =
      PAGE.both("cell");

  private record Facts(List<String> names, List<Integer> fields, List<String> values, int asked) {}

  private LookUp() {}

  private static Field field(
      String fact, String question, String column, List<Lexicon.Word> words, boolean english) {
    List<String> values = words.stream().map(w -> english ? w.english() : w.chinese()).toList();
    return new Field(fact, question, column, values);
  }

  private static Field field(String fact, String question, String column) {
    return new Field(fact, question, column, List.of());
  }

  private static Field field(String fact, String question, String column, int low, int high) {
    List<String> values = new ArrayList<>();
    for (int i = low; i <= high; i++) {
      values.add(Integer.toString(i));
    }
    return new Field(fact, question, column, values);
  }

  private static List<Field> fields(Draw d) {
    return d.english() ? FIELDS.english : FIELDS.chinese;
  }

  static Exercise lookUp(Draw d) {
    return d.chance(0.5) ? text(d) : table(d);
  }

  private static Facts facts(Draw d, int count) {
    List<String> names = Lexicon.names(d, count);
    List<Integer> fields = new ArrayList<>();
    List<String> values = new ArrayList<>();
    int common = d.chance(0.5) ? d.between(0, fields(d).size() - 1) : -1;
    for (int i = 0; i < count; i++) {
      int field = common >= 0 ? common : d.between(0, fields(d).size() - 1);
      fields.add(field);
      values.add(fields(d).get(field).draw(d));
    }
    return new Facts(names, fields, values, d.between(0, count - 1));
  }

  private static String sentence(Draw d, Facts v, int i) {
    String x = v.values.get(i);
    String fact = fields(d).get(v.fields.get(i)).fact;
    return Draw.fill(
        fact.replace("a {x}", "aeiou".indexOf(x.charAt(0)) < 0 ? "a {x}" : "an {x}"),
        "name",
        v.names.get(i),
        "x",
        x);
  }

  private static String story(Draw d, Facts v) {
    List<String> sentences = new ArrayList<>();
    for (int i = 0; i < v.names.size(); i++) {
      sentences.add(sentence(d, v, i));
    }
    return String.join(d.local(" ", ""), sentences);
  }

  private static Exercise text(Draw d) {
    Facts v = d.value(() -> facts(d, d.between(2, 5)));
    Field field = fields(d).get(v.fields.get(v.asked));
    String q = Draw.fill(field.question, "name", v.names.get(v.asked));
    String question = lines(d.ask(TEXT, "text", story(d, v), "q", q));
    return d.exact(question, v.values.get(v.asked) + "\n> " + sentence(d, v, v.asked));
  }

  /** A question that the text does not answer: of somebody else, or for something else. */
  static Exercise missing(Draw d) {
    Facts v = d.value(() -> facts(d, d.between(2, 4)));
    boolean other = d.chance(0.5);
    List<String> others =
        Lexicon.NAMES.stream().map(w -> w.in(d)).filter(n -> !v.names.contains(n)).toList();
    String name = other ? d.of(others) : v.names.get(v.asked);
    int field = v.fields.get(v.asked);
    int asked = other ? field : (field + d.between(1, fields(d).size() - 1)) % fields(d).size();
    String q = Draw.fill(fields(d).get(asked).question, "name", name);
    return d.exact(
        lines(d.ask(TEXT, "text", story(d, v), "q", q)),
        d.local("The text does not say.", "文中没有提到。"));
  }

  private static String lines(String text) {
    return text.replace("\\n", "\n");
  }

  private record Rows(
      List<String> names, List<Integer> columns, List<List<String>> cells, int row, int column) {}

  private static Exercise table(Draw d) {
    Rows v = d.value(() -> rows(d));
    List<String> heads = v.columns.stream().map(c -> fields(d).get(c).column).toList();
    String edge = d.of(" | ", " | ", ", ", "\t");
    StringBuilder table = new StringBuilder(d.local("name", "姓名"));
    heads.forEach(h -> table.append(edge).append(h));
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < v.names.size(); i++) {
      lines.add(v.names.get(i) + edge + String.join(edge, v.cells.get(i)));
    }
    lines.forEach(l -> table.append("\n").append(l));
    String q = d.say(CELL, "name", v.names.get(v.row), "column", heads.get(v.column));
    String question = lines(d.ask(TABLE, "table", table, "q", q));
    return d.exact(question, v.cells.get(v.row).get(v.column) + "\n> " + lines.get(v.row));
  }

  private static Rows rows(Draw d) {
    int count = d.between(2, 5);
    int width = d.between(1, 3);
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < fields(d).size(); i++) {
      all.add(i);
    }
    List<Integer> columns = List.copyOf(d.some(all, width));
    List<List<String>> cells = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      cells.add(columns.stream().map(c -> fields(d).get(c).draw(d)).toList());
    }
    List<String> names = Lexicon.names(d, count);
    return new Rows(names, columns, cells, d.between(0, count - 1), d.between(0, width - 1));
  }
}
