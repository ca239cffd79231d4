// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

/** Multiplication by parts, division with remainder. */
final class Products {
  private static final Both TIMES =
      Both.of(
          """
          [What is|What's|Compute|Calculate|Work out|Find|Tell me|How much is] {a}[ × | x | * | times |*|×]{b}[?|.|]
          [Please |Can you |Could you |][compute|calculate|work out|find] [the product of {a} and {b}|{a} times {b}|{a} × {b}][.|?|]
          {a}[ × | * | x |*|×]{b}[ =| = ?|=|=?| is?|]
          [Multiply|Please multiply] {a} [by|with|and] {b}[.|]
          [What do you get|What comes out] [if you multiply|when you multiply] {a} [by|and] {b}[?|]
          [A box holds|Each bag holds|A row has] {a} [pens|apples|seats|eggs]. How many are [in|there in] {b} of them?
          [One ticket|A book|A meal] costs {a} [dollars|euros|coins]. [How much are|What do] {b} [cost|of them cost]?
          [Product|The product][: | of ]{a}[ and |, |; ]{b}[?|.|]
          {a} [times|multiplied by|by] {b}[ is| gives| equals| comes to][ what| how much][?|]
          {a}[ × |×| x |*]{b}[, what is it| – what is that|: result][?|]
          [If|Suppose] [x = |x is |x equals ]{a} and [y = |y is |y equals ]{b}, [what is|find|compute] x[ × |×| times ]y[?|.|]
          [There are|We have|I have] {b} [boxes|bags|rows|shelves] [of|with] {a} [pens|apples|seats|eggs][ each|]. [How many in all|Total|How many altogether|What's the total][?|]
          [Each|Every] [day|week|page|room] [has|needs|takes] {a} [litres|words|chairs|steps]. [What do|How many do|How much do] {b} [days|weeks|pages|rooms] [take|need|have][?|]
          [Start with|Take] {a}[ and multiply by|, times|, then multiply by] {b}[.|]
          [What is|Find] the area of {a} by {b}[?|.|]
          {a}, [times|multiplied by|taken by the factor] {b}[.|: what is it?|, please.|?]
          [First factor|Number|Factor][: |=]{a}[, |; ][second factor|times|factor][: |=]{b}[, |; ][product|result][: |=]?
          [A worker|A machine|A cook|A hen] [makes|bakes|packs] {a} [pieces|loaves|parcels] [a day|an hour|daily][.|;] [And in|How many in] {b} [days|hours][?|]
          [The car|A train|A plane] [goes|drives|travels] {a} km [an hour|per hour|each hour][.|:] [How far in|What distance in] {b} hours[?|]
          {b} [rows|tables|buses|pages][, |: ][with |]{a} [seats|words|lines|people] [in each|each|apiece][: |, | – ][how many|altogether|in all][?|]
          [I buy|She needs|We order] {b} [tickets|shirts|plates] [at|for] {a} [coins|euros|dollars] [each|apiece|a piece][.|;] [What do I pay|The price|Total price|How much is it][?|]
          [I'd like to know|I wonder|Would you kindly say] [what|how much] {a} [times|multiplied by] {b} [is|makes|gives][.|?|]
          [The|A] [garden|floor|wall] is {a} [m|metres] long and {b} [m|metres] wide. [What is its area|How large is it|The area][?|]
          [{b}-fold|{b} times over][: |, ]{a}[?|.|]
          [Check|Solve|Do|Evaluate] {a} [×|*|x|times] {b}[.|, please.| for me.|]
          [Every|Each] of {b} [children|boxes|shelves] [has|gets|holds] {a} [pens|sweets|books][.|:] [How many together|What is the sum|All in all][?|]
          ~{b} friends each pay {a} coins. How much do they pay together?
          ~{a} taken {b} times makes how much?
          """,
          """
          [|请|请你|帮我|麻烦][计算|算一下|算算|求] {a}[ × | * |乘以|乘|×|*]{b}[。|？||等于多少？|的积。]
          {a}[ × |×|*|乘以|乘]{b}[等于多少|是多少|等于几|得多少][？|?|]
          {a}[ × | * |×|*]{b}[ =| = ?|=|=?|]
          [请问|请告诉我|告诉我|]{a}[和|与|乘]{b}[的积|相乘][是多少|等于多少|得几][？|]
          [一盒|每袋|一排]有{a}[支笔|个苹果|个座位|个鸡蛋]，{b}[盒|袋|排]一共有多少？
          [一张票|一本书|一顿饭]{a}[元|块]，{b}[张|本|顿]一共多少[元|钱|块]？
          {a}与{b}的[积|乘积]
          [乘积|积][：|:]{a}[、|，|和]{b}
          [做乘法|乘法][：|:]{a}[、|，|乘][|]{b}
          [如果|设]x[=|是]{a}，y[=|是]{b}，[那么|求|]x×y[是多少|等于几|][？|]
          [有|共有]{b}[个箱子|个袋子|排座位]，每[箱|袋|排]{a}个，[总共|共|合计][多少|几]个[？|]
          每[天|周|页]{a}[升|字|步]，{b}[天|周|页][共|总共|要][多少|几][升|字|步|][？|]
          长{a}宽{b}的[面积|长方形面积][是多少|][？|]
          [把|将]{a}乘[以|上]{b}[。|，得多少？|]
          {a}[，|；][乘|乘以|乘上]{b}[，|：][是多少|得几|结果][？|]
          [因数|第一个数]{a}[和|、|，][因数|第二个数|]{b}[，|：][积|结果][是|][？|]
          [工人|机器|师傅][每天|一天|一小时][做|包|生产]{a}个，{b}[天|小时]做[多少|几]个[？|]
          [汽车|火车|飞机]每小时[走|行|飞]{a}千米，{b}小时[走|行|飞][多远|多少千米][？|]
          {b}组，每组{a}[人|个|本]，[一共|共|总数][多少|几][？|]
          [买|订|要]{b}[件|套|张]，[单价|每件|一件]{a}元，[要付|总价|花]多少[元|钱|][？|]
          [花园|地板|墙]长{a}米、宽{b}米，[面积多大|有多少平方米|面积是几][？|]
          {b}个{a}[相加|加起来|合在一起][是多少|得几|等于多少][？|]
          [我想知道|能告诉我]{a}乘{b}[是几|得几|等于多少][吗|][？|。|]
          [解|做|完成]{a}[×|乘]{b}[=|][。|]
          ~{b}个人每人付{a}元，一共付多少元？
          ~{a}的{b}倍是多少？
          """);

