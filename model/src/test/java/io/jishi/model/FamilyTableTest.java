// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.family.Family;
import io.jishi.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * {@code docs/FAMILIES.md} is what the specs say. Run with {@code -Djishi.families=write} and the
 * reference data to write it anew.
 */
class FamilyTableTest {
  private static final Path PAGE = Path.of("../docs/FAMILIES.md");

  private static final String HEAD =
      """
      # Families

      Written by `FamilyTableTest` from the specs of the reference models; do not edit. Every line is a reference model whose
      logits and greedy tokens are checked (`FamilyGoldenTest`), from safetensors with `config.json` in both dialects.
      "GGUF": `jishi convert` writes the model, the file gives the same logits, and so does the folder that it is unpacked to
      (`GgufFamiliesTest`, `PublishedFormsTest`); "refused": GGUF cannot say what this model is, and `convert` says why.
      "Reference" is what computed the expected values: those of one's own code were written for Jishi after the published
      code.

      | model | `model_type` | mixers | positions | norms | channels | head | GGUF | reference |
      |---|---|---|---|---|---|---|---|---|
      """;

  private static final String ENCODERS =
      """

      ## Encoders, embedding models, rerankers

      Checked by `EncoderGoldenTest` (hidden states of each token, poolers, scores) and `EmbedderTest` (pooled vectors, plain
      and of length 1; scores of `qwen3_reranker`, which is the decoder `qwen3`). "GGUF": written by `jishi convert` and read
      again with the same hidden states (`SpecExportTest`), and so is the folder that it is unpacked to (`EncoderImportTest`); the
      file has no pooler. `roberta` is read as `xlm-roberta` is. Heads that guess masked tokens, as published of BERT, RoBERTa and
      ModernBERT, are read from safetensors (`MaskedHeadTest`, against `bert_mlm`).

      | model | `model_type` | attention | positions | norms | channels | made of a sequence | GGUF | reference |
      |---|---|---|---|---|---|---|---|---|
      """;

  private static final String SEEING =
      """

      ## Models that see

      Checked by `VisionGoldenTest` (vectors of an image, logits, greedy tokens) and, from a request with an image to the
      answer, by `SeeingTest`. In GGUF they are two files (`ClipFilesTest`). Images, no videos.

      | model | `model_type` | tower | patches have | a token is | mixers of the text | around image tokens | reference |
      |---|---|---|---|---|---|---|---|
      """;

  private static final List<String> VISION =
      List.of(
          "vlm_llava_clip",
          "vlm_llava_siglip",
          "vlm_minicpmv4_6",
          "vlm_qwen2_5_vl",
          "vlm_qwen2_vl",
          "vlm_smolvlm");

  private static String seeing(String name, Path folder) {
    ModelConfig config = new HuggingFaceConfig(Json.parseObject(folder.resolve("config.json")));
    VisionSpec vision = Family.vision(config);
    TowerSpec tower = vision.tower();
    Set<String> mixers = new LinkedHashSet<>();
    for (DecoderSpec.Layer layer : Family.spec(vision.text()).layers()) {
      for (DecoderSpec.Part part : layer.parts()) {
        if (part instanceof DecoderSpec.GroupedAttention a) {
          mixers.add(attention(a));
        } else if (part instanceof DecoderSpec.Mixer m) {
          mixers.add(m.getClass().getSimpleName());
        }
      }
    }
    String layers =
        tower
                .layers()
                .layers()
                .getFirst()
                .blocks()
                .getFirst()
                .branches()
                .getFirst()
                .pre()
                .norm()
                .kind()
            + " norms"
            + (tower.window() > 0 ? ", windows" : "")
            + (tower.inserted() != null ? ", a merger between layers" : "");
    String positions = tower.positions() == null ? "rotation" : "a table";
    String around =
        vision.around().equals(ImageText.BARE)
            ? "what the template writes"
            : vision.around().wholeFirst() ? "slices behind the whole" : "rows and columns";
    return "| %s | `%s` | %s | %s | %d x %d patches | %s | %s | Transformers |\n"
        .formatted(
            name,
            config.architecture(),
            layers.toLowerCase(),
            positions,
            tower.unit(),
            tower.unit(),
            String.join("; ", mixers) + (vision.grid() ? ", rotation by rows and columns" : ""),
            around);
  }

