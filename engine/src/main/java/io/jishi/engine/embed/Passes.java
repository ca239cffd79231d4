// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.embed;

import io.jishi.model.Decoder;
import io.jishi.model.LayerObserver;
import io.jishi.model.Pooling;
import io.jishi.model.Summary;
import io.jishi.tensor.Batch;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StatePool;
import io.jishi.tensor.StateSpec;
import io.jishi.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Runs sequences through a model, several in one pass: those of like length together, the longest
 * first. What comes out for a sequence does not depend on the others. For one thread.
 */
final class Passes implements AutoCloseable {
  /** Places of tokens in one pass, unless one sequence alone takes more. */
  static final int PLACES = 2048;

  private final Decoder decoder;
  private final Ops ops;
  private final Precision precision;
  private final boolean whole;
  private final StatePool pool;
  private final Batch batch = new Batch();
  private final Batch types = new Batch();

  /** What happens to the rows of a sequence's tokens. */
  @FunctionalInterface
  private interface Reader {
    void read(Tensor hidden, int row, int count, int sequence);
  }

  Passes(Decoder decoder, Ops ops, EmbedderOptions options, int context) {
    this.decoder = decoder;
    this.ops = ops;
    this.precision = options.precision();
    this.whole = decoder.spec().bidirectional();
    this.pool = new StatePool(decoder.stateSpec(options.cacheType()), held(context));
  }

  /** Tokens of the texts of one pass, where texts are that long. */
  static long held(int context) {
    return Math.max(PLACES, (long) context);
  }

  /** A pooled hidden state for each sequence. */
  float[][] pooled(List<Sequence> sequences, Pooling pooling) {
    int width = decoder.spec().width();
    double[][] sums = new double[sequences.size()][width];
    float[] row = new float[width];
    Reader reader =
        (hidden, from, count, s) -> {
          int first = pooling == Pooling.LAST ? count - 1 : 0;
          int end = pooling == Pooling.CLS ? 1 : count;
          for (int t = first; t < end; t++) {
            hidden.read(from + t, 0, row, 0, width);
            for (int i = 0; i < width; i++) {
              sums[s][i] += row[i];
            }
          }
        };
    boolean lastAlone = pooling == Pooling.LAST;
    for (List<Integer> group : groups(sequences)) {
      run(sequences, group, lastAlone, reader);
    }
    float[][] vectors = new float[sums.length][width];
    for (int s = 0; s < sums.length; s++) {
      int count = pooling == Pooling.MEAN ? sequences.get(s).tokens().length : 1;
      for (int i = 0; i < width; i++) {
        vectors[s][i] = (float) (sums[s][i] / count);
      }
    }
    return vectors;
  }

  /** What the model makes of each sequence as a whole: the logits of its labels. */
  float[][] summaries(List<Sequence> sequences) {
    Summary summary = decoder.summary();
    float[][] pooled = pooled(sequences, summary.pooling());
    float[][] made = new float[pooled.length][];
    int width = decoder.spec().width();
    try (Arena arena = Arena.ofConfined()) {
      Tensor one = new Tensor(arena.allocate(Tensor.bytes(1, width), 64), 1, width);
      for (int s = 0; s < made.length; s++) {
        one.write(0, 0, pooled[s], 0, width);
        batch.clear();
        batch.addSpan(new int[1], 0, 1, 1);
        ops.begin(batch);
        made[s] = summary.apply(ops, one, precision).row(0);
      }
    }
    return made;
  }

  /** The logits of two tokens behind each sequence. */
  float[][] logits(List<Sequence> sequences, int first, int second) {
    float[][] pairs = new float[sequences.size()][];
    for (List<Integer> group : groups(sequences)) {
      for (int s : group) { // a vocabulary's logits are many: one sequence at a time
        pairs[s] = logits(sequences.get(s).tokens(), first, second);
      }
    }
    return pairs;
  }

