// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.Batch;
import io.jishi.tensor.BidirectionalAttention;
import io.jishi.tensor.StateSpec;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.cpu.BidirectionalRunner;
import io.jishi.tensor.cpu.Team;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Attention within the sequences of a batch. Keys are reduced in blocks at fixed positions of their
 * sequence, merged in ascending order with a running maximum (Milakov and Gimelshein 2018), so that
 * neither neighbours nor threads change a bit. A chunk of work is a tile of one sequence's tokens
 * and one key-value head. The order of sums is that of {@link AttentionTask}.
 */
public final class BidirectionalTask implements BidirectionalRunner, Team.Task {
  private static final int BLOCK = StateSpec.BLOCK;

  /** Tokens that share one staging of keys and values. */
  private static final int QUERIES = 64;

  private final Scratch[] scratch;
  private final RotaryTable rotary = new RotaryTable();
  private float[] row = new float[0];
  private Arena arena = Arena.ofShared();
  private Tensor turned;
  private BidirectionalAttention spec;
  private Batch batch;
  private Tensor qkv;
  private Tensor out;

  /** What one worker needs. */
  private static final class Scratch {
    float[][] keys = new float[0][];
    float[][] values = new float[0][];
    float[] line = new float[0];
    final float[] scores = new float[BLOCK];
    float[][] acc = new float[0][];
    float[] max = new float[0];
    float[][] sums = new float[0][];

    void resize(int headDim, int group) {
      int states = QUERIES * group;
      if (keys.length != headDim || acc.length < states) {
        keys = new float[headDim][BLOCK];
        values = new float[BLOCK][headDim];
        line = new float[headDim];
        acc = new float[states][headDim];
        max = new float[states];
        sums = new float[states][AttentionTask.LANES];
      }
    }
  }

  /** Attention for teams of up to {@code workers} threads. */
  public BidirectionalTask(int workers) {
    scratch = new Scratch[workers];
    for (int w = 0; w < workers; w++) {
      scratch[w] = new Scratch();
    }
  }

  @Override
  public void begin() {
    rotary.begin();
  }

  @Override
  public void run(
      Team team,
      int width,
      Tensor input,
      BidirectionalAttention attention,
      Batch tokens,
      Tensor result) {
    spec = attention;
    batch = tokens;
    out = result;
    qkv = attention.rope() == null ? input : turn(input);
    int tiles = 0;
    for (int span = 0; span < batch.spans(); span++) {
      tiles += tiles(span);
    }
    team.run(tiles * spec.kvHeads(), width, this);
  }

  /** Queries and keys after their rotation, and the values. */
  private Tensor turn(Tensor input) {
    if (turned == null || turned.rows() != input.rows() || turned.cols() != input.cols()) {
      rotary.begin(); // a tower may merge its tokens in the middle of a step
      arena.close();
      arena = Arena.ofShared();
      long bytes = Tensor.bytes(input.rows(), input.cols());
      turned = new Tensor(arena.allocate(bytes, 64), input.rows(), input.cols());
    }
    rotary.prepare(spec.rope(), batch);
    if (row.length < input.cols()) {
      row = new float[input.cols()];
    }
    for (int t = 0; t < input.rows(); t++) {
      input.read(t, 0, row, 0, input.cols());
      for (int h = 0; h < spec.heads() + spec.kvHeads(); h++) {
        rotary.turn(t, row, h * spec.headDim());
      }
      turned.write(t, 0, row, 0, input.cols());
    }
    return turned;
  }

  private int tiles(int span) {
    return (batch.spanEnd(span) - batch.spanStart(span) + QUERIES - 1) / QUERIES;
  }

