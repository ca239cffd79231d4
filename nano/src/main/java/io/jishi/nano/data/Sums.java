// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.List;

/** Addition and subtraction, digit by digit from the right. */
final class Sums {
  private static final Both PLUS =
      Both.of(
          """
          [What is|What's|Compute|Calculate|Work out|Find|Tell me|How much is] {a}[ + |+| plus ]{b}[?|.|]
          [Please |Can you |Could you |][compute|calculate|work out|find] [the sum of |]{a} [and|plus|+] {b}[.|?|]
          {a}[ + |+]{b}[ =| = ?|=|=?| is?|]
          [Add|Please add] {a} [and|to] {b}[.|]
          [What do you get|What comes out|How much is it] [if you add|when you add] {a} and {b}[?|]
          [A shop|A farm|A school|A library] has {a} [books|apples|boxes|pens|chairs] and [gets|buys|receives] {b} more. How many [are there|does it have] [now|in all|together]?
          [Anna|Ben|Tom|Mia|Leo] has {a} [coins|stamps|cards|marbles]. [She|He] [finds|gets|wins] {b} more. How many [are there|is that] now?
          [Sum|Total|The sum|The total][: | of ]{a}[ and |, |; ]{b}[?|.|]
          [Sum up|Total|Add up|Add together|Put together] {a} and {b}[.|, please.|]
          {a} [plus|added to|increased by|together with|and another] {b}[ is| gives| equals| comes to][ what| how much][?|]
          {a}[ +|+]{b}[, what is it| – what is that|: result][?|]
          [I have|There are|We have] {a} [eggs|pens|coins|cards|trees] and {b} [more|others|extra][.|:|, so] [how many|what's the total|what is the total][?|]
          [First|Today|This week] [we sold|I read|he ran|she wrote] {a} [pages|items|words|metres], [then|later|after that] {b}[ more|]. [What is the total|Total|How much together|Altogether][?|]
          [One bag|One box|One room|The red box] [has|holds] {a}, [the other|the blue one|the next] [has|holds] {b}. [Both together|In total|Together][?|]
          [Starting from|Starting at|Begin with|Take] {a}[, add|, go up by|, then add| and add] {b}[.|: what comes out?|. Result?|]
          [If|Suppose] [x = |x is |x equals ]{a} and [y = |y is |y equals ]{b}, [what is|find|compute] x[ + |+]y[?|.|]
          [What|Which number] is {b} [more than|above|added to] {a}[?|]
          [Raise|Increase] {a} by {b}[.|]
          ~{a} and {b} make how many?
          ~On Monday {a} people came, on Tuesday {b}. How many came on both days?
          """,
          """
          [|请|请你|帮我|麻烦][计算|算一下|算算|求] {a}[ + |+|加]{b}[。|？||等于多少？|的和。]
          {a}[ + |+|加|加上]{b}[等于多少|是多少|等于几|得多少][？|?|]
          {a}[ + |+]{b}[ =| = ?|=|=?|]
          [请问|请告诉我|告诉我|]{a}[和|与|加]{b}[的和|相加|加起来][是多少|等于多少|得几][？|]
          [小明|小红|小华|丽丽]有{a}[本书|个苹果|支笔|张卡片|枚邮票]，[又买了|又得到|妈妈又给了]{b}[本|个|支|张|枚]，[现在|一共|总共]有多少？
          [商店|学校|农场|图书馆][里|]有{a}[个箱子|把椅子|本书|只鸡]，又[运来|买来|增加]{b}[个|把|本|只]，[一共|现在]有多少？
          {a}与{b}的[和|总和]
          [总和|合计|和][：|:|]{a}[、|，|和]{b}
          [求和|做加法|加法][：|:]{a}[、|，|和]{b}
          [如果|设]x[=|是]{a}，y[=|是]{b}，[那么|求|]x+y[是多少|等于几|][？|]
          [我|爷爷|老师]有{a}[元|块糖|个鸡蛋]，[又拿到|后来多了|再得到]{b}[元|块|个]，[总数是|合起来|共][多少|几][？|]
          [红盒|大箱|第一袋]有{a}个，[蓝盒|小箱|第二袋]有{b}个，[合起来|两个一共|加在一起][几个|多少个|有多少][？|]
          [先|第一天|今天][走了|读了|卖了]{a}[步|页|件]，[再|第二天|后来][走了|读了|卖了]{b}[步|页|件]，[共|总共|合计][多少|几][步|页|件|][？|]
          比{a}多{b}的[数|数字][是多少|是几|是][？|]
          [把|将]{a}[增加|加大]{b}[，得多少|是多少|][？|。|]
          [从|由]{a}[开始|起][，|]往上加{b}[是多少|得几|][？|]
          [帮我把|请把|把]{a}[和|跟|同]{b}加[起来|在一起][。|]
          ~{a}再加{b}，结果是几？
          ~上午来了{a}人，下午来了{b}人，全天来了多少人？
          """);