  private static String encoder(String name, Path folder) {
    DecoderSpec spec =
        Family.spec(new HuggingFaceConfig(Json.parseObject(folder.resolve("config.json"))));
    Set<String> mixers = new LinkedHashSet<>();
    Set<String> positions = new LinkedHashSet<>();
    Set<String> channels = new LinkedHashSet<>();
    for (DecoderSpec.Layer layer : spec.layers()) {
      for (DecoderSpec.Part part : layer.parts()) {
        switch (part) {
          case DecoderSpec.BidirectionalAttention b -> {
            mixers.add("both directions" + (b.reach() > 0 ? ", near tokens" : ""));
            positions.add(spec.embedding().positions() > 0 ? "learned" : rope(b.heads().rope()));
          }
          case DecoderSpec.GroupedAttention a -> {
            mixers.add(attention(a));
            positions.add(rope(a.rope()));
          }
          case DecoderSpec.FeedForward f ->
              channels.add(f.activation() + (f.gated() ? " gated" : ""));
          default -> throw new IllegalStateException(name);
        }
      }
    }
    DecoderSpec.Block first = spec.layers().getFirst().blocks().getFirst();
    String norms =
        first.post() != null
            ? first.post().norm().kind().name().toLowerCase() + " of sums"
            : spec.norm().kind().name().toLowerCase() + " before";
    String made =
        spec.summary() == null ? "" : spec.summary().optional() ? "pooler" : "scores of labels";
    return "| %s | `%s` | %s | %s | %s | %s | %s | %s | Transformers |\n"
        .formatted(
            name,
            spec.architecture(),
            String.join("; ", mixers),
            String.join("; ", positions),
            norms,
            String.join("; ", channels),
            made,
            name.equals("qwen3_embedding") ? "" : "tested");
  }

  @Test
  void everyFamilyStandsInTheTable() throws IOException {
    String page = Files.readString(PAGE);
    Set<String> otherNames = new HashSet<>(GgufLayout.architectures());
    otherNames.removeAll(GgufLayout.written().keySet());
    otherNames.add("roberta"); // xlm-roberta under another name
    otherNames.add("qwen2_vl_text"); // the language models of those that see
    otherNames.add("qwen2_5_vl_text");
    for (String name : Family.names()) {
      if (!otherNames.contains(name)) {
        assertThat(page).contains("| `" + name + "` |");
      }
    }
  }

  @Test
  void theTableIsWhatTheSpecsSay() throws IOException {
    StringBuilder page = new StringBuilder(HEAD);
    for (String name : FamilyGoldenTest.families().toList()) {
      page.append(line(name, Shared.require("goldens/" + name)));
    }
    page.append(ENCODERS);
    for (String name : EncoderGoldenTest.FIXTURES.keySet()) {
      page.append(encoder(name, Shared.require("goldens/" + name)));
    }
    page.append(SEEING);
    for (String name : VISION) {
      page.append(seeing(name, Shared.require("goldens/" + name)));
    }
    if ("write".equals(System.getProperty("jishi.families"))) {
      Files.writeString(PAGE, page);
    }
    assertThat(Files.readString(PAGE)).isEqualTo(page.toString());
  }

