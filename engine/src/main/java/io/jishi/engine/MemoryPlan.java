// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import io.jishi.engine.memory.Room;
import io.jishi.engine.memory.Workspace;
import io.jishi.engine.speculate.ModelDrafter;
import io.jishi.model.Model;
import io.jishi.model.ModelOutline;
import io.jishi.model.StoredTensor;
import io.jishi.tensor.DType;
import io.jishi.tensor.StateSpec;
import java.util.Locale;

/**
 * What an engine will take at most, and whether that is there: asked when only the headers of a
 * model's files were read, so that what does not fit is refused with numbers and no process is
 * killed later; and again when it is loaded, before any of the cache is made.
 *
 * @param weights bytes that are held, or read from the mapped file; those of an adapter too
 * @param draft bytes of the draft model's weights, 0 without one
 * @param workspace bytes of results on the way through the layers, of all models
 * @param perToken bytes of the cache for one token
 * @param fixed bytes of the cache of one sequence whatever its length
 * @param room that cache and workspace may take
 */
record MemoryPlan(long weights, long draft, long workspace, long perToken, long fixed, Room room) {
  private static final double GIGABYTE = 1e9;

  /** Of the memory that is free, unasked: prefixes are kept in what nobody needs. */
  private static final double CACHE_SHARE = 0.5;

  /** The plan for a model of which only the headers were read. */
  static MemoryPlan of(ModelOutline outline, EngineOptions options, int context) {
    StateSpec states = outline.stateSpec(options.cacheType());
    return new MemoryPlan(
        outline.weights(),
        0,
        Inspector.workspace(outline.spec(), context, options)
            + Workspace.bytes(outline.tower(), outline.patches()),
        Math.max(1, states.tokenBytes()),
        states.recurrentBytes(),
        Room.beforeLoading(outline.weights(), options.capacity().memory()));
  }

  /**
   * The plan for a model that is loaded. Experts that stayed in the file take nothing that others
   * need.
   */
  static MemoryPlan of(Model model, EngineOptions options, int context) {
    long weights = 0;
    for (StoredTensor tensor : model.tensors().values()) {
      weights += tensor.expert() && !model.packedExperts() ? 0 : tensor.bytes();
    }
    StateSpec states = model.decoder().stateSpec(options.cacheType());
    return new MemoryPlan(
        weights,
        0,
        Inspector.workspace(model, options, context),
        Math.max(1, states.tokenBytes()),
        states.recurrentBytes(),
        Room.afterLoading(weights, options.capacity().memory()));
  }

  /** Whether so many bytes have place beside the workspace and a cache of that many tokens. */
  boolean hasPlaceFor(long bytes, EngineOptions options, long tokens) {
    return bytes <= room.bytes() - workspace - cache(options.capacity(), tokens + StateSpec.BLOCK);
  }

  /** The same with an adapter of so many bytes, which is not loaded yet. */
  MemoryPlan adapted(long adapter) {
    return new MemoryPlan(weights + adapter, draft, workspace, perToken, fixed, room.less(adapter));
  }

  /**
   * The same beside a draft model, whose cache grows with the cache.
   *
   * @param loaded whether its weights are in memory, so that what is free is free beside them
   */
  MemoryPlan beside(ModelDrafter.Needs needs, boolean loaded) {
    return new MemoryPlan(
        weights,
        needs.weights(),
        workspace + needs.workspace(),
        perToken + needs.perToken(),
        fixed,
        loaded && !room.limited() ? room : room.less(needs.weights()));
  }

  /**
   * Tokens that the cache may hold: what is asked for, else what full contexts of all sequences
   * take, as far as there is memory.
   *
   * @throws JishiException.OutOfResources where not even one full context fits, or less than asked
   */
  long cacheTokens(EngineOptions options, int context) {
    Capacity capacity = options.capacity();
    long asked = Math.max(context, capacity.cacheTokens());
    // A sequence may have to copy one block that it shares.
    long needed = cache(capacity, asked + StateSpec.BLOCK);
    if (needed > room.bytes() - workspace) {
      throw refusal(options, asked, needed);
    }
    if (capacity.cacheTokens() > 0) {
      return asked;
    }
    double share = room.limited() ? 1 : CACHE_SHARE / Room.SHARE;
    long spare = (long) (share * (room.bytes() - workspace)) - cache(capacity, StateSpec.BLOCK);
    long blocks = (context + StateSpec.BLOCK - 1L) / StateSpec.BLOCK;
    long most = capacity.sequences() * blocks * StateSpec.BLOCK;
    return Math.max(context, Math.min(most, spare / perToken / StateSpec.BLOCK * StateSpec.BLOCK));
  }

  private long cache(Capacity capacity, long tokens) {
    long blocks = (tokens + StateSpec.BLOCK - 1) / StateSpec.BLOCK;
    long states = Runner.snapshots(capacity) + capacity.sequences();
    return Math.addExact(
        Math.multiplyExact(blocks * StateSpec.BLOCK, perToken), Math.multiplyExact(states, fixed));
  }

  private JishiException.OutOfResources refusal(EngineOptions options, long tokens, long needed) {
    Capacity capacity = options.capacity();
    long fits = (room.bytes() - workspace - cache(capacity, 2 * StateSpec.BLOCK)) / perToken;
    long context = Math.max(0, fits / StateSpec.BLOCK * StateSpec.BLOCK);
    return new JishiException.OutOfResources(
        String.format(
            Locale.ROOT,
            "not enough memory: a cache of %d tokens takes %.3f GB and the workspace %.3f GB,"
                + " beside weights of %.3f GB%s, but only %.3f GB are %s; %s",
            tokens,
            needed / GIGABYTE,
            workspace / GIGABYTE,
            weights / GIGABYTE,
            draft == 0
                ? ""
                : String.format(Locale.ROOT, " and %.3f GB of the draft model", draft / GIGABYTE),
            Math.max(0, room.bytes()) / GIGABYTE,
            room.whose(),
            (context > 0 ? "a context of " + context + " tokens fits; else " : "")
                + "take a smaller quantisation or model, "
                + (draft == 0 ? "" : "no draft model, ")
                + (options.cacheType() == DType.Q8_0 ? "" : "a cache of bytes (q8), ")
                + "or fewer sequences"),
        null);
  }
}
