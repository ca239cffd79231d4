// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.engine.Content;
import io.jishi.engine.EngineOptions;
import io.jishi.engine.Message;
import io.jishi.engine.Prompt;
import io.jishi.engine.Sampling;
import io.jishi.engine.Search;
import io.jishi.model.vision.Image;
import io.jishi.testkit.SeeingFolder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunCommandTest {
  private final Session session = new Session();

  private Prompt asked() {
    return session.engine.requests.getLast().prompt();
  }

  private static Prompt chat(Message... messages) {
    return new Prompt.Chat(List.of(messages), Map.of());
  }

  @Test
  void aPersonGetsALineFeedBehindTheText() {
    session.terminals(new Shell.Terminals(false, true, false));
    assertThat(session.on("run", "hello")).isZero();
    assertThat(session.out()).isEqualTo("ok\n");
  }

  @Test
  void whatIsPipedOnIsTheTextAloneInUtf8() {
    session.engine.answers.add("你好 🙂\n");
    assertThat(session.on("run", "hello")).isZero();
    assertThat(session.out()).isEqualTo("你好 🙂\n");
    assertThat(session.err()).isEmpty();
    assertThat(session.engine.closed).isTrue();
  }

  @Test
  void thoughtsAreNoPartOfWhatIsPipedOn() {
    session.engine.answers.add("let me see" + FakeEngine.THOUGHT + "{\"a\":1}");
    assertThat(session.on("run", "--regex", ".*", "hello")).isZero();
    assertThat(session.out()).isEqualTo("{\"a\":1}");
    assertThat(session.err()).isEqualTo("let me see\n");
    assertThat(session.engine.requests.getLast().output().parts()).isTrue();
  }

  @Test
  void aPromptIsOneTurnOfAChat() {
    session.on("run", "--system", "Be brief.", "hello");
    assertThat(asked()).isEqualTo(chat(Message.system("Be brief."), Message.user("hello")));
  }

  @Test
  void aPromptComesFromAPipeOrAFileWithoutItsLastLineBreak(@TempDir Path folder)
      throws IOException {
    session.input("two\nlines\n").on("run");
    assertThat(asked()).isEqualTo(chat(Message.user("two\nlines")));
    session.input("piped\r\n").on("run", "-");
    assertThat(asked()).isEqualTo(chat(Message.user("piped")));
    Path file = Files.writeString(folder.resolve("prompt.txt"), "von Datei: größer\n");
    session.on("run", "--file", file.toString());
    assertThat(asked()).isEqualTo(chat(Message.user("von Datei: größer")));
  }

  @Test
  void imagesStandBeforeTheWords(@TempDir Path folder) throws IOException {
    Path wide = Files.write(folder.resolve("a.png"), SeeingFolder.black(3, 2));
    Path tall = Files.write(folder.resolve("b.png"), SeeingFolder.black(2, 5));
    session.on("run", "--image", wide.toString(), "--image", tall.toString(), "What?");
    Message turn = ((Prompt.Chat) asked()).messages().getFirst();
    assertThat(turn.content()).isEqualTo("What?");
    assertThat(turn.images()).extracting(Image::height).containsExactly(2, 5);
    assertThat(turn.pieces().getLast()).isEqualTo(Content.text("What?"));
  }

  @Test
  void whatIsNoImageIsToldBeforeAModelIsOpened(@TempDir Path folder) throws IOException {
    Path note = Files.writeString(folder.resolve("note.txt"), "no image");
    assertThat(session.on("run", "--image", note.toString(), "What?")).isEqualTo(1);
    assertThat(session.err()).contains("note.txt: is no image");
    assertThat(session.engine.options).isNull();
    assertThat(session.on("run", "--raw", "--image", note.toString(), "x")).isEqualTo(2);
    Path image = Files.write(folder.resolve("a.png"), SeeingFolder.black(3, 2));
    session.engine.template = null;
    assertThat(session.on("run", "--image", image.toString(), "x")).isEqualTo(1);
    assertThat(session.err()).contains("--image needs a model with a chat template");
  }

  @Test
  void aPromptIsTakenAsItStands() {
    for (String prompt : List.of("@file", "\"quoted\"", "${HOME}", "-5 + 3", "a\\nb", "")) {
      session.on("run", "--", prompt);
      assertThat(asked()).isEqualTo(chat(Message.user(prompt)));
    }
  }

  @Test
  void rawContinuesTheBareTextToTheLastByte() {
    session.on("run", "--raw", "");
    assertThat(asked()).isEqualTo(new Prompt.Text(""));
    session.input("Once\n").on("run", "--raw");
    assertThat(asked()).isEqualTo(new Prompt.Text("Once\n"));
  }

  @Test
  void aModelWithoutATemplateContinuesTheTextAndSaysSo() {
    session.engine.template = null;
    assertThat(session.on("run", "Once")).isZero();
    assertThat(asked()).isEqualTo(new Prompt.Text("Once"));
    assertThat(session.err()).contains("no chat template").hasLineCount(1);
    assertThat(session.on("run", "--system", "x", "Once")).isEqualTo(1);
  }

  @Test
  void withoutSamplingOptionsTheModelDecides() {
    session.on("run", "--max-tokens", "7", "--stop", "a", "--stop=b", "hello");
    assertThat(session.engine.requests.getLast().sampling()).isNull();
    assertThat(session.engine.requests.getLast().maxTokens()).isEqualTo(7);
    assertThat(session.engine.requests.getLast().stop()).containsExactly("a", "b");
  }

  @Test
  void oneSamplingOptionFillsTheRestWithDefaults() {
    session.on("run", "--seed", "42", "hello");
    assertThat(session.engine.requests.getLast().sampling())
        .isEqualTo(new Sampling(0.7f, 0, 1, 0, 42L));
    session.on("run", "--temperature=0", "--top-k=5", "--top-p=0.9", "--min-p=0.1", "hello");
    assertThat(session.engine.requests.getLast().sampling())
        .isEqualTo(new Sampling(0, 5, 0.9f, 0.1f, null));
  }

  @Test
  void theEngineGetsItsOptions() {
    session.on("run", "--ctx", "128", "--threads", "3", "hello");
    assertThat(session.engine.options)
        .isEqualTo(EngineOptions.DEFAULT.withContext(128).withThreads(3));
  }

  @Test
  void statsGoToStandardError() {
    session.on("run", "--stats", "hello");
    assertThat(session.out()).isEqualTo("ok");
    assertThat(session.err())
        .isEqualTo(
            "jishi: prompt 5 tokens (2 cached) in 2.00 s, 1.5 tokens/s;"
                + " generated 3 tokens in 1.00 s, 2.0 tokens/s; ended by stop\n");
  }

  @Test
  void aBrokenPipeEndsQuietlyAndCancels() {
    assertThat(session.jishiInto(broken("Broken pipe"), "run", "-m", "m", "hello")).isZero();
    assertThat(session.err()).isEmpty();
    assertThat(session.engine.cancelled).isTrue();
    assertThat(session.engine.closed).isTrue();
  }

  @Test
  void aFullDiskIsAnError() {
    OutputStream full = broken("No space left on device");
    assertThat(session.jishiInto(full, "run", "-m", "m", "hello")).isEqualTo(1);
    assertThat(session.err()).isEqualTo("jishi: standard output: No space left on device\n");
  }

  private static OutputStream broken(String why) {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        throw new IOException(why);
      }
    };
  }

  @Test
  void aLimitOfMemoryIsASizeOrWrongUsage() {
    assertThat(session.on("run", "--memory-limit", "1.5g", "hello")).isZero();
    assertThat(session.engine.options.capacity().memory()).isEqualTo(1_500_000_000L);
    for (String wrong : List.of("0", "-1g", "lots", "1e99", "NaN", "")) {
      assertThat(session.on("run", "--memory-limit", wrong, "hello")).as(wrong).isEqualTo(2);
    }
    assertThat(session.err()).contains("--memory-limit takes a size such as 6g or 800m");
  }

  @Test
  void ofBeamsTheBestIsPrinted() {
    assertThat(session.on("run", "--beams", "4", "--length-penalty", "0.5", "hello")).isZero();
    assertThat(session.out()).isEqualTo("the best");
    assertThat(session.engine.searches)
        .containsExactly(new Search.Beams(1, 4, 0.5f, Search.Beams.Early.LIKELY));
    assertThat(session.on("run", "--beams", "0", "hello")).isEqualTo(2);
    assertThat(session.on("run", "--length-penalty", "1", "hello")).isEqualTo(2);
  }
}