  private static final Both MINUS =
      Both.of(
          """
          [What is|What's|Compute|Calculate|Work out|Find|Tell me|How much is] {a}[ - |-| minus ]{b}[?|.|]
          [Please |Can you |Could you |][compute|calculate|work out|find] [the difference of |]{a} [minus|-] {b}[.|?|]
          {a}[ - |-]{b}[ =| = ?|=|=?| is?|]
          [Subtract|Please subtract|Take] {b} from {a}[.|]
          [What is left|How much is left|What remains] [if you take|when you take] {b} from {a}[?|]
          [A shop|A farm|A school|A library] has {a} [books|apples|boxes|pens|chairs] and [sells|loses|gives away] {b}. How many are left?
          [Anna|Ben|Tom|Mia|Leo] has {a} [coins|stamps|cards|marbles] and gives away {b}. How many are left?
          [Difference|The difference][: | of | between ]{a}[ and |, |; ]{b}[?|.|]
          {a} [minus|less|reduced by|decreased by|without] {b}[ is| gives| equals| leaves][ what| how much][?|]
          [Take away|Deduct|Remove] {b} from {a}[.|, please.|]
          {a}[ -|-]{b}[, what is it| – what is that|: result][?|]
          [I have|There are|We have] {a} [eggs|pens|coins|cards|trees], {b} [are gone|break|get lost|are sold][.|:|, so] [how many|what's left|how many remain][?|]
          [Starting from|Starting at|Begin with] {a}[, subtract|, go down by|, then take away] {b}[.|: what comes out?|. Result?|]
          [If|Suppose] [x = |x is |x equals ]{a} and [y = |y is |y equals ]{b}, [what is|find|compute] x[ - |-]y[?|.|]
          [What|Which number] is {b} [less than|below] {a}[?|]
          [Lower|Reduce|Decrease] {a} by {b}[.|]
          [He|She|My friend] [had|owned] {a} [coins|sheep|books] and [spent|lost|sold] {b}. [What remains|How many now|The rest][?|]
          {a}, [take off|subtract|and take away] {b}[.|: what remains?|, please.|?]
          [Gap|Rest|Balance|Change][: | between ]{a}[ and |, |; ]{b}[?|.|]
          [The price|My bill|The rent] [was|is] {a}[ coins| euros|], [it fell|I got a rebate|it drops] by {b}[.|:] [New price|What do I pay now|How much now][?|]
          [A bus|A train|A hall|A ship] with {a} [people|guests|passengers][: | – |, ]{b} [leave|get off|go home][.|;] [How many stay|How many are still there|Who stays, in number][?|]
          [There were|Once there were] {a} [birds|boats|pages|trees][, |; ]{b} [flew off|sank|were torn out|fell][, |; |. ][so how many|how many] [are left|stay|remain][?|]
          [The road|A rope|A film|The book] [is|has] {a} [km|metres|minutes|pages] [long|in all][, |; ]{b} [are done|are behind us|are over][.|;] [How much is still to go|What is still to come][?|]
          [How far is it|What's the distance|How big is the step] from {b} to {a}[?|]
          [How many|What number] [must I|do I|should one] add to {b} to [get|reach] {a}[?|]
          {b} [off|away from|out of] {a}[ =| is| gives|][?|]
          [Number|First|Start][: |=]{a}[, |; ][minus|second|less][: |=]{b}[, |; ][left|result|difference][: |=]?
          [I'd like to know|I wonder|Would you kindly say] [what|how much] {a} [minus|less] {b} [is|makes|leaves][.|?|]
          [She|He|Grandma] [needs|wants|is saving for] {a} [coins|points|stamps] and [has|owns|holds] {b}[ already|]. [How many more|What is missing|How many are missing][?|]
          [Dad|My uncle|The tree] is {a}[ years old|], [I am|the house is|mum is] {b}[.|:] [How big is the difference|By how much do we differ][?|]
          ~Of {a} seats {b} are taken. How many are free?
          ~How much more is {a} than {b}?
          """,
          """
          [|请|请你|帮我|麻烦][计算|算一下|算算|求] {a}[ - |-|减]{b}[。|？||等于多少？|的差。]
          {a}[ - |-|减|减去]{b}[等于多少|是多少|等于几|得多少][？|?|]
          {a}[ - |-]{b}[ =| = ?|=|=?|]
          [请问|请告诉我|告诉我|]{a}[和|与|减]{b}[的差|相减][是多少|等于多少|得几][？|]
          [小明|小红|小华|丽丽]有{a}[本书|个苹果|支笔|张卡片|枚邮票]，[送给别人|用掉|丢了]{b}[本|个|支|张|枚]，还剩多少？
          [商店|学校|农场|图书馆][里|]有{a}[个箱子|把椅子|本书|只鸡]，[卖掉|运走|借出]{b}[个|把|本|只]，[还剩|现在有]多少？
          {a}与{b}的[差|差是多少]
          [差|相差][：|:]{a}[、|，|和]{b}
          [做减法|减法][：|:]{a}[、|，|减][|]{b}
          [如果|设]x[=|是]{a}，y[=|是]{b}，[那么|求|]x-y[是多少|等于几|][？|]
          [我|爷爷|老师]有{a}[元|块糖|个鸡蛋]，[花掉|吃掉|少了]{b}[元|块|个]，[剩下|余下|还有][多少|几][？|]
          比{a}少{b}的[数|数字][是多少|是几|是][？|]
          [把|将]{a}[减少|减小]{b}[，得多少|是多少|][？|。|]
          [从|由]{a}[开始|起][，|]往下减{b}[是多少|得几|][？|]
          [总共|一共]{a}[页|米|件]，[看了|走了|做了]{b}[页|米|件]，[没做的|余下的|剩下的]有多少[？|]
          {a}[，|；][减掉|扣掉|拿走|扣除]{b}[，|：][还有多少|剩多少|得几][？|]
          {b}[再加|加上]多少[是|等于|得]{a}[？|]
          从{b}到{a}[差|隔|相差|还差][多少|几][？|]
          [要|需要|想买]{a}[元|个|张]，[只有|已有|手里有]{b}[元|个|张]，[还差|还缺|还要][多少|几][？|]
          [车上|船上|教室里|树上]有{a}[个人|只鸟|人]，[走了|离开|下去]{b}[个|只|人]，[留下|剩|还在的][多少|几个|几][？|]
          [原价|房租|票价]{a}元，[便宜|降|优惠]{b}元，[现价|现在|要付]多少[元|钱|][？|]
          [路|绳子|电影][长|全长|共]{a}，[过了|用了|走完]{b}，[余|剩余|后面还有]多少[？|]
          [被减数|第一个数]{a}[，|、][减数|第二个数]{b}[，|：][差|结果][是|？|]
          [我想知道|麻烦说说|能告诉我]{a}减{b}[是几|得几|等于多少][吗|][？|。|]
          [爸爸|爷爷|姐姐]{a}岁，[我|弟弟|妈妈]{b}岁，[相差|差][几|多少]岁[？|]
          [原来|本来|起初]{a}[个|张|只]，后来[少|丢|坏]了{b}[个|张|只]，[现在|如今][几|多少][个|张|只|][？|]
          ~从{a}里去掉{b}，剩几？
          ~{a}比{b}多多少？
          """);