  private static final Both DIVIDED =
      Both.of(
          """
          [What is|What's|Compute|Calculate|Work out|Find|Tell me|How much is] {a}[ ÷ | / | divided by |/|÷]{b}[?|.|]
          [Please |Can you |Could you |][compute|calculate|work out|divide] {a} [divided by|÷|by] {b}[.|?|]
          {a}[ ÷ | / |/|÷]{b}[ =| = ?|=|=?|]
          [Divide|Please divide] {a} by {b}[.|]
          How [often|many times] does {b} go into {a}?
          [Share|Split] {a} [apples|coins|cards|books] among {b} [people|children|friends]. How many does each [get|one get]?
          [Quotient|The quotient][: | of ]{a}[ and |, |; ]{b}[?|.|]
          {a} [divided by|split by|shared by] {b}[ is| gives| equals][ what| how much][?|]
          [If|Suppose] [x = |x is |x equals ]{a} and [y = |y is |y equals ]{b}, [what is|find|compute] x[ ÷ | / |/]y[?|.|]
          [There are|We have|I have] {a} [eggs|pens|sweets|tickets] for {b} [boxes|children|groups|tables]. [How many for each|How many per box|What does one get][?|]
          [Put|Pack] {a} [eggs|books|apples|cups] [in|into] {b} [equal groups|boxes|bags|equal rows][.|: how many each?|]
          [With|Using] remainder[, |: ]{a}[ ÷ | / |:]{b}[?|.|]
          [Into|In] {b} [equal parts|parts][: |, ]{a}[?|.|]
          {a}, [divided by|split by|shared by] {b}[.|: what is it?|, please.|?]
          [Dividend|Number|Total][: |=]{a}[, |; ][divisor|parts|by][: |=]{b}[, |; ][quotient|result][: |=]?
          [How many|What number of] {b}s [are|fit|go] in {a}[?|]
          [A rope|A plank|A day] of {a} [m|metres|minutes] is cut into [pieces of {b}|lengths of {b}][.|:] [How many pieces|How many][?|]
          [I have|We baked|She picked] {a} [cookies|apples|roses] and [pack|put|tie] {b} [in a bag|in a box|together][.|;] [How many bags|How many boxes|How many bunches][?|]
          [{b} people|{b} children|A team of {b}] [must|want to|should] [divide|carry|split] {a} [sweets|stones|coins] [equally|fairly|evenly][.|:] [Each gets|How much for one|What is one share][?|]
          [I'd like to know|I wonder|Would you kindly say] [what|how much] {a} divided by {b} [is|makes|gives][.|?|]
          [{a} into|Make {a} into] {b} [equal shares|piles|teams][: |, ][what is in one|how big is one|each][?|]
          [Solve|Do|Evaluate] {a} [÷|/|by] {b}[.|, please.| with remainder.|]
          [The bill|The prize|The rent] is {a} [coins|euros], [we are|there are|paid by] {b}[ people| of us|][.|:] [What does one pay|One share is what|How much per head][?|]
          ~{b} friends share {a} coins. What does each get?
          ~{a} over {b} gives what?
          """,
          """
          [|请|请你|帮我|麻烦][计算|算一下|算算|求] {a}[ ÷ | / |除以|÷|/]{b}[。|？||等于多少？|的商。]
          {a}[ ÷ |÷|/|除以]{b}[等于多少|是多少|等于几|得多少][？|?|]
          {a}[ ÷ | / |÷|/]{b}[ =| = ?|=|=?|]
          把{a}[个苹果|枚硬币|张卡片|本书][平均|]分给{b}个[人|孩子|朋友]，每人[分得|得到|有]几[个|枚|张|本]？
          [请问|请告诉我|告诉我|]{a}除以{b}[是多少|等于多少|得几][？|]
          {a}与{b}的商[是多少|][？|]
          [做除法|除法][：|:]{a}[÷|/|除以]{b}
          [如果|设]x[=|是]{a}，y[=|是]{b}，[那么|求|]x÷y[是多少|等于几|][？|]
          [有|共有]{a}[个鸡蛋|支笔|张票]，[分成|装成|放成]{b}[份|组|盒]，每[份|组|盒][多少|几]个[？|]
          [把|将]{a}[平均分成|等分成|分成]{b}份[，每份多少|，一份是几|][？|。|]
          [带余数|求余][：|:]{a}÷{b}
          {a}[，|；][除以|平均除以]{b}[，|：][是多少|得几|商几余几|结果][？|]
          [被除数|总数]{a}[、|，][除数|份数]{b}[，|：][商|结果][是|][？|]
          [绳子|木板|电线]长{a}米，每{b}米[剪|锯|截]一段，[能剪几段|几段|多少段][？|]
          [烤了|摘了|买了]{a}个[饼|苹果|桃子]，每[袋|盒|箱]装{b}个，[能装几袋|装几盒|几箱][？|]
          {b}[人|个孩子|个小组][均分|分享|等分]{a}[块糖|颗豆|张纸]，[一人|每个|一组][几|多少][块|颗|张|][？|]
          [账单|奖金|房租]{a}元，{b}人[分摊|平摊]，[一人|每人][付|得][几|多少]元[？|]
          [用|拿]{b}去除{a}[，|][得几|商是几|结果是多少][？|]
          [我想知道|能告诉我]{a}除以{b}[是几|得几|等于多少][吗|][？|。|]
          [解|做|完成]{a}[÷|/|除以]{b}[=|][。|]
          {a}[个|本|张|只]，{b}[个|本|张|只]一[组|堆|份]，[共几组|分几堆|几份][？|]
          ~{b}个朋友平分{a}元，每人多少？
          ~{a}里面有几个{b}？
          """);

