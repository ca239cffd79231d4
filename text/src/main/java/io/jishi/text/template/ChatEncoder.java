// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import io.jishi.base.JishiException;
import io.jishi.text.Tokenizer;
import io.jishi.text.Tokenizer.Special;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Conversations to tokens. What a template writes may be control tokens; what a user, a tool or a
 * document says never is, although it passes through the template: each control token in it gets an
 * invisible mark (the noncharacter U+FDD0) inside, which keeps it from being read as one, and marks
 * are dropped again before the text is encoded.
 *
 * <p>Safe for use by several threads if the tokenizer is.
 */
public final class ChatEncoder {
  private static final String MARK = String.valueOf(Strings.MARK);

  private final Tokenizer tokenizer;
  private final ChatTemplate template;
  private final ControlTokens controls;

  /** An encoder for one model; reads through the vocabulary once. */
  public ChatEncoder(Tokenizer tokenizer, ChatTemplate template) {
    this.tokenizer = tokenizer;
    this.template = template;
    this.controls = new ControlTokens(tokenizer);
  }

  /**
   * The tokens of a conversation, framed as the model expects (see {@link Tokenizer#frame}): no
   * second begin token where the template has written one.
   *
   * @param messages maps with {@code role}, {@code content} and whatever else the template reads
   * @param addGenerationPrompt whether the assistant's turn is opened at the end
   * @param extraVariables {@code tools}, {@code documents}, {@code enable_thinking}, …; they come
   *     from outside as well, so control tokens in them are text
   * @throws JishiException.BadRequest where the template refuses or cannot handle the conversation
   * @throws JishiException.Unsupported where the template uses an unknown filter or test
   */
  public int[] encode(
      List<Map<String, Object>> messages,
      boolean addGenerationPrompt,
      Map<String, Object> extraVariables) {
    Map<String, Object> variables = new HashMap<>();
    // Transformers defines these two always; templates ask whether they are none.
    variables.put("tools", null);
    variables.put("documents", null);
    extraVariables.forEach((name, value) -> variables.put(name, marked(name, value)));
    variables.put("messages", marked("messages", messages));
    variables.put("add_generation_prompt", addGenerationPrompt);
    tokenizer.bos().ifPresent(id -> variables.put("bos_token", tokenizer.piece(id)));
    tokenizer.eos().ifPresent(id -> variables.put("eos_token", tokenizer.piece(id)));
    return tokenizer.frame(tokens(template.render(variables)));
  }

  private Object marked(String name, Object value) {
    try {
      return Values.copy(value, controls::marked, new Budget());
    } catch (Fault fault) {
      throw new JishiException.BadRequest(name, "'" + name + "': " + fault.getMessage());
    }
  }

  /**
   * The tokens of a rendered text. Without marks that is one call. Else the text is cut at control
   * tokens around each stretch that has marks: the stretch is encoded as text, the rest as ever,
   * since a tokenizer itself cuts at control tokens.
   */
  private int[] tokens(String text) {
    if (!text.contains(MARK)) {
      return tokenizer.encode(text, Special.PARSE);
    }
    IntStream.Builder tokens = IntStream.builder();
    int done = 0; // everything before is encoded
    int begin = 0; // of the stretch
    String before = ""; // the control token in front of the stretch
    int at = 0;
    while (at <= text.length()) {
      int length = at == text.length() ? 0 : controls.lengthAt(text, at);
      if (length == 0 && at < text.length()) {
        at++;
        continue;
      }
      String stretch = text.substring(begin, at);
      if (stretch.contains(MARK)) {
        addParsed(tokens, text.substring(done, begin));
        add(tokens, literal(before, stretch.replace(MARK, "")));
        done = at;
      }
      before = text.substring(at, at + length);
      at += Math.max(1, length);
      begin = at;
    }
    addParsed(tokens, text.substring(done));
    return tokens.build().toArray();
  }

  private void addParsed(IntStream.Builder tokens, String text) {
    if (!text.isEmpty()) {
      add(tokens, tokenizer.encode(text, Special.PARSE));
    }
  }

  private static void add(IntStream.Builder tokens, int[] more) {
    for (int token : more) {
      tokens.add(token);
    }
  }

  /** The tokens of text that follows a control token, or begins the whole ({@code before} ""). */
  private int[] literal(String before, String text) {
    if (text.isEmpty()) {
      return new int[0];
    }
    int[] alone = tokenizer.encode(text, Special.TEXT);
    if (before.isEmpty() || beginsAnewAfter(before)) {
      return alone;
    }
    // The tokenizer puts a blank in front of a text, but not behind a control token: encode behind
    // a newline, with which nothing merges, and take that off again.
    int[] newline = tokenizer.encode("\n", Special.TEXT);
    int[] joined = tokenizer.encode("\n" + text, Special.TEXT);
    boolean apart =
        joined.length > newline.length
            && Arrays.equals(joined, 0, newline.length, newline, 0, newline.length);
    return apart ? Arrays.copyOfRange(joined, newline.length, joined.length) : alone;
  }

  /** Whether text after this control token is encoded as at the very beginning. */
  private boolean beginsAnewAfter(String control) {
    int[] behind = tokenizer.encode(control + "a", Special.PARSE);
    int[] alone = tokenizer.encode("a", Special.TEXT);
    return behind.length == alone.length + 1
        && Arrays.equals(behind, 1, behind.length, alone, 0, alone.length);
  }
}
