// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.vocab;

import io.jishi.base.JishiException;
import io.jishi.train.data.Workers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * A unigram vocabulary (Kudo 2018), to the bit of each score the one that SentencePiece (0.2.2)
 * learns from the same words with its default constants and 16 threads: from many seeds, rounds of
 * expectation and maximisation, each followed by taking away the pieces whose loss costs the text
 * the least, until the vocabulary is small enough. Sums are of single precision and in a fixed
 * order: the result depends neither on the number of threads nor on the machine.
 *
 * <p>What is known to differ: a string whose every occurrence goes on exactly as the text does up
 * to its end is a seed here and none there, since the end is where its search for repeated strings
 * stops; lines that it refuses (with {@code ▅}, or too long) are read here; a tab is a character.
 */
public final class UnigramTrainer {
  private static final int SEEDS = 1_000_000;
  private static final int ROUNDS = 2; // of expectation and maximisation, before each pruning
  private static final double SHRINK = 0.75;
  private static final double MORE = 1.1; // learning ends so much above the size; scores decide
  private static final double LEAST_EXPECTED = 0.5;
  private static final float MISSING_STEP = 1e-4f; // apart from each other and from the rarest

  /** In place of another way: there is none. */
  private static final int[] NONE = {};

  /** In place of another way: the best one is without the piece already. */
  private static final int[] BETTER = {};

  /** Every sixteenth word is summed by itself, whatever the number of threads. */
  private static final int PARTS = 16;

  static final Comparator<String> BY_CODE_POINTS =
      Comparator.comparing(s -> s.codePoints().toArray(), Arrays::compare);

  private static final Comparator<Piece> BEST_FIRST =
      Comparator.comparingDouble(Piece::score)
          .reversed()
          .thenComparing(Piece::text, BY_CODE_POINTS);

  /**
   * A piece and the logarithm of its probability.
   *
   * @param text with {@code ▁} for a space
   */
  public record Piece(String text, double score) {}

  private final int[][] words;
  private final float[] counts;
  private final Workers workers;
  private List<Piece> pieces;
  private int[][] codes;
  private PieceTree tree;
  private float[] scores;

  private UnigramTrainer(Map<String, Long> given, Workers workers) {
    Map<String, Long> whole = new TreeMap<>(BY_CODE_POINTS);
    whole.putAll(given);
    List<Map.Entry<String, Long>> sorted = new ArrayList<>(whole.entrySet());
    sorted.sort(Map.Entry.<String, Long>comparingByValue().reversed()); // stable
    words = new int[sorted.size()][];
    counts = new float[sorted.size()];
    this.workers = workers;
    for (int w = 0; w < words.length; w++) {
      words[w] = sorted.get(w).getKey().codePoints().toArray();
      counts[w] = sorted.get(w).getValue();
    }
  }

  /**
   * Learns pieces.
   *
   * @param given words with their counts, {@code ▁} for spaces; their order does not matter
   * @param size tokens in all
   * @param reserved of them that are no pieces: control tokens, bytes
   * @param progress is told the number of pieces that are left after each round
   * @return the pieces, the most probable first; fewer where the text has no more
   * @throws JishiException.BadRequest where not even the characters of the text fit
   */
  public static List<Piece> train(
      Map<String, Long> given, int size, int reserved, int threads, IntConsumer progress) {
    Map<String, Long> sorted = new TreeMap<>(given);
    List<UnigramSeeds.Seed> seeds = UnigramSeeds.of(sorted, SEEDS);
    List<String> characters =
        seeds.stream()
            .map(UnigramSeeds.Seed::piece)
            .filter(s -> s.codePointCount(0, s.length()) == 1)
            .toList();
    if (size - reserved < characters.size() || size > 1 << 22) {
      throw new JishiException.BadRequest(
          "vocab-size",
          "the text has %d different characters, so the vocabulary must have %d to %d tokens, not %d"
              .formatted(characters.size(), characters.size() + reserved, 1 << 22, size));
    }
    try (Workers workers = new Workers(threads)) {
      UnigramTrainer trainer = new UnigramTrainer(sorted, workers);
      trainer.begin(seeds);
      trainer.run((int) (size * MORE), progress);
      return trainer.finish(characters, size - reserved);
    }
  }

  private void begin(List<UnigramSeeds.Seed> seeds) {
    float sum = 0;
    for (UnigramSeeds.Seed seed : seeds) {
      sum += (float) seed.score();
    }
    float logSum = (float) StrictMath.log(sum);
    set(
        seeds.stream()
            .map(s -> new Piece(s.piece(), (float) (StrictMath.log((float) s.score()) - logSum)))
            .toList());
  }

  private void set(List<Piece> now) {
    pieces = now;
    tree = new PieceTree();
    codes = new int[now.size()][];
    scores = new float[now.size()];
    for (int i = 0; i < now.size(); i++) {
      codes[i] = now.get(i).text.codePoints().toArray();
      scores[i] = (float) now.get(i).score;
      tree.add(codes[i], i);
    }
  }

  private void run(int wanted, IntConsumer progress) {
    while (true) {
      for (int round = 0; round < ROUNDS; round++) {
        maximise(expect());
        progress.accept(pieces.size());
      }
      if (pieces.size() <= wanted) {
        return;
      }
      set(prune(wanted));
    }
  }

  private float[] expect() {
    return sum((lattice, word, sums) -> lattice.expect(counts[word], sums));
  }

  /** Adds something for a word, which the lattice holds. */
  private interface Addition {
    void add(UnigramLattice lattice, int word, float[] sums);
  }

