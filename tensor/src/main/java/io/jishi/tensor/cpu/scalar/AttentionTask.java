// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.Attention;
import io.jishi.tensor.Batch;
import io.jishi.tensor.Scores;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StateSpec;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.cpu.AttentionRunner;
import io.jishi.tensor.cpu.Team;
import java.util.Arrays;

/**
 * Causal attention over paged keys and values. Keys are reduced in blocks of {@link
 * StateSpec#BLOCK} at absolute positions, merged in ascending order with a running maximum (Milakov
 * and Gimelshein 2018), so that neither the cut of a prompt nor the threads change a bit. A chunk
 * of work is a tile of one sequence's tokens and one key-value head.
 *
 * <p>Sums of probabilities are kept in {@link #LANES} parts, key j in part {@code j % LANES}, which
 * are added by halves at the end: the order that emitted kernels have too, to the bit.
 */
public final class AttentionTask implements AttentionRunner, Team.Task {
  private static final int BLOCK = StateSpec.BLOCK;

  /** Tokens that share one staging of keys and values. */
  private static final int QUERIES = 32;

  /** Parts of a sum of probabilities, a power of two that divides {@link #BLOCK}. */
  static final int LANES = 16;

  private final Scratch[] scratch;
  private final HeadRows heads = new HeadRows();
  private final CacheCells cells = new CacheCells();
  private float[] row = new float[0];
  private float[] queries = new float[0];
  private float[] sinks = new float[0];
  private Attention attention;
  private Batch batch;
  private int layer;
  private Tensor out;

  /** What one worker needs. */
  private static final class Scratch {
    float[][] keys = new float[0][];
    float[][] values = new float[0][];
    final CacheCells cells = new CacheCells();
    final float[] scores = new float[BLOCK];
    float[][] acc = new float[0][];
    float[] max = new float[0];
    float[][] sums = new float[0][];

    void resize(int headDim, int group) {
      int states = QUERIES * group;
      if (keys.length != headDim || acc.length < states) {
        keys = new float[headDim][BLOCK];
        values = new float[BLOCK][headDim];
        acc = new float[states][headDim];
        max = new float[states];
        sums = new float[states][LANES];
      }
    }
  }

  /** Attention for teams of up to {@code workers} threads. */
  public AttentionTask(int workers) {
    scratch = new Scratch[workers];
    for (int w = 0; w < workers; w++) {
      scratch[w] = new Scratch();
    }
  }

  @Override
  public void begin() {
    heads.begin();
  }

  @Override
  public void run(
      Team team,
      int width,
      Tensor qkv,
      Attention spec,
      int layerIndex,
      Batch tokens,
      Tensor result) {
    attention = spec;
    batch = tokens;
    layer = layerIndex;
    out = result;
    append(qkv);
    int tiles = 0;
    for (int span = 0; span < batch.spans(); span++) {
      tiles += tiles(span);
    }
    team.run(tiles * spec.kvHeads(), width, this);
  }

  private int tiles(int span) {
    return (batch.spanEnd(span) - batch.spanStart(span) + QUERIES - 1) / QUERIES;
  }

  private void append(Tensor qkv) {
    int width = attention.inputWidth();
    int queryWidth = attention.outputWidth();
    if (row.length < width) {
      row = new float[width];
    }
    if (queries.length < batch.size() * queryWidth) {
      queries = new float[batch.size() * queryWidth];
    }
    heads.prepare(attention, batch);
    if (attention.scores().sinks() != null) {
      if (sinks.length < attention.heads()) {
        sinks = new float[attention.heads()];
      }
      attention.scores().sinks().vector(sinks);
    }
    for (int span = 0; span < batch.spans(); span++) {
      SequenceState state = batch.state(span);
      for (int t = batch.spanStart(span); t < batch.spanEnd(span); t++) {
        heads.read(qkv, t, row);
        System.arraycopy(row, 0, queries, t * queryWidth, queryWidth);
        int keys = attention.kvHeads() * attention.headDim();
        cells.writeKeys(state, layer, batch.position(t), row, queryWidth);
        cells.writeValues(
            state, layer, batch.position(t), attention.headDim(), row, queryWidth + keys);
      }
    }
  }

