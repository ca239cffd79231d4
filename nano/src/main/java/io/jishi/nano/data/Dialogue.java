// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.ArrayList;
import java.util.List;

/** Questions that refer to earlier turns. */
final class Dialogue {
  /**
   * Something that a person tells of himself.
   *
   * @param ask asks for it later
   * @param recall answers that
   */
  private record Told(Both tell, Both ask, String recall, String recallChinese) {}

  private static final List<Told> TOLD =
      List.of(
          new Told(
              Both.of(
                  """
                  [My name is|I am|I'm|Call me|They call me] {x}[.|!|]
                  [Hello|Hi|Hey][,|!] [my name is|I am|I'm] {x}[.|!|]
                  """,
                  """
                  [我叫|我是|我的名字是|叫我]{x}[。|！|]
                  [你好|您好|嗨][，|！][我叫|我是]{x}[。|！|]
                  """),
              Both.of(
                  """
                  [What is|What's|Tell me|Do you remember|Do you know] my name[?|]
                  [What am I called|Who am I|How am I called][?|]
                  [Say|Repeat] my name[.|]
                  [And|So|Now]: [what is my name|who am I][?|]
                  [My name|Name][?|, please.| again?| is …?]
                  [How|By what name] [do|should] you call me[?|]
                  [I forgot|Remind me of] my name[.|]
                  [Can you|Could you] [tell me|repeat|say] my name[?|]
                  ~Which name did I give you?
                  """,
                  """
                  [我叫什么|我叫什么名字|我是谁|我的名字是什么][？|]
                  [你还记得|你知道|你记得]我[叫什么|的名字]吗[？|]
                  [请|]说[一下|出]我的名字[。|]
                  [那么|现在][，|]我[叫什么|是谁][？|]
                  [我的名字|名字][呢|是|][？|]
                  你[该|应该|]怎么[叫|称呼]我[？|]
                  [我忘了|提醒我|告诉我]我的名字[。|]
                  [能|可以]说[出|一下]我的名字吗[？|]
                  ~我刚才说自己叫什么来着？
                  """),
              "Your name is {x}.",
              "你叫{x}。"),
          new Told(
              Both.of(
                  """
                  [I live in|I come from|I am from|I'm from|My home is] {x}[.|!|]
                  [Hello|Hi][,|!] [I live in|I am from|I'm from] {x}[.|!|]
                  """,
                  """
                  [我住在|我来自|我家在]{x}[。|！|]
                  [你好|您好][，|！][我住在|我来自]{x}[。|！|]
                  """),
              Both.of(
                  """
                  [Where do I live|Where am I from|Which city am I from|Where is my home][?|]
                  [Do you remember|Tell me|Do you know] where I [live|am from][?|.|]
                  [And|So|Now]: where [do I live|am I from][?|]
                  [Name|Say] my city[.|]
                  ~Which place did I name?
                  """,
                  """
                  [我住在哪里|我来自哪里|我住哪儿|我家在哪里|我在哪个城市][？|]
                  [你还记得|你知道|你记得]我[住在哪里|来自哪里]吗[？|]
                  [请|]说[一下|出]我[住在哪里|的城市][。|]
                  [那么|现在][，|]我住[哪里|哪儿][？|]
                  ~我刚才说的是哪个地方？
                  """),
              "You live in {x}.",
              "你住在{x}。"),
          new Told(
              Both.of(
                  """
                  [My favourite colour is|I like the colour|The colour I like is] {x}[.|!|]
                  [You should know|Remember]: my favourite colour is {x}[.|]
                  """,
                  """
                  [我最喜欢的颜色是|我喜欢的颜色是|我最爱]{x}[。|！|]
                  [记住|请记住][，|：]我最喜欢的颜色是{x}[。|]
                  """),
              Both.of(
                  """
                  [What is|What's|Which is|Do you remember] my favourite colour[?|]
                  [Which|What] colour do I like[ best| most|][?|]
                  [Tell me|Say|Name] my favourite colour[.|]
                  [And|So|Now]: which colour do I like[?|]
                  [My colour|My favourite colour|The colour][?|, please.| again?]
                  [I forgot|Remind me of] my favourite colour[.|]
                  [Can you|Could you] [tell me|repeat|say] my favourite colour[?|]
                  ~The colour that I told you?
                  """,
                  """
                  [我最喜欢什么颜色|我喜欢哪种颜色|我喜欢什么颜色|我最爱什么颜色][？|]
                  [你还记得|你知道|你记得]我[最喜欢的颜色|喜欢什么颜色]吗[？|]
                  [请|]说[一下|出]我最喜欢的颜色[。|]
                  [那么|现在][，|]我喜欢什么颜色[？|]
                  [我的颜色|最喜欢的颜色|颜色][呢|是|][？|]
                  [我忘了|提醒我]我喜欢的颜色[。|]
                  [能|可以]说[出|一下]我喜欢的颜色吗[？|]
                  ~我告诉你的颜色是？
                  """),
              "Your favourite colour is {x}.",
              "你最喜欢的颜色是{x}。"));

