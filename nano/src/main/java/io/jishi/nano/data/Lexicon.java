// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/** The words that exercises are about, in both languages. */
final class Lexicon {
  private Lexicon() {}

  /** A word in both languages. */
  record Word(String english, String chinese) {
    String in(Draw d) {
      return d.local(english, chinese);
    }

    /** With a capital letter, where there are some. */
    String title(Draw d) {
      return d.local(
          english.substring(0, 1).toUpperCase(Locale.ROOT) + english.substring(1), chinese);
    }
  }

  private static final List<String> CONSONANTS =
      List.of("b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "sh", "tr");
  private static final List<String> VOWELS = List.of("a", "e", "i", "o", "u", "an", "el", "or");
  private static final List<String> SURNAMES =
      List.of("赵", "钱", "孙", "李", "周", "吴", "郑", "王", "冯", "陈", "杨", "朱", "许", "何", "吕");
  private static final List<String> GIVEN =
      List.of("天", "文", "雨", "建", "国", "海", "春", "秋", "玉", "兰", "志", "强", "思", "雪", "东", "明");

  private static List<Word> words(String pairs) {
    return Arrays.stream(pairs.strip().split("\\s*[;\\n]\\s*"))
        .map(p -> p.split("="))
        .map(p -> new Word(p[0].strip(), p[1].strip()))
        .toList();
  }

  static final List<Word> NAMES =
      words(
          """
          Anna=小安; Ben=小本; Carl=小刚; Dora=小朵; Emma=小艾; Felix=小飞; Gina=小静; Hugo=小虎; Ida=小雅; Jack=小杰
          Kate=小凯; Leo=小乐; Mia=小米; Nora=小娜; Oscar=小奥; Paul=小宝; Rosa=小红; Sam=小山; Tina=小婷; Vera=小薇
          Wang Fang=王芳; Li Hua=李华; Zhang Wei=张伟; Chen Ming=陈明; Liu Yang=刘洋; Zhao Lei=赵雷; Sun Li=孙丽; Zhou Jie=周杰
          """);

  static final List<Word> CITIES =
      words(
          """
          Paris=巴黎; London=伦敦; Rome=罗马; Berlin=柏林; Madrid=马德里; Vienna=维也纳; Beijing=北京; Shanghai=上海; Tokyo=东京
          Cairo=开罗; Moscow=莫斯科; Sydney=悉尼; Delhi=德里; Oslo=奥斯陆; Lima=利马; Athens=雅典; Boston=波士顿; Seoul=首尔
          Guangzhou=广州; Shenzhen=深圳; Hangzhou=杭州; Chengdu=成都; Nanjing=南京; Xi'an=西安
          """);

  static final List<Word> FRUITS =
      words(
          """
          apple=苹果; pear=梨; banana=香蕉; orange=橙子; grape=葡萄; peach=桃子; cherry=樱桃; melon=甜瓜; lemon=柠檬; mango=芒果
          plum=李子; kiwi=猕猴桃; strawberry=草莓; pineapple=菠萝
          """);

  static final List<Word> ANIMALS =
      words(
          """
          dog=狗; cat=猫; horse=马; cow=牛; sheep=羊; pig=猪; chicken=鸡; duck=鸭; bird=鸟; fish=鱼; rabbit=兔子; mouse=老鼠
          tiger=老虎; lion=狮子; bear=熊; wolf=狼; fox=狐狸; monkey=猴子; snake=蛇; frog=青蛙; elephant=大象; panda=熊猫
          """);

  static final List<Word> COLOURS =
      words(
          """
          red=红色; blue=蓝色; green=绿色; yellow=黄色; black=黑色; white=白色; brown=棕色; grey=灰色; pink=粉色; purple=紫色
          """);

  static final List<Word> THINGS =
      words(
          """
          book=书; table=桌子; chair=椅子; lamp=灯; door=门; window=窗户; bag=包; cup=杯子; phone=手机; key=钥匙; bed=床; clock=钟
          pen=笔; paper=纸; shoe=鞋; hat=帽子; coat=大衣; shirt=衬衫; car=汽车; bicycle=自行车; train=火车; plane=飞机; ship=船
          house=房子; bridge=桥; road=路; school=学校; ball=球; box=盒子; knife=刀; spoon=勺子; plate=盘子; camera=相机
          umbrella=雨伞; mirror=镜子; bottle=瓶子
          """);

  static final List<Word> FOODS =
      words(
          """
          bread=面包; rice=米饭; milk=牛奶; tea=茶; coffee=咖啡; water=水; cheese=奶酪; egg=鸡蛋; soup=汤; cake=蛋糕; sugar=糖
          salt=盐; meat=肉; noodles=面条; potato=土豆; tomato=西红柿; onion=洋葱; carrot=胡萝卜
          """);

  static final List<Word> NATURE =
      words(
          """
          sun=太阳; moon=月亮; star=星星; sky=天空; sea=大海; river=河; mountain=山; tree=树; flower=花; grass=草; rain=雨; snow=雪
          wind=风; fire=火; stone=石头; cloud=云; island=岛; lake=湖; forest=森林; summer=夏天; winter=冬天; spring=春天; autumn=秋天
          """);

  static final List<Word> PEOPLE =
      words(
          """
          friend=朋友; teacher=老师; doctor=医生; student=学生; mother=妈妈; father=爸爸; child=孩子; brother=兄弟; sister=姐妹
          family=家庭; king=国王; farmer=农民; driver=司机; cook=厨师
          """);

  static final List<Word> JOBS =
      words(
          """
          teacher=老师; doctor=医生; cook=厨师; driver=司机; farmer=农民; nurse=护士; painter=画家; writer=作家; engineer=工程师
          lawyer=律师; pilot=飞行员; baker=面包师
          """);

  static final List<Word> ADJECTIVES =
      words(
          """
          big=大; small=小; good=好; bad=坏; hot=热; cold=冷; new=新; old=旧; fast=快; slow=慢; long=长; short=短; high=高; low=低
          happy=快乐; sad=悲伤; rich=富; poor=穷; strong=强; weak=弱; light=轻; heavy=重; full=满; empty=空; early=早; late=晚
          clean=干净; dirty=脏; near=近; far=远; easy=容易; difficult=难; open=开; closed=关; young=年轻; wet=湿; dry=干
          """);

  /** Pairs of opposites, by turns. */
  static final List<String> OPPOSITES =
      List.of(
          "big",
          "small",
          "good",
          "bad",
          "hot",
          "cold",
          "new",
          "old",
          "fast",
          "slow",
          "long",
          "short",
          "high",
          "low",
          "happy",
          "sad",
          "rich",
          "poor",
          "strong",
          "weak",
          "light",
          "heavy",
          "full",
          "empty",
          "early",
          "late",
          "clean",
          "dirty",
          "near",
          "far",
          "easy",
          "difficult",
          "open",
          "closed",
          "wet",
          "dry");

  static final List<Word> CAPITALS =
      words(
          """
          France/Paris=法国/巴黎; England/London=英国/伦敦; Italy/Rome=意大利/罗马; Germany/Berlin=德国/柏林; Spain/Madrid=西班牙/马德里
          Austria/Vienna=奥地利/维也纳; China/Beijing=中国/北京; Japan/Tokyo=日本/东京; Egypt/Cairo=埃及/开罗; Russia/Moscow=俄罗斯/莫斯科
          India/New Delhi=印度/新德里; Norway/Oslo=挪威/奥斯陆; Peru/Lima=秘鲁/利马; Greece/Athens=希腊/雅典; Korea/Seoul=韩国/首尔
          Canada/Ottawa=加拿大/渥太华; Australia/Canberra=澳大利亚/堪培拉; Portugal/Lisbon=葡萄牙/里斯本; Sweden/Stockholm=瑞典/斯德哥尔摩
          Thailand/Bangkok=泰国/曼谷; Vietnam/Hanoi=越南/河内; Turkey/Ankara=土耳其/安卡拉; Poland/Warsaw=波兰/华沙; Cuba/Havana=古巴/哈瓦那
          """);

  /** Nouns of all fields. */
  static final List<Word> NOUNS =
      Stream.of(FRUITS, ANIMALS, COLOURS, THINGS, FOODS, NATURE, PEOPLE)
          .flatMap(List::stream)
          .toList();

  /** Lists of things of one sort, for tasks about lists. */
  static final List<List<Word>> SORTS =
      List.of(FRUITS, ANIMALS, COLOURS, THINGS, FOODS, NATURE, CITIES, NAMES);

  /** With "a" or "an" before it. */
  static String article(String noun) {
    return ("aeiou".indexOf(noun.charAt(0)) < 0 ? "a " : "an ") + noun;
  }

  private static final double RARE = 0.28; // enough to learn to copy by pieces

  /** A person's name; half of them are made up, so that names are copied and not remembered. */
  static String name(Draw d) {
    if (d.chance(RARE)) {
      return Rare.person(d);
    }
    return d.chance(0.3) ? invented(d) : d.of(NAMES).in(d);
  }

  /** One of the words, or now and then a term that nobody has heard of. */
  static String orRare(Draw d, List<Word> words) {
    return d.chance(RARE) ? Rare.term(d) : d.of(words).in(d);
  }

  /** So many different names. */
  static List<String> names(Draw d, int count) {
    List<String> names = new ArrayList<>();
    while (names.size() < count) {
      String name = name(d);
      if (!names.contains(name)) {
        names.add(name);
      }
    }
    return names;
  }

  /** Another name that is easily taken for this one. */
  static String alike(Draw d, String name) {
    if (name.charAt(0) >= 128) {
      return name.substring(0, 1) + d.of(GIVEN) + (name.length() > 2 ? d.of(GIVEN) : "");
    }
    String tail = d.of(CONSONANTS) + d.of(VOWELS);
    return name.substring(0, Math.max(2, name.length() - 2)) + tail;
  }

  private static String invented(Draw d) {
    if (!d.english()) {
      return d.of(SURNAMES) + d.of(GIVEN) + (d.chance(0.5) ? d.of(GIVEN) : "");
    }
    StringBuilder name = new StringBuilder();
    for (int i = d.between(2, 3); i > 0; i--) {
      name.append(d.of(CONSONANTS)).append(d.of(VOWELS));
    }
    return name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
  }

  /** So many different words of one sort, or now and then terms that nobody has heard of. */
  static List<String> list(Draw d, int count) {
    if (d.chance(RARE)) {
      Set<String> terms = new LinkedHashSet<>();
      while (terms.size() < count) {
        terms.add(d.chance(0.5) ? Rare.person(d) : Rare.term(d));
      }
      return List.copyOf(terms);
    }
    return d.some(d.of(SORTS), count).stream().map(w -> w.in(d)).toList();
  }
}
