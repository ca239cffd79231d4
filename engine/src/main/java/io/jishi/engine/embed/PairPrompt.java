// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.embed;

import io.jishi.base.JishiException;
import io.jishi.text.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/** How a query and a document become one sequence, and its result a logit. */
sealed interface PairPrompt {

  /** The sequence of a pair. */
  Sequence pair(RerankRequest request, String document);

  /** A logit for each sequence; on the model's thread. */
  double[] logits(List<Sequence> pairs);

  /** For a classifier over the first token of both texts. */
  static PairPrompt crossEncoder(LoadedModel loaded) {
    return new CrossEncoder(loaded, Sequence.Frame.of(loaded.tokenizer()));
  }

  /**
   * For a chat model that answers with yes or no.
   *
   * @throws JishiException.Unsupported where the vocabulary lacks what its prompt is made of
   */
  static PairPrompt yesOrNo(LoadedModel loaded) {
    return new YesOrNo(
        loaded,
        YesOrNo.token(loaded, "yes"),
        YesOrNo.token(loaded, "no"),
        YesOrNo.token(loaded, "<|im_start|>"));
  }

  /**
   * {@code [CLS] query [SEP] document [SEP]}, the document's tokens of type 1 where there are
   * types; RoBERTa's kin, which has one type alone, puts two separators between.
   */
  record CrossEncoder(LoadedModel loaded, Sequence.Frame frame) implements PairPrompt {
    @Override
    public Sequence pair(RerankRequest request, String document) {
      Tokenizer tokenizer = loaded.tokenizer();
      int kinds = loaded.model.decoder().spec().embedding().types();
      int[] query = tokenizer.encode(request.query(), Tokenizer.Special.TEXT);
      int[] between = kinds == 1 ? Sequence.join(frame.after(), frame.after()) : frame.after();
      int[] first = Sequence.join(frame.before(), query, between);
      int room = loaded.context - first.length - frame.after().length;
      int[] text =
          Sequence.fit(
              tokenizer.encode(document, Tokenizer.Special.TEXT),
              room,
              request.truncate(),
              "documents");
      int[] all = loaded.checked(Sequence.join(first, text, frame.after()), "documents");
      int[] types = null;
      if (kinds > 1) {
        types = new int[all.length];
        Arrays.fill(types, first.length, all.length, 1);
      }
      return new Sequence(all, types);
    }

    @Override
    public double[] logits(List<Sequence> pairs) {
      float[][] made = loaded.passes.summaries(pairs);
      double[] logits = new double[made.length];
      for (int i = 0; i < made.length; i++) {
        if (made[i].length != 1) {
          throw new JishiException.Unsupported(
              loaded.model.path()
                  + ": the classifier has "
                  + made[i].length
                  + " labels; a reranker has one");
        }
        logits[i] = made[i][0];
      }
      return logits;
    }
  }

  /** The prompt of Qwen3's rerankers (2025). What a caller writes never becomes a control token. */
  record YesOrNo(LoadedModel loaded, int yes, int no, int turn) implements PairPrompt {
    private static final String BEFORE =
        "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query"
            + " and the Instruct provided. Note that the answer can only be \"yes\" or"
            + " \"no\".<|im_end|>\n<|im_start|>user\n";
    private static final String AFTER =
        "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n";
    private static final String INSTRUCTION =
        "Given a web search query, retrieve relevant passages that answer the query";

    @Override
    public Sequence pair(RerankRequest request, String document) {
      Tokenizer tokenizer = loaded.tokenizer();
      String instruction = request.instruction() == null ? INSTRUCTION : request.instruction();
      int[] before = tokenizer.encode(BEFORE, Tokenizer.Special.PARSE);
      int[] after = tokenizer.encode(AFTER, Tokenizer.Special.PARSE);
      String text =
          "<Instruct>: "
              + instruction
              + "\n<Query>: "
              + request.query()
              + "\n<Document>: "
              + document;
      int[] middle =
          Sequence.fit(
              tokenizer.encode(text, Tokenizer.Special.TEXT),
              loaded.context - before.length - after.length,
              request.truncate(),
              "documents");
      return new Sequence(loaded.checked(Sequence.join(before, middle, after), "documents"), null);
    }

    @Override
    public double[] logits(List<Sequence> pairs) {
      float[][] made = loaded.passes.logits(pairs, yes, no);
      double[] logits = new double[made.length];
      for (int i = 0; i < made.length; i++) {
        logits[i] = (double) made[i][0] - made[i][1];
      }
      return logits;
    }

    private static int token(LoadedModel loaded, String piece) {
      OptionalInt id = loaded.tokenizer().token(piece);
      return id.orElseThrow(
          () ->
              new JishiException.Unsupported(
                  loaded.model.path()
                      + ": the vocabulary has no '"
                      + piece
                      + "', so the model cannot be asked whether a document fits"));
    }
  }
}
