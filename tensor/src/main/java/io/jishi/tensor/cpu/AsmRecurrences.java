// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Activation;
import io.jishi.tensor.Batch;
import io.jishi.tensor.Convolution;
import io.jishi.tensor.DeltaRule;
import io.jishi.tensor.StateSpace;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import io.jishi.tensor.WeightedMean;
import io.jishi.tensor.cpu.asm.Kernel;
import io.jishi.tensor.cpu.asm.Kernels;
import io.jishi.tensor.cpu.asm.RowMaps;
import io.jishi.tensor.cpu.asm.ScanCall;
import io.jishi.tensor.cpu.asm.ScanSet;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Recurrent operations by emitted kernels, to the bit what plain Java gives. A chunk of work is a
 * part of the channels, or a head, of one sequence through all of its tokens. Channels, or values
 * of heads, that are no multiple of 16 go to plain Java.
 */
final class AsmRecurrences implements RecurrentRunner {
  private static final int RUN = ScanCall.RUN;

  /** Channels of a chunk of a convolution or a mean. */
  private static final int CHUNK = 64 * RUN;

  /** Tokens of which one thread makes ready what goes value by value. */
  private static final int PREPARED = 8;

  private final RecurrentRunner scalar;
  private final RowMaps maps;
  private final ScanSet scans;
  private final Arena arena = Arena.ofShared();
  private final ScanWorker[] workers;
  private final PaddedCopies vectors = new PaddedCopies(arena);
  private final ArrangedCopies arranged = new ArrangedCopies(arena);
  private final ScanBuffer steps = new ScanBuffer();
  private final ScanBuffer units = new ScanBuffer();
  private final ScanBuffer rates = new ScanBuffer();
  private final Team.Task convolving = this::convolve;
  private final Team.Task averaging = this::average;
  private final Team.Task stepping = this::step;
  private final Team.Task scanning = this::scan;
  private final Team.Task preparing = this::prepare;
  private final Team.Task changing = this::change;
  private MemorySegment zeros = MemorySegment.NULL;

  private Tensor x;
  private Tensor y;
  private Tensor z;
  private Tensor out;
  private Batch batch;
  private int layer;
  private int parts;
  private Kernel kernel;
  private MemorySegment first;
  private MemorySegment second;
  private MemorySegment third;
  private StateSpace space;
  private DeltaRule rule;
  private int taps;

  AsmRecurrences(Kernels kernels, RecurrentRunner scalar, int threads) {
    this.scalar = scalar;
    this.maps = kernels.maps();
    this.scans = kernels.scans();
    workers = new ScanWorker[threads];
    Arrays.setAll(workers, i -> new ScanWorker(arena));
  }

  private void begin(Tensor in, Batch tokens, int slot, Tensor to) {
    x = in;
    out = to;
    batch = tokens;
    layer = slot;
  }

  @Override
  public void convolve(
      Team team, int width, Tensor in, Convolution spec, int slot, Batch tokens, Tensor to) {
    kernel = scans.convolution(spec.kernel());
    if (kernel == null || spec.channels() % RUN != 0) {
      scalar.convolve(team, width, in, spec, slot, tokens, to);
      return;
    }
    begin(in, tokens, slot, to);
    taps = spec.kernel();
    first = arranged.of(spec.weight(), spec.channels(), taps);
    second = vector(spec.bias(), spec.channels());
    parts = (spec.channels() + CHUNK - 1) / CHUNK;
    team.run(parts * tokens.spans(), width, convolving);
  }

  private void convolve(int chunk, int worker) {
    int span = chunk / parts;
    int channel = chunk % parts * CHUNK;
    int runs = Math.min(CHUNK, x.cols() - channel) / RUN;
    int from = batch.spanStart(span);
    int count = batch.spanEnd(span) - from;
    if (count > 0) {
      MemorySegment state = batch.state(span).recurrent(layer);
      workers[worker].scan.convolution(
          kernel,
          taps,
          x.data(),
          first,
          second,
          state,
          out.data(),
          x.cols(),
          channel,
          runs,
          from,
          count);
    }
  }

