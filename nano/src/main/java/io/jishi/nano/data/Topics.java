// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.Arrays;
import java.util.List;

/** What people ask about and nano has never read of. */
final class Topics {
  private static final String PAIRS =
      """
      quantum physics=量子物理; the French Revolution=法国大革命; photosynthesis=光合作用; black holes=黑洞; the Roman Empire=罗马帝国
      machine learning=机器学习; blockchain=区块链; the Second World War=第二次世界大战; inflation=通货膨胀; climate change=气候变化
      Shakespeare=莎士比亚; Mozart=莫扎特; Einstein=爱因斯坦; Napoleon=拿破仑; Confucius=孔子; the Great Wall=长城; the Silk Road=丝绸之路
      DNA=DNA; vaccines=疫苗; gravity=引力; evolution=进化论; the stock market=股市; chess openings=国际象棋开局; opera=歌剧
      Renaissance painting=文艺复兴绘画; Buddhism=佛教; the Olympic Games=奥运会; volcanoes=火山; earthquakes=地震; dinosaurs=恐龙
      nuclear energy=核能; electric cars=电动汽车; tax law=税法; contract law=合同法; diabetes=糖尿病; headaches=头痛; yoga=瑜伽
      wine making=酿酒; Italian cooking=意大利菜; calculus=微积分; number theory=数论; Java programming=Java编程; Python=Python语言
      databases=数据库; operating systems=操作系统; the Milky Way=银河系; Mars=火星; whales=鲸鱼; bees=蜜蜂; tulips=郁金香
      Greek philosophy=希腊哲学; Kant=康德; psychology=心理学; jazz=爵士乐; cinema=电影史; football=足球; basketball=篮球; tennis=网球
      bridges=桥梁工程; architecture=建筑学; the Tang dynasty=唐朝; the Ming dynasty=明朝; Beijing opera=京剧; calligraphy=书法
      tea culture=茶文化; Egyptian pyramids=埃及金字塔; Vikings=维京人; the Moon landing=登月; satellites=卫星; robots=机器人
      poetry=诗歌; novels=小说; grammar=语法; Latin=拉丁语; the brain=大脑; the heart=心脏; sleep=睡眠; memory=记忆; economics=经济学
      """;

  static final List<Lexicon.Word> ALL =
      Arrays.stream(PAIRS.strip().split("\\s*[;\\n]\\s*"))
          .map(p -> p.split("="))
          .map(p -> new Lexicon.Word(p[0].strip(), p[1].strip()))
          .toList();

  private Topics() {}
}
