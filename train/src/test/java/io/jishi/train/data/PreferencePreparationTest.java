// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
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

class PreferencePreparationTest {
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
    var learned = BpeTrainer.train(Map.of("the", 5L), 265, 1, SPECIAL, _ -> {});
    TokenizerFile.writeBpe(folder.resolve("tok"), learned, SPECIAL, WordRule.GPT2, false, false);
    tokenizer = HuggingFaceTokenizer.read(folder.resolve("tok"));
  }

  private Path prepare(String lines, ChatTemplate template, double heldOut) throws IOException {
    Path file = Files.writeString(folder.resolve("pairs.jsonl"), lines);
    Path out = folder.resolve("data-" + lines.hashCode());
    new PreferencePreparation(tokenizer, template, heldOut).run(List.of(file), out);
    return out;
  }

  /** Of each document what is only read, a bar, and what is learned. */
  private List<String> documents(Path shards) {
    List<String> found = new ArrayList<>();
    try (TokenShards data = TokenShards.open(shards)) {
      for (long d = 0; d < data.documents(); d++) {
        StringBuilder text = new StringBuilder();
        boolean learned = false;
        for (long t = data.start(d); t < data.end(d); t++) {
          int[] token = new int[1];
          data.read(t, 1, token, 0);
          text.append(data.learned(t) != learned ? "|" : "").append(tokenizer.piece(token[0]));
          learned = data.learned(t);
        }
        found.add(text.toString());
      }
    }
    return found;
  }

  @Test
  void textsBecomeAConversationWhereTheModelHasATemplate() throws IOException {
    String texts = "{\"prompt\": \"ask\", \"chosen\": \"yes\", \"rejected\": \"no\"}\n";
    String messages =
        """
        {"prompt": [{"role": "user", "content": "ask"}], \
        "chosen": [{"role": "assistant", "content": "yes"}], \
        "rejected": [{"role": "assistant", "content": "no"}]}
        """;
    String whole =
        """
        {"chosen": [{"role": "user", "content": "ask"}, {"role": "assistant", "content": "yes"}], \
        "rejected": [{"role": "user", "content": "ask"}, {"role": "assistant", "content": "no"}]}
        """;
    String start = "<|im_start|>userĊask<|im_end|>Ċ<|im_start|>assistantĊ|";
    for (String lines : List.of(texts, messages, whole)) {
      List<String> documents = documents(prepare(lines, CHATML, 0).resolve("train"));
      assertThat(documents).hasSize(2);
      assertThat(documents.getFirst()).startsWith(start + "yes<|im_end|>");
      assertThat(documents.getLast()).startsWith(start + "no<|im_end|>");
    }
  }

  @Test
  void withoutATemplateTextsStandAsTheyAre() throws IOException {
    String lines = "{\"prompt\": \"ask\", \"chosen\": \"yes\", \"rejected\": \"no\"}\n";
    assertThat(documents(prepare(lines, null, 0).resolve("train")))
        .containsExactly("ask|yes<|endoftext|>", "ask|no<|endoftext|>");
    String chat = "{\"chosen\": [{\"role\": \"user\", \"content\": \"a\"}], \"rejected\": []}\n";
    assertThatThrownBy(() -> prepare(chat, null, 0))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageContaining("no chat template");
  }

  @Test
  void aConversationMustEndWithTheAssistant() {
    String user = "{\"chosen\": [{\"role\": \"user\", \"content\": \"a\"}], \"rejected\": []}\n";
    assertThatThrownBy(() -> prepare(user, CHATML, 0))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("line 1")
        .hasMessageContaining("assistant");
  }

  @Test
  void answersToOnePromptAreNeverOnBothSides() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 200; i++) {
      lines.append(
          "{\"prompt\": \"%d?\", \"chosen\": \"%d\", \"rejected\": \"no\"}\n".formatted(i % 50, i));
    }
    Path out = prepare(lines.toString(), null, 0.3);
    Set<String> train = prompts(out.resolve("train"));
    Set<String> held = prompts(out.resolve("heldout"));
    assertThat(train).doesNotContainAnyElementsOf(held);
    assertThat(train.size() + held.size()).isEqualTo(50);
    assertThat(held).isNotEmpty();
  }

  private Set<String> prompts(Path shards) {
    Set<String> prompts = new HashSet<>();
    documents(shards).forEach(d -> prompts.add(d.substring(0, d.indexOf('|'))));
    return prompts;
  }

  @Test
  void aPairIsTwoRowsWithTheBetterAnswerFirst() throws IOException {
    String lines = "{\"prompt\": \"ask\", \"chosen\": \"yes\", \"rejected\": \"no\"}\n";
    try (TokenShards data = TokenShards.open(prepare(lines, null, 0).resolve("train"))) {
      PairRows rows = new PairRows(data, 10);
      Batch batch = rows.batch(0, 1);
      assertThat(batch.bounds()).containsExactly(0, 10, 20);
      for (int row = 0; row < 2; row++) {
        StringBuilder labels = new StringBuilder();
        for (int i = 0; i < 10; i++) {
          int label = batch.labels()[row * 10 + i];
          labels.append(label == Batch.IGNORE ? "" : tokenizer.piece(label));
        }
        assertThat(labels).hasToString(row == 0 ? "yes<|endoftext|>" : "no<|endoftext|>");
      }
      assertThat(new PairRows(data, 4).count()).isZero();
      assertThat(new PairRows(data, 4).tooLong()).isEqualTo(1);
    }
  }
}
