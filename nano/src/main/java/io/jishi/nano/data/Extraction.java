// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import io.jishi.base.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON from a text, by a schema that the question gives. */
final class Extraction {
  private static final Both ASK =
      Both.of(
          """
          [Extract|Please extract|Get|Pull] [the data|JSON|the fields|the information] [from this text|from the text|]: {text}[ |\\n][Schema|Format|Fields]: {schema}
          [Turn|Convert|Put] [this|the text|this text] into JSON [with the schema|of the form|like] {schema}[:|.][ |\\n]{text}
          {text}[ |\\n][Give|Return|Write|Answer with] JSON[:| of the form|, schema] {schema}
          [JSON, please|As JSON|JSON] {schema}: {text}
          [Fill|Fill in] {schema} [from|with the data of]: {text}
          ~Read "{text}" and answer in JSON as {schema} says.
          """,
          """
          [提取|请提取|抽取|从文字中提取][信息|数据|字段|]：{text}[\\n|][格式|模式|字段][：|:]{schema}
          [把|请把|帮我把][下面的话|这段话|文字][转成|变成|写成]JSON，[格式|模式|形式][为|是|：]{schema}[：|。]{text}
          {text}[\\n|][请用|用|以|返回]JSON[回答|表示|格式][：|，格式]{schema}
          [写成JSON|转JSON|JSON]{schema}：{text}
          [按|根据|照]{schema}[填写|提取]：{text}
          ~读“{text}”，照{schema}给出JSON。
          """);

  /** A text with open places, and the fields that are in it. */
  private record Form(String english, String chinese, List<String> fields) {}

  private static final List<Form> FORMS =
      List.of(
          new Form(
              "{name} is {age} years old and lives in {city}.",
              "{name}今年{age}岁，住在{city}。",
              List.of("name", "age", "city")),
          new Form(
              "{name}, {age}, works as a {job} in {city}.",
              "{name}，{age}岁，在{city}当{job}。",
              List.of("name", "age", "job", "city")),
          new Form(
              "My name is {name} and I am a {job} from {city}.",
              "我叫{name}，是来自{city}的{job}。",
              List.of("name", "job", "city")),
          new Form(
              "The {colour} {item} costs {price} dollars.",
              "{colour}的{item}卖{price}元。",
              List.of("colour", "item", "price")),
          new Form(
              "{name} bought {count} {item}s for {price} dollars.",
              "{name}花{price}元买了{count}个{item}。",
              List.of("name", "count", "item", "price")),
          new Form(
              "Please send {count} {item}s to {name} in {city}.",
              "请寄{count}个{item}给{city}的{name}。",
              List.of("count", "item", "name", "city")),
          new Form(
              "The meeting with {name} is on {day} at {hour} in {city}.",
              "和{name}的会议在{day}{hour}点，地点{city}。",
              List.of("name", "day", "hour", "city")),
          new Form(
              "On {day}, {name} flies to {city}.",
              "{day}{name}飞往{city}。",
              List.of("day", "name", "city")),
          new Form(
              "{name} ordered {count} {item}s on {day}.",
              "{day}{name}订了{count}个{item}。",
              List.of("name", "count", "item", "day")),
          new Form(
              "{name} takes {drug} against {disease}.",
              "{name}用{drug}治{disease}。",
              List.of("name", "drug", "disease")),
          new Form(
              "I would like to know more about {topic}, says {name}.",
              "{name}说想多了解{topic}。",
              List.of("topic", "name")),
          new Form(
              "Which shops in {city} sell {product} of {company}?",
              "{city}哪些店卖{company}的{product}？",
              List.of("city", "product", "company")),
          new Form(
              "{company} has opened a house in {city} and wants {count} people for {product}.",
              "{company}在{city}开了分店，为{product}招{count}人。",
              List.of("company", "city", "count", "product")),
          new Form(
              "Can {disease} be cured with {drug}?",
              "{drug}能治好{disease}吗？",
              List.of("disease", "drug")),
          new Form("Where does the word {topic} come from?", "{topic}这个词是哪里来的？", List.of("topic")),
          new Form(
              "{place} is {count} km from {city}; {name} walked there on {day}.",
              "{place}离{city}{count}千米，{name}{day}走到了那里。",
              List.of("place", "count", "city", "name", "day")));

  private static final List<String> NUMBERS = List.of("age", "price", "count", "hour");

  private record Data(int form, List<String> fields, Map<String, Object> values, int schema) {}

  private Extraction() {}

  static Exercise make(Draw d) {
    Data v = d.value(() -> data(d));
    Form form = FORMS.get(v.form);
    String text = d.local(form.english, form.chinese);
    for (var entry : v.values.entrySet()) {
      text = Draw.fill(text, entry.getKey(), entry.getValue());
    }
    text = text.replaceAll("\\ba (?=[aeiou])", "an ");
    Map<String, Object> wanted = new LinkedHashMap<>();
    v.fields.forEach(f -> wanted.put(f, v.values.get(f)));
    String question = d.ask(ASK, "text", text, "schema", schema(v)).replace("\\n", "\n");
    return d.exercise(
        question, Turn.answer(Json.write(wanted)), new Check.SameJson(parsed(wanted)));
  }

  private static Object parsed(Map<String, Object> value) {
    return Json.parse("answer", Json.write(value));
  }

  private static Data data(Draw d) {
    int form = d.between(0, FORMS.size() - 1);
    List<String> all = FORMS.get(form).fields;
    Map<String, Object> values = new LinkedHashMap<>();
    all.forEach(f -> values.put(f, value(f, d)));
    int count = d.between(Math.max(1, all.size() - 2), all.size());
    return new Data(form, List.copyOf(d.some(all, count)), values, d.between(0, 2));
  }

  private static Object value(String field, Draw d) {
    return switch (field) {
      case "name" -> Lexicon.name(d);
      case "city" -> Lexicon.orRare(d, Lexicon.CITIES);
      case "drug", "disease", "topic", "product", "company", "place" -> Rare.term(d);
      case "job" -> d.of(Lexicon.JOBS).in(d);
      case "colour" -> d.of(Lexicon.COLOURS).in(d);
      case "item" -> d.of(Lexicon.THINGS).in(d);
      case "day" -> d.of(Measures.days(d.english()));
      case "age" -> d.between(5, 90);
      case "hour" -> d.between(1, 12);
      case "count" -> d.between(2, 20);
      default -> d.between(1, 500);
    };
  }

  /** As types, as a list of names, or as a JSON schema. */
  private static String schema(Data v) {
    if (v.schema == 1) {
      return Json.write(v.fields);
    }
    Map<String, Object> types = new LinkedHashMap<>();
    for (String field : v.fields) {
      String type = NUMBERS.contains(field) ? "integer" : "string";
      types.put(field, v.schema == 0 ? type : Map.of("type", type));
    }
    return Json.write(v.schema == 0 ? types : Map.of("properties", types));
  }
}
