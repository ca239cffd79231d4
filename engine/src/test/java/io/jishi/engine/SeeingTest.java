// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.Model;
import io.jishi.model.vision.Image;
import io.jishi.model.vision.ImageFiles;
import io.jishi.tensor.Backend;
import io.jishi.tensor.DType;
import io.jishi.tensor.Precision;
import io.jishi.testkit.SeeingFolder;
import io.jishi.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Images on their way from a request to the model: reference models, whole engines. */
class SeeingTest {
  static final String QWEN = "vlm_qwen2_5_vl";
  static final String QWEN_IMAGE = "<v258><v260><v259>";
  static final int CONTEXT = 250;

  private static final String[] SMOL_NAMES = {
    "<fake_token_around_image>",
    "<global-img>",
    "<row_1_col_1>",
    "<row_1_col_2>",
    null,
    "<row_2_col_1>",
    "<row_2_col_2>"
  };

  private static final String[] MINICPM_NAMES = {
    "<image>", "</image>", "<slice>", "</slice>", null, "<image_id>", "</image_id>"
  };

  @TempDir Path temp;

  static Engine open(Path folder) {
    return open(folder, Capacity.DEFAULT);
  }

  static Engine open(Path folder, Capacity capacity) {
    return Engine.open(
        folder,
        EngineOptions.DEFAULT
            .withContext(CONTEXT)
            .with(Precision.EXACT)
            .withCache(DType.F32)
            .with(capacity));
  }

  private Path qwen() throws IOException {
    return SeeingFolder.write(temp.resolve("qwen"), QWEN, QWEN_IMAGE);
  }

  static Image image(String golden) throws IOException {
    return ImageFiles.decode("image", SeeingFolder.png(golden));
  }

  static Image other(Image image) {
    byte[] rgb = image.rgb().clone();
    rgb[rgb.length / 2] ^= 1; // one pixel, by one step
    return new Image(image.width(), image.height(), rgb);
  }

  static int[] ints(JsonObject json, String field) {
    return json.array(field).orElseThrow().stream().mapToInt(v -> ((Long) v).intValue()).toArray();
  }

  static JsonObject golden(String name) {
    JsonObject json = Json.parseObject(Shared.require("goldens/" + name).resolve("golden.json"));
    return JsonObject.of("prompt", json.array("prompts").orElseThrow().getFirst());
  }

  /** Words, the image, words: what a reference prompt would be as a turn of a user. */
  private static Message turn(int[] ids, Image image) {
    int[] before = IntStream.of(ids).takeWhile(id -> id < 256).toArray();
    int[] after = IntStream.of(ids).skip(before.length).dropWhile(id -> id >= 256).toArray();
    return Message.user(
        List.of(
            Content.text(SeeingFolder.text(before)),
            new Content.Picture(image),
            Content.text(SeeingFolder.text(after))));
  }

  static Request greedy(Prompt prompt, int tokens) {
    return new Request(prompt, Sampling.GREEDY, tokens, List.of())
        .with(new Request.Output(3, -1, false));
  }

  static Prompt chat(Message... turns) {
    return new Prompt.Chat(List.of(turns), Map.of());
  }

  static Prompt qwenPrompt(Image image) {
    return chat(turn(ints(golden(QWEN), "input_ids"), image));
  }

  private static int[] written(Path folder, Prompt prompt) {
    try (Model model = Model.open(folder, Backend.cpu());
        var ops = Backend.cpu().ops(0)) {
      Sight sight = new Sight(model.vision(), model.tokenizer(), ops, Precision.EXACT);
      return new PromptWriter(model, sight).write(prompt).tokens();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "vlm_llava_clip, <v260>",
    "vlm_llava_siglip, <v260>",
    "vlm_qwen2_vl, <v258><v260><v259>",
    "vlm_qwen2_5_vl, <v258><v260><v259>"
  })
  void aChatWithAnImageIsTheReferencesPromptAndAnswer(String name, String placeholder)
      throws IOException {
    Path folder = SeeingFolder.write(temp.resolve("model"), name, placeholder);
    int[] ids = ints(golden(name), "input_ids");
    int[] expected = ints(golden(name), "greedy");
    Prompt prompt = chat(turn(ids, image(name)));
    assertThat(written(folder, prompt)).isEqualTo(ids);
    try (Engine engine = open(folder)) {
      assertThat(engine.generate(greedy(prompt, expected.length)).tokens()).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "vlm_llava_clip",
        "vlm_llava_siglip",
        "vlm_qwen2_vl",
        "vlm_qwen2_5_vl",
        "vlm_smolvlm",
        "vlm_minicpmv4_6"
      })
  void tokensWithAnImageGiveTheReferencesAnswerHoweverTheyAreCut(String name) throws IOException {
    Path folder = SeeingFolder.write(temp.resolve("model"), name, "");
    Prompt prompt = new Prompt.Tokens(ints(golden(name), "input_ids"), List.of(image(name)));
    int[] expected = ints(golden(name), "greedy");
    Answer whole;
    try (Engine engine = open(folder)) {
      whole = engine.generate(greedy(prompt, expected.length));
    }
    assertThat(whole.tokens()).isEqualTo(expected);
    try (Engine engine = open(folder, Capacity.DEFAULT.withChunks(7, 7))) { // within the image
      Answer cut = engine.generate(greedy(prompt, expected.length));
      assertThat(cut.tokens()).isEqualTo(expected);
      assertThat(cut.logprobs()).isEqualTo(whole.logprobs());
    }
  }

