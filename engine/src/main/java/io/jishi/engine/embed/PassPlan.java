// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.embed;

import io.jishi.base.JishiException;
import io.jishi.engine.memory.Room;
import io.jishi.engine.memory.Workspace;
import io.jishi.model.ModelOutline;
import io.jishi.tensor.StateSpec;
import java.util.Locale;

/**
 * What an embedder or a reranker takes at most, by the headers of its model, so that what does not
 * fit is refused with numbers before it is loaded.
 *
 * @param name the model's
 * @param weights bytes
 * @param context the most tokens of a text
 * @param cache bytes of the cache of one pass
 * @param perToken bytes of that for one token
 * @param workspace bytes of results on the way through the layers
 * @param workspacePerToken bytes of that for one token, where a text takes one pass however long it
 *     is; else 0
 * @param room beside the weights
 */
record PassPlan(
    String name,
    long weights,
    int context,
    long cache,
    long perToken,
    long workspace,
    long workspacePerToken,
    Room room) {
  private static final double GIGABYTE = 1e9;

  static PassPlan of(ModelOutline outline, EmbedderOptions options, int context) {
    StateSpec states = outline.stateSpec(options.cacheType());
    boolean whole = outline.spec().bidirectional();
    long tokens = whole ? Passes.held(context) : Passes.PLACES;
    long outputs = outline.spec().head() == null ? 0 : 1; // a reranker's yes and no
    return new PassPlan(
        outline.name(),
        outline.weights(),
        context,
        Passes.held(context) * states.tokenBytes() + states.recurrentBytes(),
        states.tokenBytes(),
        Workspace.bytes(outline.spec(), tokens, outputs),
        whole ? Workspace.bytes(outline.spec(), 1, 0) : 0,
        Room.beforeLoading(outline.weights(), options.memory()));
  }

  /** All that is taken. */
  long bytes() {
    return weights + cache + workspace;
  }

  /**
   * Refuses what does not fit.
   *
   * @throws JishiException.OutOfResources with numbers and what to do
   */
  void check() {
    if (cache + workspace <= room.bytes()) {
      return;
    }
    long over = cache + workspace - room.bytes();
    long each = perToken + workspacePerToken;
    long fits = each == 0 ? 0 : Passes.held(context) - Math.ceilDiv(over, each);
    String remedy =
        fits < Passes.PLACES ? "" : "texts of at most " + fits + " tokens (context) fit; else ";
    throw new JishiException.OutOfResources(
        String.format(
            Locale.ROOT,
            "not enough memory for %s: texts of up to %d tokens take %.3f GB of cache and %.3f GB"
                + " of workspace, beside weights of %.3f GB, but only %.3f GB are %s; %stake a"
                + " smaller quantisation or model",
            name,
            context,
            cache / GIGABYTE,
            workspace / GIGABYTE,
            weights / GIGABYTE,
            Math.max(0, room.bytes()) / GIGABYTE,
            room.whose(),
            remedy),
        null);
  }
}
