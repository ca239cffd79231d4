// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Calls of tools that a conversation offers, and answers that use what they gave. */
final class ToolUse {
  private static final Both CALCULATE =
      Both.of(
          """
          [What is|What's|Compute|Calculate|Work out|How much is] {x}[?|.|]
          [Please |Can you |Could you |][compute|calculate|work out] {x}[.|?|]
          {x}[ =| = ?|]
          [Use the calculator|With the calculator|Use a tool][: |, ]{x}[.|?|]
          ~I would like to have {x} worked out.
          """,
          """
          [|请|请你|帮我|麻烦][计算|算一下|算算|求] {x}[。|？||等于多少？]
          {x}[等于多少|是多少|得多少][？|]
          {x}[ =| = ?|]
          [用计算器|用工具|请用计算器][算|计算|算一下]{x}[。|]
          ~我想知道{x}的结果。
          """);

  private static final Both TIME =
      Both.of(
          """
          [What time is it|What's the time|Which time is it|How late is it] [now |right now |]in {x}[?|]
          [Tell me|Give me|I need] the [current |]time in {x}[.|]
          [Can you|Could you] [tell me|look up] the time in {x}?
          [Current time|Time now] in {x}[?|.|]
          ~What do the clocks in {x} show?
          """,
          """
          [现在|此刻|][{x}|在{x}][几点了|几点|是几点|是什么时间][？|]
          [告诉我|请告诉我|查一下|请问]{x}[现在|]的时间[。|]
          [请问|][{x}现在|现在{x}][是|]几点[了|][？|]
          ~{x}的钟指着几点？
          """);

  private static final Both WEATHER =
      Both.of(
          """
          [What is|What's|How is|How's] the weather [like |]in {x}[ today|][?|]
          [Tell me|Give me|I need|Check] the weather [in|for] {x}[.|]
          [Is it raining|Is it warm|Is it cold] in {x}[ today| now|][?|]
          [Weather|Forecast|Weather report] [in|for] {x}[?|.|]
          ~Do I need a coat in {x}?
          """,
          """
          [今天|现在|]{x}[的|]天气[怎么样|如何|好吗][？|]
          [告诉我|查一下|请查|看看]{x}[的|]天气[。|]
          {x}[今天|现在|]下雨吗[？|]
          [请问|]{x}今天[热不热|冷不冷|热吗|冷吗][？|]
          ~去{x}要带伞吗？
          """);

  private static final Both SEARCH =
      Both.of(
          """
          [Search|Look up|Search the web] [for |]{x}[.|]
          [Find|Look for|Get] [information|something|news] [about|on] {x}[.|]
          [Can you|Could you|Please] [search|look] for {x}[?|.|]
          [Look up|Google|Find out about] {x} [for me|online|][.|]
          ~I want to read about {x}.
          """,
          """
          [搜索|查找|查一下|搜一下|请搜索]{x}[。|]
          [帮我|请|麻烦][搜|查|找][一下|找]{x}[的信息|的资料|][。|]
          [在网上|上网][搜索|查|找]{x}[。|]
          [找|查]关于{x}的[信息|资料|消息][。|]
          ~我想看看{x}的资料。
          """);

  private static final Both REMIND =
      Both.of(
          """
          [Remind me|Please remind me] [to {x}|about this: {x}] at {hour}[:00|][.|]
          [Set|Create|Make] a reminder [for|at] {hour}[:00|][:| to] {x}[.|]
          [At|Around] {hour}[:00|] [remind me|please remind me] to {x}[.|]
          ~Do not let me forget to {x} at {hour}.
          """,
          """
          [{hour}点|在{hour}点|请在{hour}点][提醒我|叫我]{x}[。|]
          [设|设置|创建][一个|]{hour}点的提醒[：|，]{x}[。|]
          [请|帮我|麻烦][在|]{hour}点提醒[我|我去]{x}[。|]
          ~别让我忘了{hour}点{x}。
          """);

  static final List<Lexicon.Word> TASKS =
      List.of(
          new Lexicon.Word("call mom", "给妈妈打电话"),
          new Lexicon.Word("buy milk", "买牛奶"),
          new Lexicon.Word("water the flowers", "浇花"),
          new Lexicon.Word("feed the cat", "喂猫"),
          new Lexicon.Word("take the train", "坐火车"),
          new Lexicon.Word("write the report", "写报告"),
          new Lexicon.Word("clean the room", "打扫房间"),
          new Lexicon.Word("go to bed", "睡觉"));

  private static final List<Lexicon.Word> SKIES =
      List.of(
          new Lexicon.Word("sunny", "晴"),
          new Lexicon.Word("rain", "雨"),
          new Lexicon.Word("cloudy", "多云"),
          new Lexicon.Word("snow", "雪"),
          new Lexicon.Word("wind", "大风"));

  /** A tool under several names, as clients differ. */
  private record Family(List<String> names, List<String> descriptions, Map<String, String> in) {
    ToolSheet sheet(Draw d) {
      return new ToolSheet(d.of(names), d.of(descriptions), in);
    }
  }