  @Override
  public void weightedMean(
      Team team,
      int width,
      Tensor keys,
      Tensor values,
      WeightedMean spec,
      int slot,
      Batch tokens,
      Tensor to) {
    if (keys.cols() % RUN != 0) {
      scalar.weightedMean(team, width, keys, values, spec, slot, tokens, to);
      return;
    }
    begin(keys, tokens, slot, to);
    y = values;
    kernel = scans.mean();
    first = vectors.of(spec.bonus());
    second = vectors.of(spec.decay());
    parts = (keys.cols() + CHUNK - 1) / CHUNK;
    team.run(parts * tokens.spans(), width, averaging);
  }

  private void average(int chunk, int worker) {
    int span = chunk / parts;
    int channel = chunk % parts * CHUNK;
    int runs = Math.min(CHUNK, x.cols() - channel) / RUN;
    int from = batch.spanStart(span);
    int count = batch.spanEnd(span) - from;
    if (count > 0) {
      MemorySegment state = batch.state(span).recurrent(layer);
      workers[worker].scan.mean(
          kernel,
          x.data(),
          y.data(),
          first,
          second,
          state,
          out.data(),
          x.cols(),
          channel,
          runs,
          from,
          count);
    }
  }

  @Override
  public void stateSpace(
      Team team,
      int width,
      Tensor xbc,
      Tensor dt,
      StateSpace spec,
      int slot,
      Batch tokens,
      Tensor to) {
    if (!knows(spec)) {
      scalar.stateSpace(team, width, xbc, dt, spec, slot, tokens, to);
      return;
    }
    begin(xbc, tokens, slot, to);
    y = dt;
    space = spec;
    boolean each = each(spec);
    kernel = scans.stateSpace(each);
    first = vector(spec.stepBias(), spec.heads());
    second = each ? arranged.of(spec.decay(), RUN, spec.state()) : arranged.of(spec.decay(), 1, 1);
    third = vectors.of(spec.skip());
    steps.resize(tokens.size(), spec.heads());
    team.run((tokens.size() + PREPARED - 1) / PREPARED, width, stepping);
    parts = each ? (spec.heads() + CHUNK / 4 - 1) / (CHUNK / 4) : spec.heads();
    team.run(parts * tokens.spans(), width, scanning);
  }

  private static boolean each(StateSpace spec) {
    return spec.headDim() == 1;
  }

  private static boolean knows(StateSpace spec) {
    boolean lanes =
        each(spec)
            ? spec.heads() % RUN == 0 && spec.groups() == 1
            : spec.headDim() % RUN == 0 && spec.decay().cols() == 1;
    return lanes && spec.state() % 2 == 0;
  }

  private void step(int chunk, int worker) {
    int from = chunk * PREPARED;
    int count = Math.min(PREPARED, batch.size() - from);
    Kernel softplus = maps.flat(RowMaps.Flat.SOFTPLUS);
    int n = space.heads();
    for (int t = from; t < from + count; t++) {
      long at = 4L * t * n;
      workers[worker].rows.flat(softplus, y.data(), at, first, 0, steps.memory(), steps.at(t), n);
    }
  }

  private void scan(int chunk, int worker) {
    int span = chunk / parts;
    int part = chunk % parts;
    boolean each = each(space);
    int channel = each ? part * (CHUNK / 4) : part * space.headDim();
    int channels = each ? Math.min(CHUNK / 4, space.heads() - channel) : space.headDim();
    int step = each ? channel : part;
    int group = each ? 0 : part * space.groups() / space.heads();
    int b = space.outputWidth() + group * space.state();
    int from = batch.spanStart(span);
    int count = batch.spanEnd(span) - from;
    if (count > 0) {
      MemorySegment state = batch.state(span).recurrent(layer);
      workers[worker].scan.stateSpace(
          kernel,
          each,
          x.data(),
          space.inputWidth(),
          b,
          b + space.groups() * space.state(),
          steps.memory(),
          steps.row(),
          step,
          second,
          each ? (long) channel * space.state() : step,
          third,
          state,
          space.state(),
          out.data(),
          space.outputWidth(),
          channel,
          channels / RUN,
          from,
          count);
    }
  }