  private record Pair(int a, int b) {}

  private Sums() {}

  static Exercise plus(Draw d) {
    Pair p = d.value(() -> new Pair(operand(d), operand(d)));
    String question = d.ask(PLUS, "a", p.a, "b", p.b);
    String answer = Integer.toString(p.a + p.b);
    return p.a < 10 && p.b < 10
        ? d.exact(question, answer)
        : d.exact(question, plusSteps(p.a, p.b), answer);
  }

  static Exercise minus(Draw d) {
    Pair p = d.value(() -> difference(d), x -> x.a >= x.b || d.chance(0.2));
    String question = d.ask(MINUS, "a", p.a, "b", p.b);
    String answer = Integer.toString(p.a - p.b);
    if (p.a < 10 && p.b < 10) {
      return d.exact(question, answer);
    }
    String steps =
        p.a >= p.b
            ? minusSteps(p.a, p.b)
            : p.a + " < " + p.b + "\n" + minusSteps(p.b, p.a) + "\n" + answer;
    return d.exact(question, steps, answer);
  }

  /** Every third takes from a number with zeros, across which a borrowed ten is carried. */
  private static Pair difference(Draw d) {
    if (d.chance(0.65)) {
      return new Pair(operand(d), operand(d));
    }
    int step = d.of(10, 100, 100, 100, 1000);
    int a = step * d.between(1, 9) + (d.chance(0.5) ? d.between(0, 9) : 0);
    return new Pair(a, d.between(1, a));
  }

