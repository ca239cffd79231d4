// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.ArrayList;
import java.util.List;

/** Small puzzles of logic: orders, families, classes. */
final class Logic {
  private static final Both RANK =
      Both.of(
          """
          {facts} [Who is|Who's|Tell me who is|So who is] the {most}[?|]
          {facts} [Which of them|Which one|Who of them] is the {most}[?|]
          [Given|Facts]: {facts} [Question: who|Who] is the {most}[?|]
          [Who is|Who's] the {most}, if we know this: {facts}
          ~Listen: {facts} Name the {most}.
          """,
          """
          {facts}[谁|哪个人|那么谁|他们中谁][最{most}][？|]
          {facts}[请问|问|问题：|你说]谁最{most}[？|]
          [已知|条件][：|:]{facts}谁最{most}[？|]
          [谁最{most}|最{most}的是谁][？|?]{facts}
          ~听好：{facts}说出最{most}的人。
          """);

  /** Comparative and both superlatives in English; both adjectives in Chinese. */
  private record Scale(String more, String most, String least, String zhMore, String zhLess) {}

  private static final List<Scale> SCALES =
      List.of(
          new Scale("taller", "tallest", "shortest", "高", "矮"),
          new Scale("older", "oldest", "youngest", "老", "年轻"),
          new Scale("faster", "fastest", "slowest", "快", "慢"),
          new Scale("richer", "richest", "poorest", "富", "穷"),
          new Scale("heavier", "heaviest", "lightest", "重", "轻"));

  private static final Both FAMILY =
      Both.of(
          """
          {facts} [What is|Who is|What's] {a} to {b}[?|]
          {facts} [How is|In what way is] {a} related to {b}[?|]
          [Given|Facts|We know]: {facts} [What is|What's] {a} to {b}[?|]
          {facts} [So {a} is|Then {a} is|Therefore {a} is] {b}'s …[?|]
          ~In this family: {facts} Say what {b} would call {a}.
          """,
          """
          {facts}{a}是{b}的[什么人|谁|什么|什么亲戚][？|]
          {facts}[请问|问|那么|问题：]{a}是{b}的[什么人|什么|谁][？|]
          [已知|条件][：|:]{facts}{a}是{b}的[什么人|什么][？|]
          {facts}{b}[该叫|应该叫|管]{a}[什么|叫什么][？|]
          ~一家人：{facts}说说{a}和{b}的关系。
          """);

  private static final Both CLASS =
      Both.of(
          """
          {facts} Is {a} {b}[?| or not?]
          {facts} [Does it follow that|Is it true that|Can we say that] {a} is {b}[?|]
          [Given|Facts|We know]: {facts} Is {a} {b}[?|]
          {facts} [So|Then], is {a} {b}[?|]
          ~Suppose this: {facts} Would {a} be {b}?
          """,
          """
          {facts}{a}是{b}吗[？|]
          {facts}[那么|所以|请问|问]{a}是[不是|否是]{b}[？|]
          [已知|条件][：|:]{facts}{a}是{b}吗[？|]
          {facts}[能说|可以说]{a}是{b}吗[？|]
          ~假设：{facts}{a}算不算{b}？
          """);

  private record Ranked(List<Lexicon.Word> order, int scale, boolean top) {}

  private Logic() {}

  static Exercise make(Draw d) {
    return switch (d.between(0, 2)) {
      case 0 -> rank(d);
      case 1 -> family(d);
      default -> classes(d);
    };
  }

  private static Exercise rank(Draw d) {
    Ranked v =
        d.value(
            () ->
                new Ranked(
                    d.some(Lexicon.NAMES, d.between(2, 4)),
                    d.between(0, SCALES.size() - 1),
                    d.chance(0.5)));
    Scale scale = SCALES.get(v.scale);
    List<String> names = v.order.stream().map(w -> w.in(d)).toList();
    List<String> facts = new ArrayList<>();
    for (int i = 0; i + 1 < names.size(); i++) {
      String a = names.get(i);
      String b = names.get(i + 1);
      facts.add(
          d.local(a + " is " + scale.more + " than " + b + ".", a + "比" + b + scale.zhMore + "。"));
    }
    String most = v.top ? d.local(scale.most, scale.zhMore) : d.local(scale.least, scale.zhLess);
    String answer = v.top ? names.getFirst() : names.getLast();
    String reasoning = String.join(" > ", names);
    return d.exact(
        d.ask(RANK, "facts", told(d, d.shuffled(facts)), "most", most), reasoning, answer);
  }

