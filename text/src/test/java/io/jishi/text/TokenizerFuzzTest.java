// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.base.JishiException;
import io.jishi.text.Tokenizer.Special;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class TokenizerFuzzTest {
  private static final String[] KEYS = {
    "model",
    "pre",
    "tokens",
    "scores",
    "token_type",
    "merges",
    "bos_token_id",
    "eos_token_id",
    "unknown_token_id",
    "add_bos_token",
    "add_space_prefix",
    "remove_extra_whitespaces",
    "precompiled_charsmap"
  };

  private static final String[] MODELS = {
    "llama", "gpt2", "t5", "bert", "rwkv", "default", "superbpe", "x"
  };

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.oneOf(
        Arbitraries.strings().all().ofMaxLength(60),
        Arbitraries.strings().ascii().ofMaxLength(60),
        Arbitraries.of("<|im_end|>", " ", "\u2581", "\uD83D\uDE80", "中", "\n\n", "'ſ", "e\u0301")
            .list()
            .ofMaxSize(20)
            .map(parts -> String.join("", parts)));
  }

  @Property(tries = 2000)
  void bytesComeBackAsTheyWent(@ForAll("texts") String text) {
    String valid = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    // An unpaired surrogate is U+FFFD for us, '?' for Java.
    if (valid.equals(text)) {
      assertThat(GPT2.decode(GPT2.encode(text, Special.TEXT))).isEqualTo(text);
      Tokenizer spm = TestTokenizers.sentencePiece();
      String spaced = text.replace('\u2581', ' ');
      assertThat(spm.decode(spm.encode(text, Special.TEXT))).isEqualTo(spaced);
    }
  }

  private static final Tokenizer GPT2 =
      Goldens.gguf(
          TestTokenizers.asGguf(
              io.jishi.base.Json.parseObject(
                  TestTokenizers.folder("bpe_gpt2_prefix_space").resolve("tokenizer.json")),
              "gpt-2"));

  @Property(tries = 1000)
  void noTextOfAUserBecomesAControlToken(@ForAll("texts") String text) {
    for (Tokenizer t :
        new Tokenizer[] {TestTokenizers.byteLevel(), TestTokenizers.sentencePiece()}) {
      for (int id : t.encode(text, Special.TEXT)) {
        assertThat(t.isControl(id)).isFalse();
      }
    }
  }

  @Property(tries = 1000)
  void piecesOfAStreamAreTheWholeText(@ForAll long seed) {
    Random random = new Random(seed);
    for (Tokenizer t :
        new Tokenizer[] {TestTokenizers.byteLevel(), TestTokenizers.sentencePiece()}) {
      int[] ids = random.ints(random.nextInt(40), 0, t.vocabSize()).toArray();
      StreamDecoder stream = t.streamDecoder(false);
      StringBuilder joined = new StringBuilder();
      for (int id : ids) {
        String piece = stream.append(id);
        assertThat(piece.isEmpty() || !Character.isHighSurrogate(piece.charAt(piece.length() - 1)))
            .isTrue();
        joined.append(piece);
      }
      assertThat(joined.append(stream.finish()).toString()).isEqualTo(t.decode(ids));
    }
  }

  @Property(tries = 2000)
  void invalidBytesCountAsJavaCountsThem(@ForAll byte[] bytes) {
    for (int i = 0; i + 1 < bytes.length; i++) {
      // Java takes an encoded surrogate as one error, Unicode and the reference libraries as three.
      Assume.that(
          bytes[i] != (byte) 0xED || bytes[i + 1] >= (byte) 0xC0 || bytes[i + 1] < (byte) 0xA0);
    }
    Utf8Assembler assembler = new Utf8Assembler(Utf8Assembler.Errors.PER_SEQUENCE);
    for (byte b : bytes) {
      assembler.append(b & 0xFF);
    }
    assembler.breakOff();
    assertThat(assembler.take()).isEqualTo(new String(bytes, StandardCharsets.UTF_8));
  }

  @Property(tries = 3000)
  void metadataOfAnyShapeIsReadOrRefused(@ForAll long seed) {
    Random random = new Random(seed);
    Map<String, Object> metadata =
        random.nextBoolean() ? TestTokenizers.tinySentencePiece() : TestTokenizers.tinyByteLevel();
    for (int i = random.nextInt(4); i >= 0; i--) {
      metadata.put("tokenizer.ggml." + KEYS[random.nextInt(KEYS.length)], value(random));
    }
    use(() -> Goldens.gguf(metadata));
  }

  private static Object value(Random random) {
    String[] pieces = {
      "a", "b", "ab", "", "<0x41>", "<s>", "\u0120", "\uFFFD", "a b", " ", "\uD800"
    };
    return switch (random.nextInt(9)) {
      case 0 -> null;
      case 1 -> random.nextLong(-2, 12);
      case 2 -> random.nextBoolean();
      case 3 -> MODELS[random.nextInt(MODELS.length)];
      case 4 -> random.ints(random.nextInt(10), -1, 8).toArray();
      case 5 -> new float[] {Float.NaN, 0, Float.NEGATIVE_INFINITY, -0f, 1, 2, 3, 4, 5};
      case 6 -> random.nextDouble();
      default ->
          random
              .ints(random.nextInt(10), 0, pieces.length)
              .mapToObj(i -> pieces[i])
              .toArray(String[]::new);
    };
  }

  @Property(tries = 400)
  void damagedFilesAreReadOrRefused(@ForAll long seed) throws IOException {
    Random random = new Random(seed);
    StringBuilder json = new StringBuilder(random.nextBoolean() ? SMALL : OTHER);
    for (int i = random.nextInt(4); i >= 0; i--) {
      int at = random.nextInt(json.length());
      switch (random.nextInt(3)) {
        case 0 -> json.deleteCharAt(at);
        case 1 -> json.setCharAt(at, "{}[]\",:0a-\\|(+*?".charAt(random.nextInt(16)));
        default -> json.insert(at, json.substring(at, Math.min(json.length(), at + 9)));
      }
    }
    Path folder = Files.createTempDirectory("tokenizer");
    try {
      Files.writeString(folder.resolve("tokenizer.json"), json);
      use(() -> HuggingFaceTokenizer.read(folder));
    } finally {
      Files.delete(folder.resolve("tokenizer.json"));
      Files.delete(folder);
    }
  }

  /** Every kind of part in one small file. */
  private static final String SMALL =
      """
      {"added_tokens":[{"id":6,"content":"<e>","special":true,"lstrip":true},
        {"id":7,"content":"<t>","special":false,"normalized":true,"single_word":true}],
      "normalizer":{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Lowercase"},
        {"type":"Strip"},{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "},
        {"type":"Prepend","prepend":"a"}]},
      "pre_tokenizer":{"type":"Sequence","pretokenizers":[
        {"type":"Split","pattern":{"Regex":"(?i:'s|ll)|[^\\\\s\\\\p{L}]?\\\\p{L}+|\\\\s+(?!\\\\S)"},
         "behavior":"MergedWithNext","invert":false},{"type":"Digits","individual_digits":true},
        {"type":"Metaspace","replacement":"b","prepend_scheme":"first"},{"type":"Punctuation"},
        {"type":"ByteLevel","add_prefix_space":true}]},
      "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<e>"}},
        {"Sequence":{"id":"A"}}],"special_tokens":{"<e>":{"id":"<e>","ids":[6]}}},
      "decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"b"},
        "content":" "},{"type":"ByteFallback"},{"type":"Fuse"},
        {"type":"Strip","content":" ","start":1,"stop":0}]},
      "model":{"type":"BPE","unk_token":"<u>","fuse_unk":true,"byte_fallback":true,
        "ignore_merges":true,"vocab":{"a":0,"b":1,"ab":2,"Ġ":3,"Ġab":4,"<u>":5,"<0x41>":8},
        "merges":["a b","Ġ ab"]}}
      """;

  /** The parts that the first has not. */
  private static final String OTHER =
      """
      {"added_tokens":[{"id":1,"content":"<e>","special":true}],
      "normalizer":{"type":"Sequence","normalizers":[{"type":"Nmt"},{"type":"StripAccents"},
        {"type":"BertNormalizer","clean_text":true,"lowercase":true},
        {"type":"Precompiled","precompiled_charsmap":"CAAAAAAAAAAAAAAAYQA="}]},
      "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},
        {"type":"BertPreTokenizer"},{"type":"Metaspace","replacement":"\u2581"}]},
      "post_processor":{"type":"RobertaProcessing","sep":["b",4],"cls":["<e>",1]},
      "decoder":{"type":"WordPiece","prefix":"##","cleanup":true},
      "model":{"type":"Unigram","unk_id":0,"byte_fallback":true,"vocab":[["<u>",0],["<e>",0],
        ["\u2581",-3.5],["a",-4.5],["b",-5],["ab",-4],["##a",-1e9],["<0x41>",-9]]}}
      """;

  /** A tokenizer that could be read works; the only errors are ours. */
  private static void use(java.util.function.Supplier<Tokenizer> reader) {
    try {
      Tokenizer t = reader.get();
      for (Special special : Special.values()) {
        int[] ids = t.frame(t.encode("ab A1 <s><e> <t> a\u0301 中 <0x41> \uD800!", special));
        assertThat(Goldens.streamed(t, ids)).isEqualTo(t.decode(ids));
      }
    } catch (JishiException e) {
      assertThat(e).hasMessageMatching("(?s).+");
    }
  }
}
