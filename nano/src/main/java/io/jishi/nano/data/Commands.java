// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.ArrayList;
import java.util.List;

/** Questions about Jishi's own commands. */
public final class Commands {
  /**
   * A command.
   *
   * @param goal choices of words for what it is good for, see {@link Wordings}
   * @param example how it is called
   * @param does what it does
   */
  record Entry(
      String name,
      String goal,
      String goalChinese,
      String example,
      String does,
      String doesChinese) {}

  static final List<Entry> ALL =
      List.of(
          new Entry(
              "run",
              "[run a model|run a model once|ask a model one question|get one answer from a"
                  + " model|generate text]",
              "[运行模型|运行一次模型|问模型一个问题|生成文本]",
              "jishi run -m model.gguf \"Hello\"",
              "It answers one prompt.",
              "它回答一个提示。"),
          new Entry(
              "chat",
              "[chat|chat with a model|talk to a model|have a conversation|start a chat]",
              "[聊天|和模型聊天|与模型对话|开始对话]",
              "jishi chat -m model.gguf",
              "It talks with you in the terminal.",
              "它在终端里和你聊天。"),
          new Entry(
              "serve",
              "[start a server|serve a model|run a server|offer a model over HTTP|get an"
                  + " OpenAI-compatible API]",
              "[启动服务器|启动服务|提供HTTP服务|提供OpenAI兼容的接口]",
              "jishi serve -m model.gguf",
              "It serves a model over HTTP, as OpenAI's API does.",
              "它通过HTTP提供模型，接口与OpenAI兼容。"),
          new Entry(
              "info",
              "[see what is in a model|see details of a model|inspect a model|look at a model"
                  + " file]",
              "[查看模型信息|查看模型|了解模型文件|看模型的细节]",
              "jishi info model.gguf",
              "It shows what a model is and how it would run.",
              "它显示模型的信息。"),
          new Entry(
              "tokenize",
              "[see the tokens of a text|turn text into tokens|tokenize a text|count tokens]",
              "[把文本变成词元|查看文本的词元|给文本分词|数词元]",
              "jishi tokenize -m model.gguf \"Hello\"",
              "It shows the tokens of a text.",
              "它显示文本的词元。"),
          new Entry(
              "detokenize",
              "[turn tokens into text|get text from tokens|decode token ids]",
              "[把词元变回文本|解码词元|由词元得到文本]",
              "jishi detokenize -m model.gguf 1 2 3",
              "It turns token ids into text.",
              "它把词元编号变回文本。"),
          new Entry(
              "bench",
              "[measure the speed of a model|benchmark a model|test how fast a model is|measure"
                  + " tokens per second]",
              "[测量模型速度|测试速度|做基准测试|看模型有多快]",
              "jishi bench -m model.gguf",
              "It measures how fast a model runs.",
              "它测量模型的速度。"),
          new Entry(
              "train",
              "[train a model|train my own model|train a model from a recipe|make a new model]",
              "[训练模型|训练自己的模型|按配方训练模型|做一个新模型]",
              "jishi train recipe.yaml",
              "It trains a model by a recipe.",
              "它按配方训练模型。"),
          new Entry(
              "tune",
              "[tune nano|specialise nano|fine-tune the built-in model|teach nano my own task]",
              "[微调nano|让nano学会我的任务|微调内置模型|定制nano]",
              "jishi tune --base nano --data examples.jsonl --out my-model",
              "It teaches a small model a task of yours.",
              "它让小模型学会你的任务。"),
          new Entry(
              "export",
              "[export a model|write a model as GGUF|convert a trained model to GGUF|quantise a"
                  + " model]",
              "[导出模型|把模型写成GGUF|量化模型|把训练好的模型转成GGUF]",
              "jishi export -m runs/my --out my.gguf --type q8_0",
              "It writes a model in another form.",
              "它把模型写成另一种格式。"),
          new Entry(
              "tokenizer train",
              "[learn a vocabulary|train a tokenizer|make a tokenizer]",
              "[训练分词器|学习词表|做一个分词器]",
              "jishi tokenizer train book.txt --out my-tokenizer",
              "It learns a vocabulary from texts.",
              "它从文本学习词表。"),
          new Entry(
              "data prepare",
              "[prepare training data|turn files into training data|clean data for training]",
              "[准备训练数据|处理训练数据|把文件变成训练数据]",
              "jishi data prepare book.txt --tokenizer my-tokenizer --out my-data",
              "It turns files into training data.",
              "它把文件变成训练数据。"));

  private static final List<Both> HOW = new ArrayList<>();

  static {
    for (Entry e : ALL) {
      HOW.add(
          Both.of(
              """
              [How do I|How can I|How do you|How would I|How to] %s[ with Jishi| in Jishi| here|][?|]
              [What is|Which is|Tell me|Show me|What's] the command to %s[?|.|]
              [Which command|What] do I [use|need|type] to %s[?|]
              [I want to|I'd like to|Help me|I would like to] %s[.|]
              ~What do I write in the terminal in order to %s?
              """
                  .formatted(e.goal, e.goal, e.goal, e.goal, e.goal),
              """
              [怎么|怎样|如何|我怎么|我该怎么][用Jishi|在Jishi里|]%s[？|]
              [用哪个命令|哪个命令可以|什么命令可以]%s[？|]
              [我想|我要|帮我|我需要]%s[。|]
              [告诉我|请告诉我]%s的命令[。|]
              ~要%s，在终端输入什么？
              """
                  .formatted(
                      e.goalChinese, e.goalChinese, e.goalChinese, e.goalChinese, e.goalChinese)));
    }
  }

  private static final Both WHAT =
      Both.of(
          """
          [What does|What is|What's|Explain] [the command |]["jishi {name}"|jishi {name}|'jishi {name}'][ do| for|][?|.|]
          [Tell me|Explain|Describe] what [the command |]["jishi {name}"|jishi {name}] does[.|]
          [What can I do with|What is the use of] ["jishi {name}"|jishi {name}][?|]
          ~Why would I type jishi {name}?
          """,
          """
          [命令|]["jishi {name}"|jishi {name}][是什么|做什么|有什么用|是干什么的][？|]
          [告诉我|请说明|解释一下|说说]["jishi {name}"|jishi {name}][做什么|的作用][。|]
          ["jishi {name}"|jishi {name}]能[做什么|干什么][？|]
          ~为什么要输入jishi {name}？
          """);

  private Commands() {}

  /** All calls that answers show; the command line's tests see that each of them can be parsed. */
  public static List<String> examples() {
    return ALL.stream().map(Entry::example).toList();
  }

  static Exercise make(Draw d) {
    int i = d.between(0, ALL.size() - 1);
    Entry e = ALL.get(i);
    return d.chance(0.6)
        ? d.exact(d.ask(HOW.get(i)), e.example)
        : d.exact(d.ask(WHAT, "name", e.name), d.local(e.does, e.doesChinese) + "\n" + e.example);
  }
}
