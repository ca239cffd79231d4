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
   * @param question what asks for it; other ways to ask, to learn from alone, behind {@code |}
   * @param column its name in a table
   * @param values what it may be; empty where it is a term that nobody has heard of
   */
  private record Field(String fact, String question, String column, List<String> values) {
    String asked(Draw d, String name) {
      String[] ways = question.split("\\|");
      return Draw.fill(d.training() ? d.of(ways) : ways[0], "name", name);
    }

    String draw(Draw d) {
      return values.isEmpty() ? Rare.term(d) : d.of(values);
    }
  }

  private record Sheet(List<Field> english, List<Field> chinese) {}

  private static final Sheet FIELDS =
      new Sheet(
          List.of(
              field(
                  "{name} lives in {x}.",
                  "Where does {name} live?|In which city does {name} live?|What is the home of"
                      + " {name}?",
                  "city",
                  Lexicon.CITIES,
                  true),
              field(
                  "{name} is {x} years old.",
                  "How old is {name}?|What is the age of {name}?|How many years old is {name}?",
                  "age",
                  5,
                  90),
              field(
                  "{name} works as a {x}.",
                  "What is {name}'s job?|As what does {name} work?|Which profession has {name}?",
                  "job",
                  Lexicon.JOBS,
                  true),
              field(
                  "{name} likes {x}.",
                  "What does {name} like?|Which food does {name} like?|What is it that {name}"
                      + " likes?",
                  "likes",
                  Lexicon.FOODS,
                  true),
              field(
                  "{name} has a {x}.",
                  "Which animal does {name} have?|What pet does {name} have?",
                  "pet",
                  Lexicon.ANIMALS,
                  true),
              field(
                  "{name}'s favourite colour is {x}.",
                  "What is {name}'s favourite colour?|Which colour does {name} like best?",
                  "colour",
                  Lexicon.COLOURS,
                  true),
              field(
                  "{name} works in room {x}.",
                  "In which room does {name} work?|Which room is {name} in?|What is {name}'s room?",
                  "room",
                  100,
                  499),
              field(
                  "{name} scored {x} points.",
                  "How many points did {name} score?|What is {name}'s score?|How many points has"
                      + " {name}?",
                  "points",
                  10,
                  99),
              field(
                  "{name} works for {x}.",
                  "For whom does {name} work?|Who employs {name}?|Which employer does {name} have?",
                  "company"),
              field(
                  "{name} takes {x}.",
                  "Which medicine does {name} take?|What does {name} take?",
                  "medicine"),
              field(
                  "{name} was born in {x}.",
                  "Where was {name} born?|What is the birthplace of {name}?",
                  "birthplace"),
              field(
                  "{name} studies {x}.",
                  "What does {name} study?|Which subject does {name} study?",
                  "subject"),
              field("{name} wrote {x}.", "What did {name} write?|Which work is by {name}?", "work"),
              field(
                  "{name} has the number {x}.",
                  "Which number does {name} have?|What is {name}'s number?",
                  "number",
                  1000,
                  9999),
              field(
                  "{name} pays {x} euros.",
                  "How much does {name} pay?|What does {name} pay, in euros?",
                  "price",
                  10,
                  999)),
          List.of(
              field(
                  "{name}住在{x}。",
                  "{name}住在哪里？|{name}在哪个城市住？|{name}的家在哪？",
                  "城市",
                  Lexicon.CITIES,
                  false),
              field("{name}今年{x}岁。", "{name}几岁？|{name}多大？|{name}的年龄是多少？", "年龄", 5, 90),
              field("{name}的职业是{x}。", "{name}的职业是什么？|{name}做什么工作？", "职业", Lexicon.JOBS, false),
              field("{name}喜欢{x}。", "{name}喜欢什么？|{name}爱吃什么？", "爱好", Lexicon.FOODS, false),
              field("{name}养了一只{x}。", "{name}养了什么动物？|{name}有什么宠物？", "宠物", Lexicon.ANIMALS, false),
              field(
                  "{name}最喜欢的颜色是{x}。",
                  "{name}最喜欢什么颜色？|{name}最爱的颜色是哪种？",
                  "颜色",
                  Lexicon.COLOURS,
                  false),
              field("{name}在{x}房间工作。", "{name}在哪个房间工作？|{name}的房间是几号？", "房间", 100, 499),
              field("{name}得了{x}分。", "{name}得了多少分？|{name}的得分是几？", "得分", 10, 99),
              field("{name}为{x}工作。", "{name}为谁工作？|{name}的雇主是谁？", "单位"),
              field("{name}在吃{x}。", "{name}在吃什么药？|{name}吃的药叫什么？", "药"),
              field("{name}出生在{x}。", "{name}出生在哪里？|{name}的出生地是哪里？", "出生地"),
              field("{name}在研究{x}。", "{name}在研究什么？|{name}研究的是什么？", "研究"),
              field("{name}写了{x}。", "{name}写了什么？|{name}的作品是什么？", "作品"),
              field("{name}的号码是{x}。", "{name}的号码是多少？|{name}是几号？", "号码", 1000, 9999),
              field("{name}付{x}元。", "{name}付多少元？|{name}要付几元？", "价格", 10, 999)));

  private static final Both TEXT = PAGE.both("text");

  private static final Both TABLE = PAGE.both("table");

  private static final Both CELL = PAGE.both("cell");

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

  /** The source stands first: what was found is read off it. */
  private static String quoted(String source, String answer) {
    return "> " + source + "\n" + answer;
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
    int asked = d.between(0, count - 1);
    int other = (asked + d.between(1, count - 1)) % count;
    if (d.training() && d.chance(0.4)) {
      String alike = Lexicon.alike(d, names.get(asked));
      names.set(other, names.contains(alike) ? names.get(other) : alike);
    } else if (d.training() && !fields.get(other).equals(fields.get(asked))) {
      names.set(other, names.get(asked)); // two things are said of one person
    }
    return new Facts(names, fields, values, asked);
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
    Facts v = d.value(() -> facts(d, d.between(2, d.training() ? 7 : 5)));
    Field field = fields(d).get(v.fields.get(v.asked));
    String q = field.asked(d, v.names.get(v.asked));
    String question = lines(d.ask(TEXT, "text", story(d, v), "q", q));
    return d.exact(question, quoted(sentence(d, v, v.asked), v.values.get(v.asked)));
  }

  /** A question that the text does not answer: of somebody else, or for something else. */
  static Exercise missing(Draw d) {
    Facts v = d.value(() -> facts(d, d.between(2, 4)));
    boolean other = d.chance(0.5);
    List<String> others =
        Lexicon.NAMES.stream().map(w -> w.in(d)).filter(n -> !v.names.contains(n)).toList();
    String name = other ? d.of(others) : v.names.get(v.asked);
    int field = v.fields.get(v.asked);
    int asked = other ? field : unsaid(d, v, name);
    return d.exact(
        lines(d.ask(TEXT, "text", story(d, v), "q", fields(d).get(asked).asked(d, name))),
        d.local("The text does not say.", "文中没有提到。"));
  }

  /** What the text does not say of that person. */
  private static int unsaid(Draw d, Facts v, String name) {
    while (true) {
      int field = d.between(0, fields(d).size() - 1);
      boolean said = false;
      for (int i = 0; i < v.names.size(); i++) {
        said |= v.names.get(i).equals(name) && v.fields.get(i) == field;
      }
      if (!said) {
        return field;
      }
    }
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
    return d.exact(question, quoted(lines.get(v.row), v.cells.get(v.row).get(v.column)));
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
