// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.model.vision.Image;
import java.util.List;
import java.util.Map;

/** What a generation starts from. */
public sealed interface Prompt {

  /**
   * Bare text that is continued as it stands; control tokens written in it are plain text. An empty
   * text starts from the begin-of-sequence token.
   */
  record Text(String text) implements Prompt {}

  /**
   * A conversation, written out by the model's own chat template.
   *
   * @param variables further variables of the template, for example {@code enable_thinking}
   * @param tools what the model may ask to be called
   */
  record Chat(List<Message> messages, Map<String, Object> variables, List<Tool> tools)
      implements Prompt {
    /** Copies all. */
    public Chat {
      messages = List.copyOf(messages);
      variables = Map.copyOf(variables);
      tools = List.copyOf(tools);
    }

    /** A conversation without tools. */
    public Chat(List<Message> messages, Map<String, Object> variables) {
      this(messages, variables, List.of());
    }
  }

  /**
   * Token ids, fed exactly as they are.
   *
   * @param tokens with the model's image token for each vector of each image
   * @param images in the order in which they stand
   */
  record Tokens(int[] tokens, List<Image> images) implements Prompt {
    /** Copies the list. */
    public Tokens {
      images = List.copyOf(images);
    }

    /** Tokens without images. */
    public Tokens(int[] tokens) {
      this(tokens, List.of());
    }
  }
}