  private static final Both START =
      Both.of(
          """
          [What is|What's|Compute|How much is] {a} [+|plus] {b}[?|.|]
          {a} + {b}[ =|?|]
          """,
          """
          [|请|请你][计算|算一下]{a}[+|加]{b}[。|]
          {a}[ + |加]{b}[等于多少|是多少|得几][？|]
          """);

  private static final Both MORE =
      Both.of(
          """
          [And|Now|Then] [plus|add] {n}[?|.|]
          [Add|Now add|And add] {n} [to that|to it|more][.|]
          [Plus|And plus] {n}[?|.|]
          [And|Now] {n} more[?|.|]
          [What if I add|What do you get with] {n} more[?|]
          [And|Now|Then] [{n} on it|another {n}|{n} extra][?|.|]
          [Increase|Raise] [it|that|the result] by {n}[.|]
          [Can you|Could you|Please] add {n}[ more| to it|][?|.|]
          [What is|How much is] [that|it|the result] [plus|and] {n}[?|]
          ~The last result, raised by {n}?
          """,
          """
          [再|然后|接着][加|加上]{n}[呢|是多少|等于几|][？|]
          [结果|刚才的结果|它][再|]加{n}[呢|是多少|等于几][？|]
          [如果|要是]再加{n}呢[？|]
          [加上|再加上]{n}[。|？|]
          [把|将][它|结果|和]增加{n}[。|，是多少？|]
          [那|这个]加{n}[是多少|等于几|呢][？|]
          [继续|接着]加{n}[。|]
          ~前面的得数多{n}是几？
          """);

  private record Fact(int told, String x) {}

  private record Chain(int a, int b, int n) {}

  private Dialogue() {}

  static Exercise make(Draw d) {
    return d.chance(0.6) ? recall(d) : chain(d);
  }

  private static Exercise recall(Draw d) {
    Fact v =
        d.value(
            () -> {
              int told = d.between(0, TOLD.size() - 1);
              return new Fact(
                  told,
                  switch (told) {
                    case 0 -> Lexicon.name(d);
                    case 1 -> Lexicon.orRare(d, Lexicon.CITIES);
                    default -> d.of(Lexicon.COLOURS).in(d);
                  });
            });
    Told told = TOLD.get(v.told);
    List<Turn> turns = new ArrayList<>();
    turns.add(Turn.user(d.say(told.tell, "x", v.x)));
    turns.add(Turn.answer(greeting(d, v)));
    if (d.chance(0.4)) {
      turns.add(Turn.user(d.of(Words.plain(d))));
      turns.add(Turn.answer(Words.answer(turns.getLast().content(), d)));
    }
    turns.add(Turn.user(d.ask(told.ask)));
    String answer = Draw.fill(d.local(told.recall, told.recallChinese), "x", v.x);
    turns.add(Turn.answer(answer));
    return d.exercise(turns, List.of(), new Check.Exact(answer));
  }

  private static String greeting(Draw d, Fact v) {
    return v.told == 0
        ? d.local("Nice to meet you, " + v.x + ".", "很高兴认识你，" + v.x + "。")
        : d.local("I will remember that.", "我记住了。");
  }

  private static Exercise chain(Draw d) {
    Chain v = d.value(() -> new Chain(d.between(1, 99), d.between(1, 99), d.between(1, 99)));
    int sum = v.a + v.b;
    String answer = Integer.toString(sum + v.n);
    List<Turn> turns =
        List.of(
            Turn.user(d.say(START, "a", v.a, "b", v.b)),
            Turn.thought(Sums.plusSteps(v.a, v.b), Integer.toString(sum)),
            Turn.user(d.ask(MORE, "n", v.n)),
            Turn.thought(Sums.plusSteps(sum, v.n), answer));
    return d.exercise(turns, List.of(), new Check.Exact(answer));
  }
}
