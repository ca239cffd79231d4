// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.speculate;

import io.jishi.base.JishiException;
import io.jishi.engine.cache.PrefixCache;
import io.jishi.engine.memory.Workspace;
import io.jishi.model.Model;
import io.jishi.model.ModelOptions;
import io.jishi.model.ModelOutline;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StatePool;
import io.jishi.tensor.StateSpec;
import io.jishi.tensor.Tensor;
import io.jishi.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Guesses with a small model of the same vocabulary: the token that it finds likeliest, again and
 * again (Leviathan, Kalman and Matias 2023; the guess is greedy also where the answer is sampled).
 * All texts of a step are guessed for together. It keeps a cache of its own, in which beginnings
 * are shared as in the large model's; a long prompt is read bit by bit, a few hundred tokens a
 * step, before the first guess.
 */
public final class ModelDrafter implements Drafter {
  /** The most tokens of texts that it reads in a step, so that nobody waits long for it. */
  private static final int READ = 256;

  private static final DType CACHE = DType.F16;

  private final Model model;
  private final Ops ops;
  private final int vocabulary;
  private final Batch batch = new Batch();
  private final float[] logits;
  private final Map<Draft, Reader> readers = new IdentityHashMap<>();
  private final List<Reader> guessing = new ArrayList<>();
  private StatePool pool;
  private PrefixCache cache;

  /** Where the small model stands in one text. */
  private static final class Reader {
    final Draft draft;
    final SequenceState state;
    final PrefixCache.Cursor cursor;

    /** Guesses behind the text that the state holds too. */
    final int[] ahead = new int[Draft.MOST];

    /** Tokens of the text that it holds. */
    int read;

    Reader(Draft draft, SequenceState state, PrefixCache.Cursor cursor) {
      this.draft = draft;
      this.state = state;
      this.cursor = cursor;
      this.read = state.length();
    }

    /** Keeps what it read and those of its guesses that have come true. */
    void goBack() {
      int[] text = draft.history();
      int most = Math.min(state.length(), draft.length() - 1);
      int held = Math.min(read, most);
      while (held < most && held >= read && ahead[held - read] == text[held]) {
        held++;
      }
      state.truncate(held);
      read = held;
    }
  }

  private ModelDrafter(Model model, int vocabulary, int threads) {
    this.model = model;
    this.vocabulary = vocabulary;
    this.ops = Backend.cpu().ops(threads);
    this.logits = new float[model.decoder().spec().vocabulary()];
  }