  private static final Family CALCULATOR =
      new Family(
          List.of("calculator", "calculate", "calc"),
          List.of("Evaluates an arithmetic expression", "Does arithmetic", "计算算式"),
          Map.of("expression", "string"));
  private static final Family CLOCK =
      new Family(
          List.of("clock", "get_time", "current_time"),
          List.of("Tells the time in a city", "Current time of a city", "查询城市的时间"),
          Map.of("city", "string"));
  private static final Family FORECAST =
      new Family(
          List.of("weather", "get_weather", "forecast"),
          List.of("Tells the weather in a city", "Weather of a city", "查询城市的天气"),
          Map.of("city", "string"));
  private static final Family WEB =
      new Family(
          List.of("search", "web_search", "find"),
          List.of("Searches the web", "Looks something up", "搜索网页"),
          Map.of("query", "string"));
  private static final Family REMINDER =
      new Family(
          List.of("remind", "set_reminder", "reminder"),
          List.of("Sets a reminder", "Reminds at an hour", "设置提醒"),
          ordered("hour", "integer", "text", "string"));

  private static final List<Family> ALL = List.of(CALCULATOR, CLOCK, FORECAST, WEB, REMINDER);

  private record Wish(int tool, String x, int hour, String result) {}

  private ToolUse() {}

  private static Map<String, String> ordered(String a, String b, String c, String d) {
    Map<String, String> map = new LinkedHashMap<>();
    map.put(a, b);
    map.put(c, d);
    return map;
  }

  /** A call. */
  static Exercise call(Draw d) {
    return make(d, false);
  }

  /** The answer behind a call and its result. */
  static Exercise result(Draw d) {
    return make(d, true);
  }

  private static Exercise make(Draw d, boolean answered) {
    Wish v = d.value(() -> wish(d));
    String question =
        d.ask(
            List.of(CALCULATE, TIME, WEATHER, SEARCH, REMIND).get(v.tool),
            "x",
            v.x,
            "hour",
            v.hour);
    ToolSheet tool = ALL.get(v.tool).sheet(d);
    List<ToolSheet> tools = new ArrayList<>(List.of(tool));
    for (int other : d.some(List.of(0, 1, 2, 3, 4), d.between(0, 3))) {
      if (other != v.tool) {
        tools.add(ALL.get(other).sheet(d));
      }
    }
    Map<String, Object> arguments = new LinkedHashMap<>();
    for (String name : tool.parameters().keySet()) {
      arguments.put(name, name.equals("hour") ? (Object) v.hour : v.x);
    }
    Turn call = Turn.call(tool.name(), arguments);
    List<Turn> turns = new ArrayList<>(List.of(Turn.user(question), call));
    Check check = new Check.Calls(call.call());
    if (answered) {
      String answer = said(d, v);
      turns.add(Turn.tool(v.result));
      turns.add(Turn.answer(answer));
      check = new Check.Exact(answer);
    }
    return d.exercise(turns, d.shuffled(tools), check);
  }

  private static Wish wish(Draw d) {
    int tool = d.of(0, 0, 1, 2, 3, 4);
    int hour = d.between(1, 12);
    return switch (tool) {
      case 0 -> {
        String op = d.of("+", "-", "*", "*");
        int a = d.between(100, 99_999);
        int b = d.between(10, 9_999);
        long value = Expression.value(a + op + b).orElseThrow();
        yield new Wish(0, a + op + b, hour, Long.toString(value));
      }
      case 1 -> new Wish(1, d.of(Lexicon.CITIES).in(d), hour, clock(d));
      case 2 -> {
        String sky = d.of(SKIES).in(d) + ", " + d.between(0, 35) + "°C";
        yield new Wish(2, d.of(Lexicon.CITIES).in(d), hour, sky);
      }
      case 3 -> {
        String topic =
            d.chance(0.5)
                ? d.of(Topics.ALL).in(d)
                : d.of(Lexicon.NAMES).in(d) + d.local(" and ", "和") + d.of(Lexicon.CITIES).in(d);
        yield new Wish(3, topic, hour, d.between(2, 900) + d.local(" pages found", "个网页"));
      }
      default -> new Wish(4, d.of(TASKS).in(d), hour, "ok");
    };
  }

  private static String clock(Draw d) {
    return String.format(java.util.Locale.ROOT, "%02d:%02d", d.between(0, 23), d.between(0, 59));
  }

  private static String said(Draw d, Wish v) {
    return switch (v.tool) {
      case 0 -> v.x + " = " + v.result;
      case 1 -> d.local("It is " + v.result + " in " + v.x + ".", v.x + "现在是" + v.result + "。");
      case 2 -> d.local("Weather in " + v.x + ": " + v.result + ".", v.x + "天气：" + v.result + "。");
      case 3 ->
          d.local(
              "I searched for " + v.x + ": " + v.result + ".", "我搜索了" + v.x + "：" + v.result + "。");
      default ->
          d.local(
              "Done: I will remind you at " + v.hour + " to " + v.x + ".",
              "好的，" + v.hour + "点提醒你" + v.x + "。");
    };
  }
}
