// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.base.JishiException;
import io.jishi.model.Decoder;
import io.jishi.model.Model;
import io.jishi.text.Tokenizer;
import io.jishi.train.loss.PooledLoss;
import java.util.stream.Stream;

/** Which objective a recipe asks for, and whether a model can have it. */
final class Objectives {
  private Objectives() {}

  /** Refuses what a model cannot aim at: an encoder says no next token, others see no mask. */
  static void require(Recipe recipe, Decoder decoder) {
    Recipe.Objective objective = recipe.objective();
    boolean next = objective == Recipe.Objective.SFT || objective == Recipe.Objective.DPO;
    if (next && decoder.output() == null) {
      throw new JishiException.Unsupported(
          "finetune.objective: this model is an encoder, which says no next token; take masked,"
              + " classify or regress");
    }
    if (objective == Recipe.Objective.MASKED && !decoder.spec().bidirectional()) {
      throw new JishiException.Unsupported(
          "finetune.objective: masked is for encoders; this model sees no token behind a mask");
    }
  }

  /** The one that a recipe asks for. */
  static Objective of(Recipe recipe, Model model, RunData data, Plan plan) {
    long most = recipe.evaluation().tokens();
    int rows = Math.max(1, plan.micro());
    return switch (recipe.objective()) {
      case SFT -> new TokenObjective(data.heldOut(), plan.context(), rows, most);
      case DPO ->
          new PreferenceObjective(
              recipe.fineTune().orElseThrow().beta(),
              data.pairs(plan.context()),
              data.heldOutPairs(plan.context()),
              plan.micro() / 2,
              most / (2L * plan.context()));
      case MASKED ->
          new MaskedObjective(masking(recipe, model), data.heldOut(), plan.context(), rows, most);
      case CLASSIFY, REGRESS ->
          new PooledObjective(
              data.labels(),
              recipe.objective() == Recipe.Objective.REGRESS,
              pooling(recipe, model),
              data.heldOut(),
              plan.context(),
              rows,
              most);
    };
  }

  private static PooledLoss.Pooling pooling(Recipe recipe, Model model) {
    return switch (recipe.fineTune().orElseThrow().aim().pooling()) {
      case AUTO ->
          model.decoder().spec().bidirectional()
              ? PooledLoss.Pooling.FIRST
              : PooledLoss.Pooling.LAST;
      case FIRST -> PooledLoss.Pooling.FIRST;
      case LAST -> PooledLoss.Pooling.LAST;
      case MEAN -> PooledLoss.Pooling.MEAN;
    };
  }

  private static MaskedObjective.Masking masking(Recipe recipe, Model model) {
    Tokenizer tokenizer = model.tokenizer();
    int token =
        Stream.of("[MASK]", "<mask>")
            .flatMapToInt(piece -> tokenizer.token(piece).stream())
            .findFirst()
            .orElseThrow(
                () ->
                    new JishiException.Unsupported(
                        "finetune.objective: masked needs a vocabulary with a token [MASK] or"
                            + " <mask>, and the base's has neither"));
    double share = recipe.fineTune().orElseThrow().aim().masked();
    return new MaskedObjective.Masking(token, tokenizer.vocabSize(), share, recipe.seed());
  }
}