  private float[] sum(Addition addition) {
    List<float[]> parts =
        workers.map(
            IntStream.range(0, PARTS).boxed().toList(),
            part -> {
              UnigramLattice lattice = new UnigramLattice(tree, scores);
              float[] sums = new float[scores.length];
              for (int w = part; w < words.length; w += PARTS) {
                lattice.set(words[w]);
                addition.add(lattice, w, sums);
              }
              return sums;
            });
    float[] all = parts.getFirst();
    for (float[] part : parts.subList(1, parts.size())) {
      for (int i = 0; i < all.length; i++) {
        all[i] += part[i];
      }
    }
    return all;
  }

  /** Rare pieces go; scores are Bayesian (a Dirichlet prior), which favours frequent pieces. */
  private void maximise(float[] expected) {
    float sum = 0;
    for (float e : expected) {
      sum += e >= LEAST_EXPECTED ? e : 0;
    }
    float logSum = (float) digamma(sum);
    List<Piece> kept = new ArrayList<>();
    for (int i = 0; i < expected.length; i++) {
      float e = expected[i];
      if (e >= LEAST_EXPECTED) {
        kept.add(new Piece(pieces.get(i).text, (float) (digamma(e) - logSum)));
      }
    }
    set(kept);
  }

  /** The derivative of the logarithm of the gamma function: recurrence, then its series. */
  static double digamma(double x) {
    double low = 0;
    double high = x;
    while (high < 7) {
      low -= 1 / high;
      high++;
    }
    high -= 0.5;
    double square = 1 / (high * high);
    double series = ((-127.0 / 30720 * square + 31.0 / 8064) * square - 7.0 / 960) * square;
    return low + StrictMath.log(high) + (series + 1.0 / 24) * square;
  }

  /** Keeps those without another way to be written, and the ones whose loss costs the most. */
  private List<Piece> prune(int wanted) {
    int[][] others = alternatives();
    float[] uses = uses();
    float sum =
        (float) IntStream.range(0, uses.length).mapToDouble(i -> uses[i]).reduce(0, Double::sum);
    List<Piece> kept = new ArrayList<>();
    Map<Integer, Float> losses = new LinkedHashMap<>();
    for (int i = 0; i < scores.length; i++) {
      if (uses[i] == 0 || others[i] == BETTER) {
        continue; // no best way uses it
      }
      if (others[i] == NONE) {
        kept.add(pieces.get(i));
      } else {
        losses.put(i, loss(i, others[i], uses, sum));
      }
    }
    int left = Math.max(wanted, (int) (SHRINK * scores.length)) - kept.size();
    losses.entrySet().stream()
        .sorted(Map.Entry.<Integer, Float>comparingByValue().reversed()) // stable
        .limit(Math.max(0, left))
        .forEach(e -> kept.add(pieces.get(e.getKey())));
    return kept;
  }

  /** What the text loses, as a share of its words, if a piece is written otherwise. */
  private static float loss(int piece, int[] other, float[] uses, float sum) {
    float own = uses[piece];
    float with = (float) (StrictMath.log(own) - (float) StrictMath.log(sum));
    float logSum = (float) StrictMath.log(sum + own * (other.length - 1));
    float without = 0;
    for (int o : other) {
      without = (float) (without + (StrictMath.log(uses[Math.max(0, o)] + own) - logSum));
    }
    return own / sum * (with - without);
  }

  /** How each piece would be written without itself. */
  private int[][] alternatives() {
    List<int[]> parts = new ArrayList<>();
    for (int part = 0; part < PARTS; part++) {
      parts.add(new int[] {codes.length * part / PARTS, codes.length * (part + 1) / PARTS});
    }
    int[][] all = new int[codes.length][];
    workers.map(
        parts,
        range -> {
          UnigramLattice lattice = new UnigramLattice(tree, scores);
          for (int i = range[0]; i < range[1]; i++) {
            lattice.set(codes[i]);
            List<int[]> best = lattice.best(2);
            boolean whole = best.getFirst().length == 1;
            all[i] = best.size() == 1 ? NONE : whole ? best.get(1) : BETTER;
          }
          return range;
        });
    return all;
  }

  /** How often the best ways use each piece. */
  private float[] uses() {
    return sum(
        (lattice, word, sums) -> {
          for (int piece : lattice.best()) {
            sums[Math.max(0, piece)] += counts[word];
          }
        });
  }

  /** All characters, whatever they are worth, and the best of the rest. */
  private List<Piece> finish(List<String> characters, int size) {
    Map<String, Double> learned = new HashMap<>();
    pieces.forEach(p -> learned.put(p.text, p.score));
    float least = (float) pieces.stream().mapToDouble(Piece::score).min().orElse(0);
    Map<String, Double> chosen = new LinkedHashMap<>();
    float missing = 0;
    for (String c : characters) {
      Double score = learned.get(c);
      if (score == null) {
        score = (double) (least + missing);
        missing += MISSING_STEP;
      }
      chosen.put(c, score);
    }
    List<Piece> sorted = new ArrayList<>(pieces);
    sorted.sort(BEST_FIRST);
    for (Piece piece : sorted) {
      if (chosen.size() == size) {
        break;
      }
      chosen.putIfAbsent(piece.text, piece.score);
    }
    List<Piece> result = new ArrayList<>();
    chosen.forEach((text, score) -> result.add(new Piece(text, score)));
    result.sort(BEST_FIRST);
    return result;
  }
}
