// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import io.jishi.engine.speculate.ModelDrafter;
import io.jishi.model.DecoderSpec;
import io.jishi.model.MemoryBudget;
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
 * @param weights bytes that are held, or read from the mapped file
 * @param workspace bytes of results on the way through the layers
 * @param perToken bytes of the cache for one token
 * @param fixed bytes of the cache of one sequence whatever its length
 * @param free bytes that cache and workspace may take
 */
record MemoryPlan(long weights, long workspace, long perToken, long fixed, long free) {
  private static final double GIGABYTE = 1e9;

  /** Of the memory that is free; the rest is for the heap and for what others need. */
  private static final double SHARE = 0.9;

  /** Of the memory that is free, unasked: prefixes are kept in what nobody needs. */
  private static final double CACHE_SHARE = 0.5;

  /** The plan for a model of which only the headers were read. */
  static MemoryPlan of(ModelOutline outline, EngineOptions options, int context) {
    long limit = options.capacity().memory();
    long left = (limit == 0 ? MemoryBudget.available() : limit) - outline.weights();
    return of(
        outline.spec(),
        outline.stateSpec(options.cacheType()),
        outline.weights(),
        limit == 0 ? (long) (SHARE * left) : left,
        options,
        context);
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
    long limit = options.capacity().memory();
    return of(
        model.decoder().spec(),
        model.decoder().stateSpec(options.cacheType()),
        weights,
        limit == 0 ? (long) (SHARE * MemoryBudget.available()) : limit - weights,
        options,
        context);
  }

  private static MemoryPlan of(
      DecoderSpec spec,
      StateSpec states,
      long weights,
      long free,
      EngineOptions options,
      int context) {
    return new MemoryPlan(
        weights,
        Inspector.workspace(spec, context, options),
        Math.max(1, states.tokenBytes()),
        states.recurrentBytes(),
        free);
  }

  /** Whether so many bytes have place beside the workspace and a cache of that many tokens. */
  boolean hasPlaceFor(long bytes, EngineOptions options, long tokens) {
    return bytes <= free - workspace - cache(options.capacity(), tokens + StateSpec.BLOCK);
  }

  /** The same beside a draft model, whose cache grows with the cache. */
  MemoryPlan beside(ModelDrafter draft, EngineOptions options) {
    long limited = options.capacity().memory() == 0 ? 0 : draft.weightBytes();
    return new MemoryPlan(
        weights + draft.weightBytes(),
        workspace,
        perToken + draft.tokenBytes(),
        fixed,
        free - limited);
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
    if (needed > free - workspace) {
      throw refusal(options, asked, needed);
    }
    if (capacity.cacheTokens() > 0) {
      return asked;
    }
    double share = capacity.memory() > 0 ? 1 : CACHE_SHARE / SHARE;
    long spare = (long) (share * (free - workspace)) - cache(capacity, StateSpec.BLOCK);
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
    long fits = (free - workspace - cache(capacity, 2 * StateSpec.BLOCK)) / perToken;
    long context = Math.max(0, fits / StateSpec.BLOCK * StateSpec.BLOCK);
    return new JishiException.OutOfResources(
        String.format(
            Locale.ROOT,
            "not enough memory: a cache of %d tokens takes %.3f GB and the workspace %.3f GB,"
                + " beside weights of %.3f GB, but only %.3f GB are %s; %s",
            tokens,
            needed / GIGABYTE,
            workspace / GIGABYTE,
            weights / GIGABYTE,
            Math.max(0, free) / GIGABYTE,
            capacity.memory() > 0 ? "left of the limit" : "free",
            (context > 0 ? "a context of " + context + " tokens fits; else " : "")
                + "take a smaller quantisation or model, "
                + (options.cacheType() == DType.Q8_0 ? "" : "a cache of bytes (q8), ")
                + "or fewer sequences"),
        null);
  }
}