  private static String line(String name, Path folder) {
    DecoderSpec spec =
        Family.spec(new HuggingFaceConfig(Json.parseObject(folder.resolve("config.json"))));
    JsonObject golden = Json.parseObject(folder.resolve("golden.json"));
    String reference =
        golden.text("made_by").orElse("").startsWith("transformers") ? "Transformers" : "own code";
    Set<String> mixers = new LinkedHashSet<>();
    Set<String> positions = new LinkedHashSet<>();
    Set<String> channels = new LinkedHashSet<>();
    for (DecoderSpec.Layer layer : spec.layers()) {
      for (DecoderSpec.Part part : layer.parts()) {
        switch (part) {
          case DecoderSpec.GroupedAttention a -> {
            mixers.add(attention(a));
            positions.add(a.scores().alibi() != 0 ? "ALiBi" : rope(a.rope()));
          }
          case DecoderSpec.BidirectionalAttention _ -> throw new IllegalStateException(name);
          case DecoderSpec.LatentAttention a -> {
            mixers.add("latent attention");
            positions.add(rope(a.rope()));
          }
          case DecoderSpec.FeedForward f ->
              channels.add(f.activation() + (f.gated() ? " gated" : ""));
          case DecoderSpec.SharpFeedForward f -> channels.add(f.activation() + " sharp");
          case DecoderSpec.Mixture m -> channels.add(mixture(m));
          case DecoderSpec.Mixer m -> mixers.add(m.getClass().getSimpleName());
          case DecoderSpec.ChannelMix _ -> channels.add("ChannelMix");
        }
      }
    }
    if (spec.embedding().positions() > 0) {
      positions.add("learned");
      positions.remove("none");
    }
    String gguf = GgufFamiliesTest.REASONS.getOrDefault(name, "read, written");
    return "| "
        + name
        + " | `"
        + spec.architecture()
        + "` | "
        + String.join("; ", mixers)
        + " | "
        + (positions.isEmpty() ? "none" : String.join("; ", positions))
        + " | "
        + norms(spec)
        + " | "
        + String.join("; ", channels)
        + " | "
        + head(spec)
        + " | "
        + gguf
        + " | "
        + reference
        + " |\n";
  }

  private static String attention(DecoderSpec.GroupedAttention a) {
    List<String> words = new ArrayList<>();
    words.add("attention");
    DecoderSpec.ScoreSpec s = a.scores();
    if (s.window() > 0) {
      words.add("window");
    }
    if (s.softCap() > 0) {
      words.add("soft cap");
    }
    if (s.sinks()) {
      words.add("sinks");
    }
    if (a.headNorm() != null) {
      words.add("norm of " + a.headNorm().scope().name().toLowerCase().replace('_', ' '));
    }
    if (a.inputBias()) {
      words.add("biases");
    }
    if (a.outputGate()) {
      words.add("gate");
    }
    return String.join(", ", words);
  }

  private static String rope(RopeSpec rope) {
    if (rope == null) {
      return "none";
    }
    String style = rope.style().name().toLowerCase();
    return switch (rope.scaling()) {
      case RopeSpec.Plain _ -> style;
      case RopeSpec.LinearScaling _ -> style + ", linear";
      case RopeSpec.DynamicBase _ -> style + ", dynamic";
      case RopeSpec.Llama3 _ -> style + ", Llama 3";
      case RopeSpec.Yarn _ -> style + ", YaRN";
      case RopeSpec.LongFactors _ -> style + ", long";
      case RopeSpec.Divisors _ -> style + ", divisors";
    };
  }

  private static String mixture(DecoderSpec.Mixture m) {
    return m.routing().scoring().name().toLowerCase().replace('_', ' ')
        + " mixture"
        + (m.choiceBias() ? ", choice bias" : "")
        + (m.routing().groups() > 1 ? ", groups" : "")
        + (m.shared() != null ? ", shared" : "");
  }

  private static String norms(DecoderSpec spec) {
    DecoderSpec.Layer layer = spec.layers().getFirst();
    DecoderSpec.Branch branch = layer.blocks().getFirst().branches().getFirst();
    String place =
        branch.post() == null ? "before" : branch.pre() == null ? "after" : "before and after";
    boolean parallel =
        layer.blocks().size() == 1 && layer.blocks().getFirst().branches().size() > 1;
    return spec.norm().kind().name().toLowerCase()
        + (spec.norm().plusOne() ? " + 1" : "")
        + " "
        + place
        + (parallel ? ", parallel" : "");
  }

  private static String head(DecoderSpec spec) {
    DecoderSpec.Head head = spec.head();
    return List.of(
            head.tied() ? "tied" : "",
            head.unitRows() ? "unit rows" : "",
            head.scale() != 1 ? "scaled" : "",
            head.softCap() != 0 ? "soft cap" : "")
        .stream()
        .filter(word -> !word.isEmpty())
        .collect(Collectors.joining(", "));
  }
}