  @Test
  void tilesOfSmolVlmStandByRowAndColumnBeforeTheWhole() throws IOException {
    Path folder = SeeingFolder.write(temp.resolve("smol"), "vlm_smolvlm", "<v260>", SMOL_NAMES);
    int i = SeeingFolder.IMAGE;
    assertThat(
            written(folder, chat(Message.user(List.of(new Content.Picture(image("vlm_smolvlm")))))))
        .containsExactly(
            256, 258, i, i, i, i, 256, 259, i, i, i, i, 10, 256, 261, i, i, i, i, 256, 262, i, i, i,
            i, 10, 10, 256, 257, i, i, i, i, 256);
  }

  @Test
  void slicesOfMiniCpmStandBehindTheWholeAndImagesAreNumbered() throws IOException {
    Path folder =
        SeeingFolder.write(temp.resolve("minicpm"), "vlm_minicpmv4_6", "<v260>", MINICPM_NAMES);
    Image small = image("vlm_minicpmv4_6");
    Image large = new Image(112, 112, new byte[3 * 112 * 112]); // twice the scale: four slices
    Message turn = Message.user(List.of(new Content.Picture(small), new Content.Picture(large)));
    int i = SeeingFolder.IMAGE;
    assertThat(written(folder, chat(turn)))
        .containsExactly(
            261, '0', 262, 256, i, i, i, i, 257, 261, '1', 262, 256, i, i, i, i, 257, 258, i, i, i,
            i, 259, 258, i, i, i, i, 259, 10, 258, i, i, i, i, 259, 258, i, i, i, i, 259);
  }

  @Test
  void aVocabularyOfAnotherModelIsNamed() throws IOException {
    Path folder = SeeingFolder.write(temp.resolve("smol"), "vlm_smolvlm", "<v260>");
    Prompt prompt = chat(Message.user(List.of(new Content.Picture(image("vlm_smolvlm")))));
    assertThatThrownBy(() -> written(folder, prompt))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("<fake_token_around_image>");
  }

  @Test
  void theCacheSharesTheSameImageAndNeverAnother() throws IOException {
    Image image = image(QWEN);
    int before = 6; // five words and the start of the image
    try (Engine engine = open(qwen())) {
      Answer first = engine.generate(greedy(qwenPrompt(image), 8));
      Answer second = engine.generate(greedy(qwenPrompt(other(image)), 8));
      Answer again = engine.generate(greedy(qwenPrompt(image), 8));
      assertThat(first.usage().cachedTokens()).isZero();
      assertThat(second.usage().cachedTokens()).isEqualTo(before);
      assertThat(again.usage().cachedTokens()).isEqualTo(again.usage().promptTokens() - 1);
      assertThat(again.logprobs()).isEqualTo(first.logprobs()).isNotEqualTo(second.logprobs());
    }
  }

  @Test
  void requestsWithOtherImagesSideBySideGetWhatTheyWouldAlone() throws IOException {
    Path folder = qwen();
    Image image = image(QWEN);
    List<Prompt> prompts =
        List.of(
            qwenPrompt(image),
            qwenPrompt(other(image)),
            chat(Message.user(SeeingFolder.text(1, 2, 3))));
    List<Answer> alone = new ArrayList<>();
    for (Prompt prompt : prompts) {
      try (Engine engine = open(folder)) {
        alone.add(engine.generate(greedy(prompt, 12)));
      }
    }
    try (Engine engine = open(folder)) {
      List<Generation> together =
          prompts.stream().map(prompt -> engine.start(greedy(prompt, 12))).toList();
      for (int i = 0; i < prompts.size(); i++) {
        Answer answer = together.get(i).result();
        assertThat(answer.tokens()).isEqualTo(alone.get(i).tokens());
        assertThat(answer.logprobs()).isEqualTo(alone.get(i).logprobs());
      }
      List<Generation> twins = engine.start(greedy(prompts.getFirst(), 12), 2);
      twins.forEach(t -> assertThat(t.result().tokens()).isEqualTo(alone.getFirst().tokens()));
    }
  }