  /** Mostly up to three digits, each length as often. */
  private static int operand(Draw d) {
    return switch (d.between(0, 9)) {
      case 0, 1 -> d.between(0, 9);
      case 2, 3, 4 -> d.between(10, 99);
      case 9 -> d.between(1000, 9999);
      default -> d.between(100, 999);
    };
  }

  /** {@code 7+6=13→3}, then {@code 4+8+1=13→33}: the result grows to the left. */
  static String plusSteps(int a, int b) {
    StringBuilder out = new StringBuilder();
    StringBuilder result = new StringBuilder();
    int carry = 0;
    for (int x = a, y = b; x > 0 || y > 0; x /= 10, y /= 10) {
      int sum = x % 10 + y % 10 + carry;
      out.append(x % 10).append('+').append(y % 10).append(carry > 0 ? "+1" : "");
      boolean last = x < 10 && y < 10;
      result.insert(0, last ? sum : sum % 10);
      out.append('=').append(sum).append("→").append(result).append(last ? "" : "\n");
      carry = sum / 10;
    }
    return out.toString();
  }

  /** {@code 13-6=7→7}: ten is borrowed where a digit is too small; needs {@code a >= b}. */
  static String minusSteps(int a, int b) {
    StringBuilder out = new StringBuilder();
    StringBuilder result = new StringBuilder();
    int borrow = 0;
    for (int x = a, y = b; x > 0 || y > 0; x /= 10, y /= 10) {
      int difference = x % 10 - y % 10 - borrow;
      boolean borrows = difference < 0;
      difference += borrows ? 10 : 0;
      out.append(out.isEmpty() ? "" : "\n");
      out.append(borrows ? x % 10 + 10 : x % 10).append('-').append(y % 10);
      out.append(borrow > 0 ? "-1" : "").append('=').append(difference);
      result.insert(0, difference);
      out.append("→").append(result);
      borrow = borrows ? 1 : 0;
    }
    return out.toString();
  }

  /** Sums as a product needs them, without steps: {@code 1200+210=1410}. */
  static String line(int a, int b) {
    return a + "+" + b + "=" + (a + b);
  }

  static List<Generator> both() {
    return List.of(Sums::plus, Sums::minus);
  }
}