  private static String told(Draw d, List<String> facts) {
    return String.join(d.local(" ", ""), facts);
  }

  private record Kin(List<Lexicon.Word> names, int relation) {}

  private enum Relation {
    GRANDMOTHER("mother", "母亲", "father", "父亲", "grandmother", "奶奶"),
    GRANDFATHER("father", "父亲", "father", "父亲", "grandfather", "爷爷"),
    MATERNAL_GRANDMOTHER("mother", "母亲", "mother", "母亲", "grandmother", "外婆"),
    MATERNAL_GRANDFATHER("father", "父亲", "mother", "母亲", "grandfather", "外公"),
    AUNT("sister", "妹妹", "father", "父亲", "aunt", "姑姑"),
    UNCLE("brother", "弟弟", "father", "父亲", "uncle", "叔叔"),
    MATERNAL_AUNT("sister", "妹妹", "mother", "母亲", "aunt", "姨妈"),
    MATERNAL_UNCLE("brother", "弟弟", "mother", "母亲", "uncle", "舅舅"),
    GRANDSON("son", "儿子", "son", "儿子", "grandson", "孙子"),
    GRANDDAUGHTER("daughter", "女儿", "son", "儿子", "granddaughter", "孙女");

    final String first;
    final String firstChinese;
    final String second;
    final String secondChinese;
    final String result;
    final String resultChinese;

    Relation(
        String first,
        String firstChinese,
        String second,
        String secondChinese,
        String result,
        String resultChinese) {
      this.first = first;
      this.firstChinese = firstChinese;
      this.second = second;
      this.secondChinese = secondChinese;
      this.result = result;
      this.resultChinese = resultChinese;
    }
  }

  private static Exercise family(Draw d) {
    Kin v =
        d.value(
            () -> new Kin(d.some(Lexicon.NAMES, 3), d.between(0, Relation.values().length - 1)));
    Relation r = Relation.values()[v.relation];
    List<String> n = v.names.stream().map(w -> w.in(d)).toList();
    List<String> facts =
        List.of(
            fact(d, n.get(0), n.get(1), d.local(r.first, r.firstChinese)),
            fact(d, n.get(1), n.get(2), d.local(r.second, r.secondChinese)));
    String question =
        d.ask(FAMILY, "facts", told(d, d.shuffled(facts)), "a", n.get(0), "b", n.get(2));
    return d.exact(question, d.local(r.result, r.resultChinese));
  }

  private static String fact(Draw d, String a, String b, String relation) {
    return d.local(
        a + " is the " + relation + " of " + b + ".", a + "是" + b + "的" + relation + "。");
  }

  private record Member(Lexicon.Word name, Lexicon.Word kind, Lexicon.Word group, int form) {}

  /** Yes, no or unknown, by the form of the argument. */
  private static Exercise classes(Draw d) {
    Member v =
        d.value(
            () ->
                new Member(
                    d.of(Lexicon.NAMES),
                    d.of(Lexicon.JOBS),
                    d.of(Lexicon.ADJECTIVES),
                    d.between(0, 2)));
    String name = v.name.in(d);
    String kind = v.kind.in(d);
    String group = v.group.in(d);
    String all = d.local("All " + kind + "s are " + group + ".", "所有" + kind + "都是" + group + "的。");
    String none = d.local("No " + kind + " is " + group + ".", "没有一个" + kind + "是" + group + "的。");
    String is = d.local(name + " is " + Lexicon.article(kind) + ".", name + "是" + kind + "。");
    String some =
        d.local("Some " + kind + "s are " + group + ".", "有些" + kind + "是" + group + "的。");
    List<String> facts =
        switch (v.form) {
          case 0 -> List.of(all, is);
          case 1 -> List.of(none, is);
          default -> List.of(some, is);
        };
    String answer =
        switch (v.form) {
          case 0 -> d.local("Yes.", "是。");
          case 1 -> d.local("No.", "不是。");
          default -> d.local("That is unknown.", "无法确定。");
        };
    String question =
        d.ask(
            CLASS,
            "facts",
            told(d, d.shuffled(facts)),
            "a",
            name,
            "b",
            d.local(group, group + "的"));
    return d.exact(question, answer);
  }
}