  @Override
  public void deltaRule(
      Team team,
      int width,
      Tensor qkv,
      Tensor a,
      Tensor b,
      DeltaRule spec,
      int slot,
      Batch tokens,
      Tensor to) {
    if (spec.keyDim() % RUN != 0 || spec.valueDim() % RUN != 0) {
      scalar.deltaRule(team, width, qkv, a, b, spec, slot, tokens, to);
      return;
    }
    begin(qkv, tokens, slot, to);
    y = a;
    z = b;
    rule = spec;
    first = vectors.of(spec.decayBias());
    second = arranged.spread(spec.decay(), spec.decayWidth() / spec.valueHeads());
    steps.resize(tokens.size(), spec.decayWidth());
    rates.resize(tokens.size(), spec.valueHeads());
    units.resize(tokens.size(), 2 * spec.keyHeads() * spec.keyDim());
    team.run((tokens.size() + PREPARED - 1) / PREPARED, width, preparing);
    parts = spec.valueHeads();
    team.run(parts * tokens.spans(), width, changing);
  }

  private void prepare(int chunk, int worker) {
    int from = chunk * PREPARED;
    int count = Math.min(PREPARED, batch.size() - from);
    int heads = rule.keyHeads();
    int dim = rule.keyDim();
    float scale = (float) (1 / Math.sqrt(dim));
    long head = 4L * dim;
    ScanWorker w = workers[worker];
    for (int t = from; t < from + count; t++) {
      long in = 4L * t * rule.inputWidth();
      long to = units.at(t);
      MemorySegment unit = units.memory();
      float eps = DeltaRule.LENGTH_EPS;
      w.rows.unit(maps.unit(), x.data(), in, head, unit, to, head, dim, heads, eps, scale);
      long keys = heads * head;
      w.rows.unit(
          maps.unit(), x.data(), in + keys, head, unit, to + keys, head, dim, heads, eps, 1);
      int n = rule.decayWidth();
      MemorySegment fades = steps.memory();
      long at = steps.at(t);
      w.rows.flat(maps.flat(RowMaps.Flat.SOFTPLUS), y.data(), 4L * t * n, first, 0, fades, at, n);
      w.rows.flat(maps.flat(RowMaps.Flat.FADE), fades, at, second, 0, fades, at, n);
      int values = rule.valueHeads();
      w.rows.flat(
          maps.activate(Activation.SIGMOID),
          z.data(),
          4L * t * values,
          null,
          0,
          rates.memory(),
          rates.at(t),
          values);
    }
  }

  private void change(int chunk, int worker) {
    int span = chunk / parts;
    int h = chunk % parts;
    int from = batch.spanStart(span);
    int count = batch.spanEnd(span) - from;
    if (count == 0) {
      return;
    }
    int dim = rule.keyDim();
    int width = rule.valueDim();
    boolean rows = rule.channelDecay();
    long query = units.at(from) + 4L * dim * (h * rule.keyHeads() / rule.valueHeads());
    long key = query + 4L * dim * rule.keyHeads();
    ScanCall call = workers[worker].scan;
    call.queries(units.memory(), query, key, 4L * units.row(), dim, count);
    call.rates(
        steps.memory(),
        steps.at(from) + 4L * h * (rows ? dim : 1),
        4L * steps.row(),
        rows ? dim : 1,
        rates.memory(),
        rates.at(from) + 4L * h,
        4L * rates.row(),
        count);
    long in = 4L * rule.inputWidth();
    long value = from * in + 4L * (2L * rule.keyHeads() * dim + (long) h * width);
    long outRow = 4L * rule.outputWidth();
    call.delta(
        scans,
        rows,
        x.data(),
        value,
        in,
        batch.state(span).recurrent(layer),
        4L * h * dim * width,
        dim,
        width,
        out.data(),
        from * outRow + 4L * h * width,
        outRow,
        count);
  }

  private MemorySegment vector(Weight weight, int size) {
    if (weight != null) {
      return vectors.of(weight);
    }
    if (zeros.byteSize() < 4L * size) {
      zeros = arena.allocate(4L * size, 64);
    }
    return zeros;
  }

  @Override
  public void close() {
    arena.close();
    steps.close();
    units.close();
    rates.close();
    scalar.close();
  }
}