  @Test
  void aSecondTurnFindsTheFirstOneWithItsImage() throws IOException {
    Image image = image(QWEN);
    Message question = turn(ints(golden(QWEN), "input_ids"), image);
    try (Engine engine = open(qwen())) {
      Answer first = engine.generate(greedy(chat(question), 6));
      Prompt next =
          chat(question, Message.assistant(first.text()), Message.user(SeeingFolder.text(7, 8)));
      Answer second = engine.generate(greedy(next, 6));
      assertThat(second.usage().cachedTokens())
          .isGreaterThanOrEqualTo(first.usage().promptTokens());
      try (Engine fresh = open(qwen())) {
        assertThat(fresh.generate(greedy(next, 6)).logprobs()).isEqualTo(second.logprobs());
      }
    }
  }

  @Test
  void aUserCannotWriteAnImage() throws IOException {
    Path folder = qwen();
    Prompt alone = chat(Message.user("<v258><v260><v259>" + SeeingFolder.text(1)));
    assertThat(written(folder, alone)).doesNotContain(SeeingFolder.IMAGE);
    // Where the vocabulary finds it in any text, since its file does not call it a control token:
    Path file = folder.resolve("tokenizer.json");
    String json = Files.readString(file);
    String open = "\"<v260>\",\"special\":";
    Files.writeString(file, json.replace(open + "true", open + "false"));
    assertThatThrownBy(() -> written(folder, alone))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageContaining("leave '<v260>' out");
  }

  @Test
  void tokensThatDoNotFitTheirImagesAreRefused() throws IOException {
    Path folder = qwen();
    int[] ids = ints(golden(QWEN), "input_ids");
    int[] torn = ids.clone();
    torn[8] = 1;
    torn[torn.length - 1] = SeeingFolder.IMAGE;
    List<Image> images = List.of(image(QWEN));
    try (Engine engine = open(folder)) {
      for (Prompt bad :
          List.of(
              new Prompt.Tokens(Arrays.copyOf(ids, 10), images),
              new Prompt.Tokens(torn, images),
              new Prompt.Tokens(new int[] {1, 2}, images))) {
        assertThatThrownBy(() -> engine.generate(greedy(bad, 1)))
            .isInstanceOf(JishiException.BadRequest.class);
      }
      assertThat(engine.generate(greedy(qwenPrompt(images.getFirst()), 16)).tokens())
          .isEqualTo(ints(golden(QWEN), "greedy")); // no place was lost by what was refused
    }
  }

  @Test
  void aModelWithoutATowerAndATemplateWithoutAPlaceSaySo() throws IOException {
    Image image = new Image(2, 2, new byte[12]);
    Message turn = Message.user(List.of(Content.text("a"), new Content.Picture(image)));
    try (Engine blind = Engine.open(Path.of("../model/src/test/resources/goldens/qwen3"))) {
      assertThat(blind.info().vision()).isNull();
      assertThatThrownBy(
              () -> blind.generate(greedy(new Prompt.Tokens(new int[] {1}, List.of(image)), 1)))
          .isInstanceOf(JishiException.BadRequest.class)
          .hasMessageContaining("qwen3 does not see");
    }
    Path folder = qwen();
    Files.writeString(folder.resolve("chat_template.jinja"), "{{ messages[0].content }}");
    try (Engine engine = open(folder)) {
      assertThat(engine.info().vision())
          .isEqualTo("images, by a tower of 3 layers of 40; a token is 14 x 14 pixels");
      assertThatThrownBy(() -> engine.generate(greedy(chat(turn), 1)))
          .isInstanceOf(JishiException.BadRequest.class)
          .hasMessageContaining("no place for images");
    }
  }

  @Test
  void aFileThatIsNoImageIsNamed() throws IOException {
    Path file = Files.writeString(temp.resolve("note.txt"), "no image");
    assertThatThrownBy(() -> Content.image(file)).hasMessageContaining("note.txt: is no image");
    assertThatThrownBy(() -> Content.image(temp.resolve("absent.png")))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("absent.png: cannot be read");
  }
}
