// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.Batch;
import io.jishi.tensor.LatentAttention;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StateSpec;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.cpu.LatentRunner;
import io.jishi.tensor.cpu.Team;
import java.util.Arrays;

/**
 * Latent attention over paged rows, reduced block by block as {@link AttentionTask} does. A chunk
 * of work is one token and a few heads, which share one staging of the rows.
 */
public final class LatentTask implements LatentRunner, Team.Task {
  private static final int BLOCK = StateSpec.BLOCK;

  /** Heads that share one staging. */
  private static final int HEADS = 16;

  /** Parts of a sum of probabilities, as in {@link AttentionTask}. */
  private static final int LANES = AttentionTask.LANES;

  private final CacheCells cells = new CacheCells();
  private final LatentRows ready = new LatentRows();
  private final Scratch[] scratch;
  private float[] row = new float[0];
  private float[] queries = new float[0];
  private LatentAttention spec;
  private Batch batch;
  private int layer;
  private Tensor out;

  /** What one worker needs. */
  private static final class Scratch {
    /** Rows of a block, {@code [rowWidth, BLOCK]}. */
    float[][] keys = new float[0][];

    /** Their latent part, {@code [BLOCK, rank]}. */
    float[][] values = new float[0][];

    float[][] acc = new float[0][];
    final float[] scores = new float[BLOCK];
    final float[] max = new float[HEADS];
    final float[][] sums = new float[HEADS][LANES];
    final CacheCells cells = new CacheCells();

    void resize(LatentAttention spec) {
      if (keys.length != spec.rowWidth() || values[0].length != spec.rank()) {
        keys = new float[spec.rowWidth()][BLOCK];
        values = new float[BLOCK][spec.rank()];
        acc = new float[HEADS][spec.rank()];
      }
    }
  }

  /** Latent attention for teams of up to {@code workers} threads. */
  public LatentTask(int workers) {
    scratch = new Scratch[workers];
    Arrays.setAll(scratch, i -> new Scratch());
  }

  @Override
  public void begin() {
    ready.begin();
  }

  @Override
  public void run(
      Team team,
      int width,
      Tensor query,
      Tensor rows,
      LatentAttention what,
      int index,
      Batch tokens,
      Tensor result) {
    spec = what;
    batch = tokens;
    layer = index;
    out = result;
    ready.prepare(spec, batch);
    loadQueries(query);
    append(rows);
    team.run(batch.size() * headGroups(), width, this);
  }

  private int headGroups() {
    return Math.ceilDiv(spec.heads(), HEADS);
  }

  private void loadQueries(Tensor query) {
    int width = spec.queryWidth();
    if (queries.length < batch.size() * width) {
      queries = new float[batch.size() * width];
    }
    for (int t = 0; t < batch.size(); t++) {
      ready.queries(query, t, queries, t * width);
    }
  }

  private void append(Tensor rows) {
    int width = spec.rowWidth();
    if (row.length < width) {
      row = new float[width];
    }
    for (int span = 0; span < batch.spans(); span++) {
      SequenceState state = batch.state(span);
      for (int t = batch.spanStart(span); t < batch.spanEnd(span); t++) {
        ready.row(rows, t, row);
        cells.writeKeys(state, layer, batch.position(t), row, 0);
      }
    }
  }

  @Override
  public void run(int chunk, int worker) {
    int t = chunk / headGroups();
    int first = chunk % headGroups() * HEADS;
    int heads = Math.min(HEADS, spec.heads() - first);
    int span = 0;
    while (t >= batch.spanEnd(span)) {
      span++;
    }
    Scratch s = scratch[worker];
    s.resize(spec);
    Arrays.fill(s.max, -Float.MAX_VALUE); // finite, so that less it is never a NaN
    for (int h = 0; h < heads; h++) {
      Arrays.fill(s.acc[h], 0);
      Arrays.fill(s.sums[h], 0);
    }
    int position = batch.position(t);
    for (int block = 0; block <= position / BLOCK; block++) {
      int count = Math.min(BLOCK, position + 1 - block * BLOCK);
      stage(s, batch.state(span), block, count);
      for (int h = 0; h < heads; h++) {
        merge(s, h, (t * spec.heads() + first + h) * spec.rowWidth(), count);
      }
    }
    for (int h = 0; h < heads; h++) {
      float sum = AttentionTask.total(s.sums[h]);
      for (int i = 0; i < spec.rank(); i++) {
        s.acc[h][i] /= sum;
      }
      out.write(t, (first + h) * spec.rank(), s.acc[h], 0, spec.rank());
    }
  }

  private void stage(Scratch s, SequenceState state, int block, int count) {
    s.cells.readKeys(state, layer, block, 0, s.keys, spec.rowWidth());
    for (int i = 0; i < spec.rank(); i++) {
      for (int j = 0; j < count; j++) {
        s.values[j][i] = s.keys[i][j];
      }
    }
  }

  /** Takes the first {@code count} rows of the staged block into one head's running softmax. */
  private void merge(Scratch s, int head, int query, int count) {
    float[] scores = s.scores;
    Arrays.fill(scores, 0);
    for (int i = 0; i < spec.rowWidth(); i++) {
      addScaled(s.keys[i], queries[query + i], scores, count);
    }
    float max = s.max[head];
    for (int j = 0; j < count; j++) {
      scores[j] *= spec.scale();
      max = Math.max(max, scores[j]);
    }
    float rescale = Maths.exp(s.max[head] - max);
    float[] acc = s.acc[head];
    for (int i = 0; i < acc.length; i++) {
      acc[i] *= rescale;
    }
    float[] sums = s.sums[head];
    for (int l = 0; l < LANES; l++) {
      sums[l] *= rescale;
    }
    for (int j = 0; j < count; j++) {
      float p = Maths.exp(scores[j] - max);
      sums[j % LANES] += p;
      addScaled(s.values[j], p, acc, acc.length);
    }
    s.max[head] = max;
  }

  private static void addScaled(float[] in, float factor, float[] out, int n) {
    for (int i = 0; i < n; i++) {
      out[i] = Math.fma(in[i], factor, out[i]);
    }
  }
}