  @Override
  public void run(int chunk, int worker) {
    int head = chunk % attention.kvHeads();
    int tile = chunk / attention.kvHeads();
    int span = 0;
    while (tile >= tiles(span)) {
      tile -= tiles(span++);
    }
    int first = batch.spanStart(span) + tile * QUERIES;
    int end = Math.min(first + QUERIES, batch.spanEnd(span));
    Scratch s = scratch[worker];
    int group = attention.heads() / attention.kvHeads();
    s.resize(attention.headDim(), group);
    int states = (end - first) * group;
    for (int i = 0; i < states; i++) {
      Arrays.fill(s.acc[i], 0);
      Arrays.fill(s.sums[i], 0);
      s.max[i] = -Float.MAX_VALUE; // finite, so that less it is never a NaN
    }
    int last = batch.position(end - 1);
    for (int block = firstKey(first) / BLOCK; block <= last / BLOCK; block++) {
      stage(s, batch.state(span), block, head, Math.min(BLOCK, last + 1 - block * BLOCK));
      for (int t = first; t < end; t++) {
        int from = Math.max(0, firstKey(t) - block * BLOCK);
        int count = Math.min(BLOCK, batch.position(t) + 1 - block * BLOCK);
        for (int h = 0; from < count && h < group; h++) {
          merge(s, (t - first) * group + h, t, head * group + h, block, from, count);
        }
      }
    }
    store(s, first, end, head, group);
  }

  /** The first key that a token sees. */
  private int firstKey(int t) {
    int window = attention.scores().window();
    return window == 0 ? 0 : Math.max(0, batch.position(t) - window + 1);
  }

  /** Keys {@code [headDim, BLOCK]} and the first {@code count} values of one head as floats. */
  private void stage(Scratch s, SequenceState state, int block, int head, int count) {
    int dim = attention.headDim();
    s.cells.readKeys(state, layer, block, head * dim, s.keys, dim);
    s.cells.readValues(state, layer, block, head, s.values, count);
  }

  /** Takes keys {@code from … count} of the staged block into one query's running softmax. */
  private void merge(Scratch s, int index, int t, int head, int block, int from, int count) {
    int dim = attention.headDim();
    int at = t * attention.outputWidth() + head * dim;
    float[] scores = s.scores;
    Arrays.fill(scores, 0);
    for (int i = 0; i < dim; i++) {
      addScaled(s.keys[i], queries[at + i], scores);
    }
    float blockMax = Float.NEGATIVE_INFINITY;
    for (int j = from; j < count; j++) {
      scores[j] = score(scores[j], head, block * BLOCK + j - batch.position(t));
      blockMax = Math.max(blockMax, scores[j]);
    }
    float max = Math.max(s.max[index], blockMax);
    float[] acc = s.acc[index];
    float rescale = Maths.exp(s.max[index] - max);
    for (int i = 0; i < dim; i++) {
      acc[i] *= rescale;
    }
    float[] sums = s.sums[index];
    for (int l = 0; l < LANES; l++) {
      sums[l] *= rescale;
    }
    for (int j = from; j < count; j++) {
      float p = Maths.exp(scores[j] - max);
      sums[j % LANES] += p;
      addScaled(s.values[j], p, acc);
    }
    s.max[index] = max;
  }

  /** What becomes of a product of query and key, {@code distance} (not above 0) apart. */
  private float score(float product, int head, int distance) {
    Scores scores = attention.scores();
    float score = product * attention.scale();
    if (scores.softCap() != 0) {
      score = scores.softCap() * Maths.tanh(score / scores.softCap());
    }
    if (scores.slopes() != null) {
      score = Math.fma(scores.slopes()[head], distance, score);
    }
    return score;
  }

  /** The weight of a score, a sink for example, where the largest one is {@code max}. */
  public static float weight(float score, float max) {
    return Maths.exp(score - max);
  }

  private static void addScaled(float[] in, float factor, float[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = Math.fma(in[i], factor, out[i]);
    }
  }

  private void store(Scratch s, int first, int end, int head, int group) {
    int dim = attention.headDim();
    for (int t = first; t < end; t++) {
      for (int h = 0; h < group; h++) {
        int index = (t - first) * group + h;
        float[] acc = s.acc[index];
        float sum = total(s.sums[index]);
        if (attention.scores().sinks() != null) {
          sum += weight(sinks[head * group + h], s.max[index]);
        }
        for (int i = 0; i < dim; i++) {
          acc[i] /= sum;
        }
        out.write(t, (head * group + h) * dim, acc, 0, dim);
      }
    }
  }

  /** Adds the upper half to the lower one until one is left. */
  static float total(float[] sums) {
    for (int half = LANES / 2; half > 0; half /= 2) {
      for (int l = 0; l < half; l++) {
        sums[l] += sums[l + half];
      }
    }
    return sums[0];
  }
}
