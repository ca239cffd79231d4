// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import io.jishi.model.Model;
import io.jishi.model.vision.Image;
import io.jishi.text.Tokenizer;
import io.jishi.text.template.ChatEncoder;
import io.jishi.text.template.ChatTemplate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Prompts to tokens: texts, conversations by the model's template, images among them. */
final class PromptWriter {
  private static final String PROBE = "jishi";
  private static final Map<String, Object> WORDS = Map.of("type", "text", "text", PROBE);

  private final Model model;
  private final Tokenizer tokenizer;
  private final ChatEncoder chat;
  private final Sight sight;

  /** Whether the template takes pieces with images, and whether it takes plain texts. */
  private final boolean takesImages;

  private final boolean takesTexts;

  /**
   * A writer for a model.
   *
   * @param sight or null where it does not see
   */
  PromptWriter(Model model, Sight sight) {
    this.model = model;
    this.tokenizer = model.tokenizer();
    this.sight = sight;
    String source = model.chatTemplate();
    ChatTemplate template = source == null ? null : ChatTemplate.compile(source);
    this.chat = template == null ? null : new ChatEncoder(tokenizer, template);
    if (sight == null || template == null) {
      takesImages = false;
      takesTexts = true;
      return;
    }
    String seen = rendered(template, List.of(Map.of("type", "image"), WORDS));
    takesImages =
        seen.contains(PROBE)
            && seen.contains(tokenizer.piece(sight.imageToken()))
            && !seen.contains("'type'"); // else it printed the list itself
    takesTexts = !takesImages || rendered(template, PROBE).contains(PROBE);
  }

  /** What a template makes of one turn of the user, or nothing where it fails. */
  private static String rendered(ChatTemplate template, Object content) {
    Map<String, Object> variables = new HashMap<>();
    variables.put("messages", List.of(Map.of("role", "user", "content", content)));
    variables.put("add_generation_prompt", true);
    variables.put("tools", null);
    variables.put("documents", null);
    try {
      return template.render(variables);
    } catch (JishiException e) { // it does not take such content: that is what was asked
      return "";
    }
  }

  /** Whether conversations can be written. */
  boolean talks() {
    return chat != null;
  }

  /**
   * Writes a prompt.
   *
   * @throws JishiException.BadRequest where it is empty, or the model cannot take it
   */
  Written write(Prompt prompt) {
    Written written =
        switch (prompt) {
          case Prompt.Text t ->
              words(tokenizer.frame(tokenizer.encode(t.text(), Tokenizer.Special.TEXT)));
          case Prompt.Chat c -> chat(c);
          case Prompt.Tokens t -> new Written(t.tokens().clone(), looks("prompt", t.images()));
        };
    if (written.tokens().length == 0) {
      throw new JishiException.BadRequest(
          "prompt", "the prompt is empty, and this model has no token that begins a text");
    }
    check(written.tokens());
    return written;
  }

  private static Written words(int[] tokens) {
    return new Written(tokens, List.of());
  }

  private List<Sight.Look> looks(String field, List<Image> images) {
    if (images.isEmpty()) {
      return List.of();
    }
    if (sight == null) {
      throw new JishiException.BadRequest(
          field,
          model.name()
              + " does not see: it has no vision tower; leave out the images, or open the model"
              + " with the tower's file (--mmproj)");
    }
    return sight.look(images);
  }

  private Written chat(Prompt.Chat prompt) {
    if (chat == null) {
      throw new JishiException.BadRequest(
          "messages", model.name() + " has no chat template; give it a bare text to continue");
    }
    Map<String, Object> variables = new HashMap<>(prompt.variables());
    if (!prompt.tools().isEmpty()) {
      variables.put("tools", TemplateValues.tools(prompt.tools()));
    }
    List<Image> images = new ArrayList<>();
    prompt.messages().forEach(message -> images.addAll(message.images()));
    List<Sight.Look> looks = looks("messages", images);
    if (!images.isEmpty() && !takesImages) {
      throw new JishiException.BadRequest(
          "messages", "the chat template of " + model.name() + " has no place for images");
    }
    boolean pieces = !images.isEmpty() || !takesTexts;
    int[] tokens = chat.encode(TemplateValues.messages(prompt.messages(), pieces), true, variables);
    return sight == null ? words(tokens) : new Written(sight.expand(tokens, looks), looks);
  }

  /** Refuses what is no token of the model. */
  void check(int[] tokens) {
    int vocabulary = model.decoder().spec().vocabulary();
    for (int token : tokens) {
      if (token < 0 || token >= vocabulary) {
        throw new JishiException.BadRequest(
            "tokens", "token " + token + " is outside of the vocabulary of " + vocabulary);
      }
    }
  }
}
