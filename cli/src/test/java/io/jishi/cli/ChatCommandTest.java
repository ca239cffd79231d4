// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.base.JishiException;
import io.jishi.engine.Message;
import io.jishi.engine.Prompt;
import io.jishi.testkit.SeeingFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChatCommandTest {
  private final Session session = new Session();

  private List<Message> asked() {
    return ((Prompt.Chat) session.engine.requests.getLast().prompt()).messages();
  }

  @Test
  void eachLineOfAPipeIsATurnAndTheAnswersAloneArePrinted() {
    session.engine.answers.addAll(List.of("Hi!", "Fine."));
    assertThat(session.input("Hello\n\nHow are you?").on("chat", "--system", "s")).isZero();
    assertThat(session.out()).isEqualTo("Hi!\nFine.\n");
    assertThat(session.err()).isEmpty();
    assertThat(asked())
        .containsExactly(
            Message.system("s"),
            Message.user("Hello"),
            Message.assistant("Hi!"),
            Message.user("How are you?"));
  }

  @Test
  void thoughtsAreShownAndForgotten() {
    session.engine.answers.addAll(List.of("hm" + FakeEngine.THOUGHT + "Hi!", "ok"));
    session.input("Hello\nAnd?\n").on("chat");
    assertThat(session.out()).isEqualTo("Hi!\nok\n");
    assertThat(session.err()).isEqualTo("hm\n");
    assertThat(asked()).contains(Message.assistant("Hi!"));
  }

  @Test
  void clearForgetsAndExitEnds() {
    session.input("one\n/clear\ntwo\n/exit\nthree\n").on("chat");
    assertThat(asked()).containsExactly(Message.user("two"));
  }

  @Test
  void aConversationThatOutgrowsTheContextForgetsItsOldestTurnsAndSaysSo() {
    session.input("first " + "x".repeat(30) + "\nsecond " + "y".repeat(30) + "\n").on("chat");
    assertThat(asked()).containsExactly(Message.user("second " + "y".repeat(30)));
    assertThat(session.err()).contains("oldest turns are forgotten");
  }

  @Test
  void aModelWithoutATemplateContinuesTheTranscript() {
    session.engine.template = null;
    session.engine.answers.addAll(List.of("a time", "end"));
    assertThat(session.input("Once upon\nThe\n").on("chat")).isZero();
    assertThat(session.engine.requests.getLast().prompt())
        .isEqualTo(new Prompt.Text("Once upon\na time\nThe"));
    assertThat(session.err()).contains("no chat template");
  }

  @Test
  void aRefusedTurnFailsAScript() {
    session.engine.failure = new JishiException.BadRequest("prompt", "too long");
    assertThat(session.input("Hello\nHello\n").on("chat")).isEqualTo(1);
    assertThat(session.err()).isEqualTo("jishi: too long\n");
  }

  @Test
  void anImageGoesWithTheFirstLineAndStaysInTheConversation(@TempDir Path folder)
      throws IOException {
    Path image = Files.write(folder.resolve("a.png"), SeeingFolder.black(3, 2));
    session.engine.room = 2000;
    session.input("What?\nAnd where?\n").on("chat", "--image", image.toString());
    Prompt.Chat second = (Prompt.Chat) session.engine.requests.getLast().prompt();
    assertThat(second.messages()).extracting(m -> m.images().size()).containsExactly(1, 0, 0);
    assertThat(second.messages())
        .extracting(Message::content)
        .containsExactly("What?", "ok", "And where?");
  }

  @Test
  void aShortConversationIsKeptWhole() {
    Conversation conversation = new Conversation("s");
    conversation.add(Message.user("a"));
    conversation.add(Message.assistant("b"));
    conversation.add(Message.user("c"));
    assertThat(conversation.fit(String::length, 100)).isZero();
    assertThat(conversation.fit(String::length, 10)).isEqualTo(2);
    assertThat(((Prompt.Chat) conversation.prompt(true)).messages())
        .containsExactly(Message.system("s"), Message.user("c"));
  }

  @Test
  void theHistoryIsForItsOwnerAndNoNewsWhereItCannotBe(@TempDir Path folder) throws IOException {
    Path history =
        LineEditor.historyFile(Map.of("XDG_STATE_HOME", folder.toString())).orElseThrow();
    assertThat(history).isEqualTo(folder.resolve("jishi/chat-history")).exists();
    if (Files.getFileStore(history).supportsFileAttributeView("posix")) {
      assertThat(Files.getPosixFilePermissions(history)).hasSize(2);
    }
    Path file = Files.writeString(folder.resolve("file"), "");
    assertThat(LineEditor.historyFile(Map.of("XDG_STATE_HOME", file.toString()))).isEmpty();
    assertThat(LineEditor.historyFile(Map.of("HOME", folder.toString())))
        .contains(folder.resolve(".local/state/jishi/chat-history"));
  }
}
