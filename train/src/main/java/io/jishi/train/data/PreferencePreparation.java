// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import io.jishi.text.Tokenizer;
import io.jishi.text.template.ChatTemplate;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * From JSON lines of preferences to the folders {@code train} and {@code heldout} of shards: for
 * each line two documents, the chosen answer behind its prompt and the rejected one, of which the
 * answers are learned.
 *
 * <p>A line is {@code {"prompt", "chosen", "rejected"}}: texts, or lists of messages; without a
 * prompt, {@code chosen} and {@code rejected} are whole conversations. With a chat template texts
 * become one message each; without one they stand as they are.
 */
public final class PreferencePreparation {
  private static final String PROMPT = "prompt";
  private static final List<String> SIDES = List.of("chosen", "rejected");

  private final Tokenizer tokenizer;
  private final ChatTokens chat;
  private final double heldOut;

  /** An answer in tokens. */
  private record Side(ChatTokens.Learned learned, long bytes) {}

  /**
   * A preparation for one model.
   *
   * @param template the model's, or null: then lists of messages are refused
   * @param heldOut share of the prompts that are held out
   */
  public PreferencePreparation(Tokenizer tokenizer, ChatTemplate template, double heldOut) {
    this.tokenizer = tokenizer;
    this.chat = template == null ? null : new ChatTokens(tokenizer, template);
    this.heldOut = heldOut;
  }

  /**
   * Reads the files and writes {@code out/train} and, if anything is held out, {@code out/heldout}.
   *
   * @throws JishiException.BadFile for a file that is empty or broken; it names the line
   */
  public void run(List<Path> paths, Path out) {
    byte[] digest = TokenizerDigest.of(tokenizer);
    int vocabulary = tokenizer.vocabSize();
    try (ShardWriter train = ShardWriter.create(out.resolve("train"), vocabulary, digest, true);
        ShardWriter held = ShardWriter.create(out.resolve("heldout"), vocabulary, digest, true)) {
      List<Path> files = Documents.files(paths);
      for (Path file : files) {
        read(file, train, held);
      }
      if (train.documents() == 0) {
        throw new JishiException.BadFile(
            files.getFirst() + ": no pair of answers is left to train on");
      }
      Map<String, Object> made = Map.of("files", files.stream().map(Path::toString).toList());
      if (held.documents() > 0) {
        held.commit(made);
      }
      train.commit(made);
    }
  }

  private void read(Path file, ShardWriter train, ShardWriter held) {
    try (Documents documents = Documents.open(file, Documents.Options.DEFAULT)) {
      if (!(documents instanceof JsonLines lines)) {
        throw new JishiException.BadFile(
            file + ": pairs of answers are read from JSON lines: files that end with .jsonl");
      }
      for (JsonObject json = lines.object(); json != null; json = lines.object()) {
        ShardWriter to = isHeldOut(prompt(json)) ? held : train;
        for (String side : SIDES) {
          Side encoded = encode(json, side);
          to.add(encoded.learned.tokens(), encoded.learned.learned());
          to.endDocument(encoded.bytes);
        }
      }
    }
  }

  /** What decides the side: answers to one prompt are never on both. */
  private static String prompt(JsonObject json) {
    Object prompt = json.fields().get(PROMPT);
    if (prompt instanceof String text) {
      return text;
    }
    if (json.has(PROMPT)) {
      return JsonLines.contents(JsonLines.messages(json, PROMPT));
    }
    List<Map<String, Object>> whole = JsonLines.messages(json, SIDES.getFirst());
    return JsonLines.contents(whole.subList(0, Math.max(0, whole.size() - 1)));
  }

  private boolean isHeldOut(String prompt) {
    return (TextHash.of(prompt)[0] >>> 11) * 0x1p-53 < heldOut;
  }

  private Side encode(JsonObject json, String side) {
    Object answer = json.fields().get(side);
    if (answer == null) {
      throw new JishiException.BadFile(
          json.source()
              + ": has no '"
              + side
              + "'; a pair is {\"prompt\": …, \"chosen\": …, \"rejected\": …}");
    }
    boolean texts = answer instanceof String && json.fields().get(PROMPT) instanceof String;
    Side made = chat == null && texts ? plain(json, side) : conversation(json, side);
    for (boolean learned : made.learned.learned()) {
      if (learned) {
        return made;
      }
    }
    throw new JishiException.BadFile(json.source() + ": '" + side + "' is an empty answer");
  }

  private Side plain(JsonObject json, String side) {
    String answer = json.text(side).orElseThrow();
    int[] before = tokenizer.encode(json.text(PROMPT).orElseThrow(), Tokenizer.Special.TEXT);
    int[] own = tokenizer.encode(answer, Tokenizer.Special.TEXT);
    int begin = tokenizer.addsBos() ? 1 : 0;
    int end = own.length > 0 && tokenizer.eos().isPresent() ? 1 : 0;
    int[] tokens = new int[begin + before.length + own.length + end];
    boolean[] learned = new boolean[tokens.length];
    if (begin > 0) {
      tokens[0] = tokenizer.bos().getAsInt();
    }
    int at = begin + before.length;
    System.arraycopy(before, 0, tokens, begin, before.length);
    System.arraycopy(own, 0, tokens, at, own.length);
    if (end > 0) {
      tokens[tokens.length - 1] = tokenizer.eos().getAsInt();
    }
    if (at == 0) {
      throw new JishiException.BadFile(json.source() + ": 'prompt' is empty");
    }
    java.util.Arrays.fill(learned, at, tokens.length, true);
    return new Side(new ChatTokens.Learned(tokens, learned), bytes(answer));
  }

  private Side conversation(JsonObject json, String side) {
    if (chat == null) {
      throw new JishiException.BadRequest(
          "template", json.source() + ": holds messages, and the model has no chat template");
    }
    List<Map<String, Object>> messages = new ArrayList<>();
    if (json.has(PROMPT)) {
      messages.addAll(messages(json, PROMPT, "user"));
    }
    List<Map<String, Object>> answer = messages(json, side, "assistant");
    messages.addAll(answer);
    String text = JsonLines.contents(messages);
    Document document =
        new Document(text, messages, json.fields().get("tools"), false, json.source());
    List<ChatTokens.Learned> parts = chat.encode(document);
    if (parts.isEmpty() || !"assistant".equals(messages.getLast().get("role"))) {
      throw new JishiException.BadFile(
          json.source() + ": '" + side + "' must end with a message of the assistant");
    }
    // What both have in common cancels; the last part ends with the answer in question.
    return new Side(parts.getLast(), bytes(JsonLines.contents(answer)));
  }

  private static List<Map<String, Object>> messages(JsonObject json, String field, String role) {
    return json.fields().get(field) instanceof String text
        ? List.of(Map.of("role", role, "content", text))
        : JsonLines.messages(json, field);
  }

  private static long bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