  @Override
  public void run(int chunk, int worker) {
    int head = chunk % spec.kvHeads();
    int tile = chunk / spec.kvHeads();
    int span = 0;
    while (tile >= tiles(span)) {
      tile -= tiles(span++);
    }
    int start = batch.spanStart(span);
    int length = batch.spanEnd(span) - start;
    int first = tile * QUERIES;
    int end = Math.min(first + QUERIES, length);
    Scratch s = scratch[worker];
    int group = spec.heads() / spec.kvHeads();
    s.resize(spec.headDim(), group);
    for (int i = 0; i < (end - first) * group; i++) {
      Arrays.fill(s.acc[i], 0);
      Arrays.fill(s.sums[i], 0);
      s.max[i] = -Float.MAX_VALUE; // finite, so that less it is never a NaN
    }
    int lastKey = spec.reach() == 0 ? length - 1 : Math.min(length - 1, end - 1 + spec.reach());
    for (int block = firstKey(first) / BLOCK; block <= lastKey / BLOCK; block++) {
      int from = block * BLOCK;
      stage(s, start + from, head, Math.min(BLOCK, length - from));
      for (int t = first; t < end; t++) {
        int low = Math.max(0, firstKey(t) - from);
        int high = Math.min(BLOCK, endKey(t, length) - from);
        for (int h = 0; low < high && h < group; h++) {
          merge(s, (t - first) * group + h, start + t, head * group + h, low, high);
        }
      }
    }
    store(s, start + first, start + end, head, group);
  }

  private int firstKey(int t) {
    return spec.reach() == 0 ? 0 : Math.max(0, t - spec.reach());
  }

  private int endKey(int t, int length) {
    return spec.reach() == 0 ? length : Math.min(length, t + spec.reach() + 1);
  }

  /** Keys {@code [headDim, BLOCK]} and values {@code [BLOCK, headDim]} of one head. */
  private void stage(Scratch s, int token, int head, int count) {
    int dim = spec.headDim();
    int keys = (spec.heads() + head) * dim;
    int values = (spec.heads() + spec.kvHeads() + head) * dim;
    for (int j = 0; j < count; j++) {
      qkv.read(token + j, keys, s.line, 0, dim);
      for (int i = 0; i < dim; i++) {
        s.keys[i][j] = s.line[i];
      }
      qkv.read(token + j, values, s.values[j], 0, dim);
    }
  }

  /** Takes keys {@code from … to − 1} of the staged block into one query's running softmax. */
  private void merge(Scratch s, int index, int t, int head, int from, int to) {
    int dim = spec.headDim();
    long at = ((long) t * qkv.cols() + (long) head * dim) * Float.BYTES;
    MemorySegment.copy(qkv.data(), ValueLayout.JAVA_FLOAT, at, s.line, 0, dim);
    float[] scores = s.scores;
    Arrays.fill(scores, 0);
    for (int i = 0; i < dim; i++) {
      addScaled(s.keys[i], s.line[i], scores);
    }
    float max = s.max[index];
    for (int j = from; j < to; j++) {
      scores[j] *= spec.scale();
      max = Math.max(max, scores[j]);
    }
    float[] acc = s.acc[index];
    float rescale = Maths.exp(s.max[index] - max);
    for (int i = 0; i < dim; i++) {
      acc[i] *= rescale;
    }
    float[] sums = s.sums[index];
    for (int l = 0; l < sums.length; l++) {
      sums[l] *= rescale;
    }
    for (int j = from; j < to; j++) {
      float p = Maths.exp(scores[j] - max);
      sums[j % sums.length] += p;
      addScaled(s.values[j], p, acc);
    }
    s.max[index] = max;
  }

  private static void addScaled(float[] in, float factor, float[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = Math.fma(in[i], factor, out[i]);
    }
  }

  private void store(Scratch s, int first, int end, int head, int group) {
    int dim = spec.headDim();
    for (int t = first; t < end; t++) {
      for (int h = 0; h < group; h++) {
        int index = (t - first) * group + h;
        float[] acc = s.acc[index];
        float sum = AttentionTask.total(s.sums[index]);
        for (int i = 0; i < dim; i++) {
          acc[i] /= sum;
        }
        out.write(t, (head * group + h) * dim, acc, 0, dim);
      }
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
