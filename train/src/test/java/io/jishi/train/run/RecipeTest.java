// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jishi.base.JishiException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecipeTest {
  @TempDir Path folder;

  @BeforeEach
  void data() throws IOException {
    Files.writeString(folder.resolve("my.txt"), "text");
  }

  private Recipe parse(String text) {
    return RecipeReader.parse("recipe.yaml", "recipe", folder, text);
  }

  @Test
  void aFileOfTextIsEnough() {
    Recipe recipe = parse("data: my.txt");
    assertThat(recipe.data()).hasSize(1);
    assertThat(recipe.data().getFirst().path()).isEqualTo(folder.resolve("my.txt"));
    assertThat(recipe.vocabulary()).isInstanceOf(Recipe.Learned.class);
    assertThat(recipe.fineTune()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"300k", "1M", "3M", "10M", "30M", "125M", "1B"})
  void theDialGivesAModelOfThatSize(String size) {
    Recipe recipe = parse("data: my.txt\nsize: " + size);
    long wanted =
        RecipeReader.parse("r", "r", folder, "data: my.txt\nseed: " + size).seed(); // as a number
    Recipe.Shape shape = recipe.shape();
    int vocabulary = ((Recipe.Learned) recipe.vocabulary()).size();
    assertThat((double) shape.parameters(vocabulary) / wanted).isCloseTo(1, within(0.35));
    assertThat(shape.width() % shape.heads()).isZero();
    assertThat(shape.inner() % 32).isZero();
    assertThat((double) shape.width() / shape.layers()).isBetween(24.0, 160.0);
  }

  @Test
  void theMeasuredShapeCanBeWritten() {
    Recipe.Shape shape =
        parse("data: my.txt\nmodel: {width: 320, layers: 6, heads: 5, ffn: 864, context: 512}")
            .shape();
    assertThat(shape.parameters(8192)).isEqualTo(10_059_840L);
  }

  @Test
  void everyPartCanBeSaid() {
    Recipe recipe =
        parse(
            """
            name: all
            seed: 7
            size: 1M
            data:
              - my.txt
              - {path: my.txt, weight: 0.5, format: text}
            tokenizer: {vocabulary: 500}
            model: {family: qwen3, context: 64, kv_heads: 1, tied: false}
            train: {steps: 10, batch: 8, micro_batch: 4, learning_rate: 1e-3, schedule: cosine,
                    warmup: 0.1, optimizer: muon, weight_decay: 0.01, clip: 2, average: 0.9,
                    precision: bf16, activation_checkpointing: true, balance: 0.01,
                    balance_bias: 0.001}
            evaluate: {every: 5, held_out: 0.1, tokens: 10k}
            sample: {every: 5, tokens: 20, prompts: [a, b]}
            checkpoint: {every: 5, keep: 3}
            divergence: {policy: rollback, spike: 6, most: 2}
            """);
    assertThat(recipe.data()).hasSize(2);
    assertThat(recipe.training().steps()).contains(10);
    assertThat(recipe.training().precision()).isEqualTo(Recipe.Precision.BF16);
    assertThat(recipe.gradients()).isEqualTo(new Recipe.Gradients(true, 0.01, 0.001));
    assertThat(recipe.evaluation().tokens()).isEqualTo(10_000);
    assertThat(recipe.divergence().policy()).isEqualTo(Recipe.Policy.ROLLBACK);
    assertThat(recipe.samples().prompts()).containsExactly("a", "b");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "data: my.txt;sead: 3 | recipe.yaml:2: unknown key 'sead'; did you mean 'seed'?",
        "data: my.txt;train: {learning_rat: 1} | recipe.yaml:2: unknown key 'train.learning_rat';"
            + " did you mean 'learning_rate'?",
        "data: my.txt;train:;  steps: many | recipe.yaml:3: 'train.steps' must be a whole number",
        "data: my.txt;train: {steps: -1} | 'train.steps' must be a whole number from 1",
        "data: my.txt;train: {steps: 1, tokens: 5} | say the same thing twice",
        "data: my.txt;evaluate: {data: none.txt} | recipe.yaml:2: 'evaluate.data' names",
        "data: my.txt;evaluate: {data: my.txt, held_out: 0.1} | say the same thing twice",
        "data: my.txt;train: {batch: 8, micro_batch: 3} | 'train.micro_batch' must divide",
        "data: my.txt;model: {width: 100, heads: 3} | recipe.yaml:2: 'model.heads' do not fit",
        "data: my.txt;model: {heads: 4, kv_heads: 3} | 'model.kv_heads' must divide",
        "data: my.txt;model: 3 | 'model' must be 'key: value'",
        "data: my.txt;train: {schedule: step} | must be one of wsd, cosine, linear, found 'step'",
        "data: my.txt;train: {balance: much} | recipe.yaml:2: 'train.balance' must be a number from"
            + " 0",
        "data: my.txt;train: {balance_bias: 2} | 'train.balance_bias' must be a number from 0",
        "data: my.txt;train: {activation_checkpointing: 3} | must be true or false",
        "data: none.txt | recipe.yaml:1: 'data' names",
        "size: 1M | 'data' is missing",
        "data: my.txt;size: 3 | 'size' must be a whole number from 10000",
        "data: my.txt;data: my.txt | recipe.yaml:2: 'data' is there twice",
        "data: [my.txt | is no YAML",
        "data: my.txt;tokenizer: nowhere | holds no tokenizer.json",
        "data: my.txt;finetune: {rank: 4} | 'finetune.base' is missing",
        "data: my.txt;finetune: {base: my.txt, targets: [x-y]} | 'finetune.targets' must be names"
            + " of matrices, such as q_proj",
        "- a | a recipe must be 'key: value'",
      })
  void aMistakeIsSaidWithItsPlace(String text, String message) {
    assertThatThrownBy(() -> parse(text.replace(";", "\n")))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining(message);
  }

  @Test
  void aBinaryFileIsNoRecipe() throws IOException {
    Path file = folder.resolve("model.bin");
    Files.write(file, new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});
    assertThatThrownBy(() -> RecipeReader.read(file)).isInstanceOf(JishiException.BadFile.class);
  }

  @Property(tries = 300)
  void anyTextIsARecipeOrAnErrorOfOurs(@ForAll @StringLength(max = 80) String text) {
    try {
      RecipeReader.parse("r", "r", Path.of("."), text);
    } catch (JishiException e) {
      assertThat(e).hasMessageStartingWith("r");
    }
  }

  @Example
  void aliasesAndDepthDoNotHang() {
    String bomb = "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\ndata: *c\ndeep: " + "[".repeat(2000);
    assertThatThrownBy(() -> RecipeReader.parse("r", "r", Path.of("."), bomb))
        .isInstanceOf(JishiException.class);
  }
}
