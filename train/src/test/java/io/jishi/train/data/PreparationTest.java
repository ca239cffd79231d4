// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.text.HuggingFaceTokenizer;
import io.jishi.text.Tokenizer;
import io.jishi.text.template.ChatTemplate;
import io.jishi.train.vocab.BpeTrainer;
import io.jishi.train.vocab.TokenizerFile;
import io.jishi.train.vocab.WordRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreparationTest {
  private static final List<String> SPECIAL =
      List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>");
  private static final ChatTemplate CHATML =
      ChatTemplate.compile(
          "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n"
              + "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}");

  @TempDir Path folder;
  private Tokenizer tokenizer;

  @BeforeEach
  void learn() {
    var learned = BpeTrainer.train(Map.of("the", 5L, "answer", 4L), 270, 1, SPECIAL, _ -> {});
    TokenizerFile.writeBpe(folder.resolve("tok"), learned, SPECIAL, WordRule.GPT2, false, false);
    tokenizer = HuggingFaceTokenizer.read(folder.resolve("tok"));
  }

  private Preparation.Result prepare(Path file, String out, double heldOut, int threads) {
    var reading = new Documents.Options(Documents.Border.LINE, "text");
    var filter = new DocumentFilter(DocumentFilter.Duplicates.EXACT, 0.8, null, false);
    return new Preparation(
            tokenizer, CHATML, new Preparation.Options(reading, heldOut, filter, threads))
        .run(List.of(file), folder.resolve(out), _ -> {});
  }

  private List<String> texts(String side) {
    List<String> texts = new ArrayList<>();
    try (TokenShards data = TokenShards.open(folder.resolve(side))) {
      data.requireTokenizer(tokenizer);
      for (long d = 0; d < data.documents(); d++) {
        int[] tokens = new int[(int) (data.end(d) - data.start(d))];
        data.read(data.start(d), tokens.length, tokens, 0);
        assertThat(tokens[tokens.length - 1]).isEqualTo(tokenizer.eos().getAsInt());
        texts.add(tokenizer.decode(tokens));
      }
    }
    return texts;
  }

  private Path lines(String name, int count) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      lines.add("the answer to question " + i % 500 + " <|im_end|>");
    }
    return Files.write(folder.resolve(name), lines);
  }

  @Test
  void textsComeBackWithoutRepetitionsAndTheSplitIsStable() throws IOException {
    Preparation.Result some = prepare(lines("a.txt", 300), "a", 0.2, 1);
    Preparation.Result more = prepare(lines("b.txt", 700), "b", 0.2, 3);
    assertThat(some.documents()).isEqualTo(300);
    assertThat(more.duplicates()).isEqualTo(200);
    List<String> train = texts("b/train");
    List<String> held = texts("b/heldout");
    assertThat(train.size() + held.size()).isEqualTo(500);
    assertThat(held.size()).isBetween(60, 140);
    assertThat(train).contains("the answer to question 499 <|im_end|>");
    Set<String> union = new HashSet<>(train);
    union.addAll(held);
    assertThat(union).hasSize(500);
    assertThat(train).containsAll(texts("a/train"));
    assertThat(held).containsAll(texts("a/heldout"));
  }

  @Test
  void threadsDoNotChangeAByte() throws IOException {
    prepare(lines("a.txt", 400), "one", 0.1, 1);
    prepare(lines("a.txt", 400), "four", 0.1, 4);
    String shard = "train/shard-00000.tokens";
    assertThat(folder.resolve("one").resolve(shard))
        .hasSameBinaryContentAs(folder.resolve("four").resolve(shard));
  }

  @Test
  void onlyTheAssistantsWordsAreLearned() throws IOException {
    List<Map<String, String>> chat =
        List.of(
            Map.of("role", "system", "content", "be kind"),
            Map.of("role", "user", "content", "the question<|im_end|>"),
            Map.of("role", "assistant", "content", "the answer"),
            Map.of("role", "user", "content", "again"),
            Map.of("role", "assistant", "content", "no"));
    Path file = folder.resolve("c.jsonl");
    Files.writeString(file, Json.write(Map.of("messages", chat)) + "\n");
    prepare(file, "chat", 0, 2);
    try (TokenShards data = TokenShards.open(folder.resolve("chat/train"))) {
      assertThat(data.masked()).isTrue();
      StringBuilder learned = new StringBuilder();
      int ends = 0;
      for (long t = 0; t < data.tokens(); t++) {
        int[] token = new int[1];
        data.read(t, 1, token, 0);
        ends += token[0] == 2 ? 1 : 0;
        learned.append(data.learned(t) ? tokenizer.piece(token[0]) : "");
      }
      assertThat(learned).hasToString("theĠanswer<|im_end|>Ċno<|im_end|>Ċ");
      assertThat(ends).as("a user cannot write a control token").isEqualTo(5);
    }
  }

  /** Templates of reasoning models drop the thoughts of earlier answers. */
  @Test
  void aTemplateThatRewritesEarlierTurnsGivesOneDocumentForEachAnswer() {
    ChatTemplate forgets =
        ChatTemplate.compile(
            "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' and not"
                + " loop.last %}x{% else %}{{ m.content }}{% endif %}<|im_end|>\n{% endfor %}"
                + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}");
    List<Map<String, Object>> chat =
        List.of(
            Map.of("role", "user", "content", "a"),
            Map.of("role", "assistant", "content", "thought one"),
            Map.of("role", "user", "content", "b"),
            Map.of("role", "assistant", "content", "two"));
    var parts = new ChatTokens(tokenizer, forgets).encode(new Document("", chat, null, false, "w"));
    assertThat(parts).hasSize(2);
    assertThat(learned(parts.get(0))).isEqualTo("thoughtĠone<|im_end|>Ċ");
    assertThat(learned(parts.get(1))).isEqualTo("two<|im_end|>Ċ");
  }

  private String learned(ChatTokens.Learned part) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < part.tokens().length; i++) {
      text.append(part.learned()[i] ? tokenizer.piece(part.tokens()[i]) : "");
    }
    return text.toString();
  }

  @Test
  void nothingIsLeftWhereALineIsBroken() throws IOException {
    Path file = Files.writeString(folder.resolve("x.jsonl"), "{\"text\":\"a\"}\n{\"text\":");
    assertThatThrownBy(() -> prepare(file, "broken", 0, 1))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("line 2");
    try (var left = Files.list(folder.resolve("broken"))) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void anotherTokenizerIsRefused() throws IOException {
    prepare(lines("a.txt", 20), "a", 0, 1);
    var other = BpeTrainer.train(Map.of("and", 5L), 261, 1, SPECIAL, _ -> {});
    TokenizerFile.writeBpe(folder.resolve("other"), other, SPECIAL, WordRule.GPT2, false, false);
    try (TokenShards data = TokenShards.open(folder.resolve("a/train"))) {
      assertThatThrownBy(
              () -> data.requireTokenizer(HuggingFaceTokenizer.read(folder.resolve("other"))))
          .isInstanceOf(JishiException.BadRequest.class)
          .hasMessageContaining("another tokenizer");
    }
  }
}