  private float[] logits(int[] tokens, int first, int second) {
    float[] pair = new float[2];
    try (SequenceState state = pool.newState()) {
      for (int from = 0; from < tokens.length; from += PLACES) {
        int count = Math.min(PLACES, tokens.length - from);
        boolean last = from + count == tokens.length;
        batch.clear();
        batch.add(state, tokens, from, count, last ? 1 : 0);
        Tensor logits = decoder.forward(ops, batch, precision);
        if (last) {
          logits.read(0, first, pair, 0, 1);
          logits.read(0, second, pair, 1, 1);
        }
      }
    }
    return pair;
  }

  /** Sequences that share a pass, the longest first. */
  private static List<List<Integer>> groups(List<Sequence> sequences) {
    List<Integer> order =
        IntStream.range(0, sequences.size())
            .boxed()
            .sorted(Comparator.comparingInt(s -> -sequences.get(s).tokens().length))
            .toList();
    List<List<Integer>> groups = new ArrayList<>();
    long places = PLACES;
    for (int s : order) {
      // States are made of whole blocks.
      long blocks = Math.ceilDiv(sequences.get(s).tokens().length, StateSpec.BLOCK);
      long needed = blocks * StateSpec.BLOCK;
      if (places + needed > PLACES) {
        groups.add(new ArrayList<>());
        places = 0;
      }
      groups.getLast().add(s);
      places += needed;
    }
    return groups;
  }

  private void run(
      List<Sequence> sequences, List<Integer> group, boolean lastAlone, Reader reader) {
    Sequence first = sequences.get(group.getFirst());
    if (!whole && first.tokens().length > PLACES) {
      inParts(first.tokens(), group.getFirst(), lastAlone, reader);
      return;
    }
    List<SequenceState> states = new ArrayList<>();
    try {
      batch.clear();
      types.clear();
      boolean typed = group.stream().anyMatch(s -> sequences.get(s).types() != null);
      for (int s : group) {
        int[] tokens = sequences.get(s).tokens();
        int asked = lastAlone ? 1 : tokens.length;
        if (whole) {
          batch.addSpan(tokens, 0, tokens.length, asked);
        } else {
          states.add(pool.newState());
          batch.add(states.getLast(), tokens, 0, tokens.length, asked);
        }
        int[] kinds = sequences.get(s).types();
        types.addSpan(kinds == null ? new int[tokens.length] : kinds, 0, tokens.length, 0);
      }
      Tensor hidden =
          decoder.hidden(ops, batch, typed ? types : null, precision, LayerObserver.NONE);
      int row = 0;
      for (int s : group) {
        int count = lastAlone ? 1 : sequences.get(s).tokens().length;
        reader.read(hidden, row, count, s);
        row += count;
      }
    } finally {
      states.forEach(SequenceState::close);
    }
  }

  /** A sequence that is longer than a pass; only models that look back alone take it so. */
  private void inParts(int[] tokens, int sequence, boolean lastAlone, Reader reader) {
    try (SequenceState state = pool.newState()) {
      for (int from = 0; from < tokens.length; from += PLACES) {
        int count = Math.min(PLACES, tokens.length - from);
        boolean last = from + count == tokens.length;
        int asked = !lastAlone ? count : last ? 1 : 0;
        batch.clear();
        batch.add(state, tokens, from, count, asked);
        Tensor hidden = decoder.hidden(ops, batch, precision, LayerObserver.NONE);
        if (asked > 0) {
          reader.read(hidden, 0, asked, sequence);
        }
      }
    }
  }

  /** The first so many values, of length 1 if asked. */
  static float[] shaped(float[] vector, int dimensions, boolean unit) {
    float[] cut = Arrays.copyOf(vector, dimensions);
    if (!unit) {
      return cut;
    }
    double sum = 0;
    for (float v : cut) {
      sum += (double) v * v;
    }
    double length = Math.max(Math.sqrt(sum), 1e-12); // what the references divide by at least
    for (int i = 0; i < cut.length; i++) {
      cut[i] = (float) (cut[i] / length);
    }
    return cut;
  }

  @Override
  public void close() {
    ops.close();
    pool.close();
  }
}
