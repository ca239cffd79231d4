// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourcesTest {
  @TempDir Path folder;

  private static List<Document> all(Documents in) {
    List<Document> all = new ArrayList<>();
    try (in) {
      for (Document d = in.next(); d != null; d = in.next()) {
        all.add(d);
      }
    }
    return all;
  }

  private static List<String> texts(String text, Documents.Border border) {
    InputStream in = new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    return all(new TextDocuments("t", in, border)).stream().map(Document::text).toList();
  }

  private static Documents jsonl(byte[] bytes) {
    return new JsonLines("x.jsonl", new ByteArrayInputStream(bytes), "text", 1000);
  }

  private static Documents jsonl(String text) {
    return jsonl(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void textsAreCutAsAsked() {
    String text = "a b\nc\n\n\nd\r\n\r\ne";
    assertThat(texts(text, Documents.Border.LINE)).containsExactly("a b", "c", "d", "e");
    assertThat(texts(text, Documents.Border.PARAGRAPH)).containsExactly("a b\nc", "d", "e");
    assertThat(texts(text, Documents.Border.FILE)).containsExactly(text);
  }

  @Test
  void sectionsAndPiecesTogetherAreTheText() {
    StringBuilder long0 = new StringBuilder();
    for (int i = 0; long0.length() < 3 * TextDocuments.PIECE; i++) {
      long0.append("🙂 line ").append(i).append(i % 9 == 0 ? "\n\n" : "\n");
    }
    String text = long0.toString();
    for (Documents.Border border : List.of(Documents.Border.SECTION, Documents.Border.FILE)) {
      assertThat(String.join("", texts(text, border))).isEqualTo(text);
    }
    assertThat(texts(text, Documents.Border.SECTION)).hasSizeGreaterThan(100);
  }

  /** A line without end comes in pieces, whatever its length; they are one document. */
  @Test
  void aLineWithoutEndIsGivenInPieces() {
    String line = "🙂x".repeat(TextDocuments.PIECE);
    List<Document> pieces =
        all(
            new TextDocuments(
                "t",
                new ByteArrayInputStream(line.getBytes(StandardCharsets.UTF_8)),
                Documents.Border.LINE));
    assertThat(pieces).hasSize(3 + 1);
    assertThat(pieces.stream().filter(d -> !d.continues())).hasSize(1);
    assertThat(String.join("", pieces.stream().map(Document::text).toList())).isEqualTo(line);
  }

  @Test
  void emptyAndBinaryFilesAreNamed() throws IOException {
    Path empty = Files.createFile(folder.resolve("empty.txt"));
    Path zeros = Files.write(folder.resolve("zeros.txt"), new byte[] {'a', 0, 'b'});
    Path latin = Files.write(folder.resolve("latin.txt"), new byte[] {'a', 'b', (byte) 0xE9, 'c'});
    for (Path file : List.of(empty, zeros, latin)) {
      assertThatThrownBy(() -> all(Documents.open(file, Documents.Options.DEFAULT)))
          .isInstanceOf(JishiException.BadFile.class)
          .hasMessageContaining(file.getFileName().toString());
    }
    assertThatThrownBy(() -> all(Documents.open(latin, Documents.Options.DEFAULT)))
        .hasMessageContaining("byte 2 ");
  }

  @Test
  void brokenJsonNamesTheLine() {
    assertThatThrownBy(() -> all(jsonl("{\"text\":\"a\"}\n\n{\"text\":\"b\"\n")))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("x.jsonl line 3");
    assertThatThrownBy(() -> all(jsonl("{\"body\":\"a\"}")))
        .hasMessageContaining("line 1")
        .hasMessageContaining("[body]")
        .hasMessageContaining("--field");
    assertThatThrownBy(
            () -> all(jsonl("{\"text\":\"a\"}\n{\"text\":\"" + "b".repeat(1000) + "\"}")))
        .hasMessageContaining("x.jsonl line 2: is longer than 1000 bytes");
  }

  @Test
  void bothFormsOfConversationsAreRead() {
    List<Document> both =
        all(
            jsonl(
                "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}\r\n"
                    + "{\"conversations\":[{\"from\":\"human\",\"value\":\"q\"}]}"));
    assertThat(both).hasSize(2);
    for (Document chat : both) {
      assertThat(chat.messages().getFirst())
          .containsEntry("role", "user")
          .containsEntry("content", "q");
    }
  }

  @Property(tries = 300)
  void anyBytesAreDocumentsOrABadFile(@ForAll byte[] bytes) {
    try {
      all(jsonl(bytes));
    } catch (JishiException.BadFile e) {
      assertThat(e).hasMessageContaining("x.jsonl line ");
    }
    try {
      all(new TextDocuments("t", new ByteArrayInputStream(bytes), Documents.Border.PARAGRAPH));
    } catch (JishiException.BadFile e) {
      assertThat(e).hasMessageContaining("t: ");
    }
  }

  @Test
  void parquetRowsAreRead() throws IOException {
    Path file = folder.resolve("a.parquet");
    Files.write(file, ParquetFixture.texts("text", List.of("first", "", "第三 🙂")));
    List<Document> rows = all(Documents.open(file, Documents.Options.DEFAULT));
    assertThat(rows.stream().map(Document::text)).containsExactly("first", "", "第三 🙂");
    assertThat(rows.getLast().where()).endsWith("a.parquet row 3");
    assertThatThrownBy(
            () -> Documents.open(file, new Documents.Options(Documents.Border.FILE, "body")))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("[text]");
  }

  @Test
  void compressedParquetIsReadOrRefusedWithTheCodecsName() throws IOException {
    for (ParquetFixture.Codec codec : ParquetFixture.Codec.values()) {
      Path file = folder.resolve(codec + ".parquet");
      List<String> texts = List.of("first", "second ".repeat(5000), "第三 🙂");
      Files.write(file, ParquetFixture.texts("text", texts, codec));
      if (codec != ParquetFixture.Codec.BROTLI) {
        assertThat(
                all(Documents.open(file, Documents.Options.DEFAULT)).stream().map(Document::text))
            .containsExactlyElementsOf(texts);
      } else { // its library brings native code: whoever needs it adds it
        assertThatThrownBy(() -> all(Documents.open(file, Documents.Options.DEFAULT)))
            .isInstanceOf(JishiException.class)
            .isInstanceOf(JishiException.Unsupported.class)
            .hasMessageContaining(codec + ".parquet")
            .hasMessageContaining(codec + "-compressed")
            .hasMessageContaining("gzip");
      }
    }
  }

  @Test
  void damagedParquetIsABadFile() throws IOException {
    for (var codec : List.of(ParquetFixture.Codec.NONE, ParquetFixture.Codec.SNAPPY)) {
      byte[] whole = ParquetFixture.texts("text", List.of("first", "second"), codec);
      Path file = folder.resolve("a.parquet");
      for (int length = 1; length < whole.length; length++) {
        Files.write(file, java.util.Arrays.copyOf(whole, length));
        assertThatThrownBy(() -> all(Documents.open(file, Documents.Options.DEFAULT)))
            .isInstanceOf(JishiException.BadFile.class)
            .hasMessageContaining("a.parquet");
      }
    }
  }

  /** A bit anywhere in the file may be wrong: rows come, or an error that names the file. */
  @Test
  void parquetWithAWrongBitIsReadOrABadFile() throws IOException {
    java.util.Random random = new java.util.Random(9);
    for (var codec : List.of(ParquetFixture.Codec.SNAPPY, ParquetFixture.Codec.ZSTD)) {
      byte[] whole = ParquetFixture.texts("text", List.of("a b c ".repeat(40), "second"), codec);
      Path file = folder.resolve("b.parquet");
      for (int i = 0; i < 400; i++) {
        byte[] bad = whole.clone();
        bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
        Files.write(file, bad);
        try {
          all(Documents.open(file, Documents.Options.DEFAULT));
        } catch (JishiException e) {
          assertThat(e).hasMessageContaining("b.parquet");
        }
      }
    }
  }

  @Test
  void nearTextsAreFoundAndOthersAreNot() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 300; i++) {
      text.append("word").append(i * 7919 % 1000).append(' ');
    }
    MinHash seen = new MinHash(0.8);
    assertThat(seen.add(text.toString())).isTrue();
    assertThat(seen.add(text.toString().toUpperCase(java.util.Locale.ROOT) + "!")).isFalse();
    assertThat(seen.add(text.toString().replace("word0 ", "other "))).isFalse();
    assertThat(seen.add(text.substring(0, text.length() / 3))).isTrue();
  }

  @Test
  void evaluationTextIsFoundWhateverItsPunctuation() {
    Contamination sets = new Contamination(List.of(), Documents.Options.DEFAULT, 8);
    sets.add("What is the capital of the country that lies north of Spain?", "set line 1");
    sets.add("An item of eight words that nobody copied here.", "set line 2");
    sets.add("Too short.", "set line 3");
    assertThat(sets.check("Q: what is the CAPITAL of the country, that lies… A: Paris", "d 1"))
        .isTrue();
    assertThat(sets.check("What is the capital? Paris.", "d 2")).isFalse();
    assertThat(sets.hits()).hasSize(1);
    assertThat(sets.hits().getFirst().item()).isEqualTo("set line 1");
    assertThat(sets.hits().getFirst().document()).isEqualTo("d 1");
    assertThat(sets.tooShort()).isEqualTo(1);
  }
}