  private record Pair(int a, int b) {}

  private Products() {}

  static Exercise times(Draw d) {
    Pair p = d.value(() -> pair(d));
    String question = d.ask(TIMES, "a", p.a, "b", p.b);
    String answer = Integer.toString(p.a * p.b);
    return p.a <= 10 && p.b <= 10
        ? d.exact(question, answer)
        : d.exact(question, steps(p.a, p.b), answer);
  }

  private static Pair pair(Draw d) {
    return switch (d.between(0, 9)) {
      case 0, 1 -> new Pair(d.between(0, 10), d.between(0, 10));
      case 2, 3 -> new Pair(d.between(11, 99), d.between(2, 9));
      case 4 -> new Pair(d.between(2, 9), d.between(11, 99));
      default -> new Pair(d.between(10, 99), d.between(10, 99));
    };
  }

  /** The four products of tens and ones, then their sum, one term at a time. */
  static String steps(int a, int b) {
    StringBuilder out = new StringBuilder();
    int sum = -1;
    for (int x : new int[] {a / 10 * 10, a % 10}) {
      for (int y : new int[] {b / 10 * 10, b % 10}) {
        if (x == 0 || y == 0) {
          continue;
        }
        out.append(out.isEmpty() ? "" : "\n").append(x + "×" + y + "=" + x * y);
        if (sum >= 0) {
          out.append("\n").append(Sums.line(sum, x * y));
        }
        sum = Math.max(sum, 0) + x * y;
      }
    }
    return out.toString();
  }

  static Exercise divided(Draw d) {
    Pair p =
        d.value(
            () -> {
              int b = d.between(2, 9);
              return new Pair(d.chance(0.6) ? b * d.between(1, 12) : d.between(b, 12 * b), b);
            });
    int quotient = p.a / p.b;
    int rest = p.a % p.b;
    String question = d.ask(DIVIDED, "a", p.a, "b", p.b);
    if (rest == 0) {
      return d.exact(question, p.b + "×" + quotient + "=" + p.a, Integer.toString(quotient));
    }
    String steps =
        p.b
            + "×"
            + quotient
            + "="
            + p.b * quotient
            + "\n"
            + p.a
            + "-"
            + p.b * quotient
            + "="
            + rest;
    return d.exact(question, steps, quotient + d.local(" remainder ", " 余 ") + rest);
  }
}