  /**
   * Loads a draft model. {@link #hold} comes before the first guess.
   *
   * @param wanted the vocabulary that it must have
   * @param vocabulary number of token ids that may be guessed
   * @throws JishiException.BadRequest where its vocabulary is another
   * @throws JishiException.Unsupported where it continues no text, or cannot take tokens back
   */
  public static ModelDrafter open(
      Path path, Tokenizer wanted, int vocabulary, ModelOptions options, int threads) {
    Model model = Model.open(path, Backend.cpu(), options);
    try {
      if (model.decoder().output() == null || model.decoder().stateSpec(CACHE).hasRecurrent()) {
        throw new JishiException.Unsupported(
            path
                + ": '"
                + model.decoder().spec().architecture()
                + "' models cannot draft: that takes a model that continues text and can take"
                + " tokens back, with attention in all layers");
      }
      SameVocabulary.check(model, wanted);
      return new ModelDrafter(model, Math.min(vocabulary, wanted.vocabSize()), threads);
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
  }

  /** Makes room for that many tokens of all texts together, with their shared beginnings. */
  public void hold(long tokens) {
    pool = new StatePool(model.decoder().stateSpec(CACHE), tokens + StateSpec.BLOCK);
    cache = new PrefixCache(pool, 0);
  }

  /**
   * What drafting takes.
   *
   * @param weights bytes
   * @param perToken bytes of its cache for one token
   * @param workspace bytes of results on the way through its layers
   */
  public record Needs(long weights, long perToken, long workspace) {
    /**
     * For so many texts side by side.
     *
     * @throws JishiException.Unsupported where the model's state cannot be cached
     */
    public static Needs of(ModelOutline draft, int texts) {
      return new Needs(
          draft.weights(),
          draft.stateSpec(CACHE).tokenBytes(),
          Workspace.bytes(draft.spec(), Math.max(READ, texts), texts));
    }
  }

  @Override
  public int guess(List<Draft> drafts) {
    guessing.clear();
    int work = read(drafts);
    while (!guessing.isEmpty()) {
      batch.clear();
      for (int i = guessing.size() - 1; i >= 0; i--) {
        Reader reader = guessing.get(i);
        if (!room(reader, 1)) {
          guessing.remove(i);
        }
      }
      for (int i = 0; i < guessing.size(); i++) {
        Reader reader = guessing.get(i);
        int last = reader.state.length() - reader.read;
        reader.ahead[last] = reader.draft.guesses()[last];
        batch.add(reader.state, reader.ahead, last, 1, 1);
      }
      work += batch.size();
      if (!guessing.isEmpty()) {
        take(model.decoder().forward(ops, batch, Precision.FAST));
      }
    }
    return work;
  }

  /** Reads what is new of the texts; those that are read to their end get their first guess. */
  private int read(List<Draft> drafts) {
    batch.clear();
    int left = READ;
    for (int i = 0; i < drafts.size() && left > 0; i++) {
      Draft draft = drafts.get(i);
      if (draft.wanted() == 0
          || draft.length() + draft.wanted() > model.decoder().spec().context()) {
        continue;
      }
      Reader reader = reader(draft);
      reader.goBack();
      int pending = draft.length() - reader.read;
      int count = Math.min(pending, left);
      if (!room(reader, count)) {
        continue;
      }
      batch.add(reader.state, draft.history(), reader.read, count, count == pending ? 1 : 0);
      reader.read += count;
      left -= count;
      if (count == pending) {
        guessing.add(reader);
      }
    }
    if (batch.size() == 0) {
      return 0;
    }
    Tensor out = model.decoder().forward(ops, batch, Precision.FAST);
    for (int i = 0; i < drafts.size(); i++) {
      Reader reader = readers.get(drafts.get(i));
      if (reader != null && reader.state.length() == reader.read) {
        cache.insert(reader.state, reader.cursor, reader.draft.history());
      }
    }
    int size = batch.size();
    take(out);
    return size;
  }

  private Reader reader(Draft draft) {
    Reader known = readers.get(draft);
    if (known == null) {
      SequenceState state = pool.newState();
      PrefixCache.Cursor cursor = cache.adopt(state, 0, draft.history(), draft.length() - 1);
      known = new Reader(draft, state, cursor);
      readers.put(draft, known);
    }
    return known;
  }

  /** Sees to the memory for further tokens; where there is none, nothing is guessed. */
  private boolean room(Reader reader, int count) {
    if (!cache.makeRoom(reader.state.missingBlocks(count))) {
      return false;
    }
    try {
      reader.state.reserve(count);
      return true;
    } catch (JishiException.OutOfResources e) { // the machine has less than the pool may hold
      return false;
    }
  }

  /** Gives each of those that guess its next guess; those who want no more are left out then. */
  private void take(Tensor out) {
    int row = 0;
    for (int i = 0; i < guessing.size(); row++) {
      out.read(row, 0, logits, 0, logits.length);
      int best = best();
      boolean more = best >= 0 && guessing.get(i).draft.put(best);
      if (more) {
        i++;
      } else {
        guessing.remove(i);
      }
    }
  }

  private int best() {
    int best = -1;
    float most = Float.NEGATIVE_INFINITY;
    for (int t = 0; t < Math.min(vocabulary, logits.length); t++) {
      if (logits[t] > most) {
        most = logits[t];
        best = t;
      }
    }
    return best;
  }

  @Override
  public void forget(Draft draft) {
    Reader reader = readers.remove(draft);
    if (reader != null) {
      reader.state.truncate(Math.min(reader.state.length(), reader.read));
      int[] text = Arrays.copyOf(draft.history(), reader.read);
      cache.finish(reader.state, reader.cursor, text);
      reader.state.close();
    }
  }

  @Override
  public int kind() {
    return 2;
  }

  @Override
  public String name() {
    return "draft model " + model.name();
  }

  @Override
  public void close() {
    ops.close();
    readers.values().forEach(reader -> reader.state.close());
    readers.clear();
    if (cache != null) {
      cache.clear();
      pool.close();
    }
    model.close();
  }
}
