// SPDX-License-Identifier: Apache-2.0
package io.jishi.testkit;

import static io.jishi.testkit.GgufWriter.Type.BOOL;
import static io.jishi.testkit.GgufWriter.Type.F32;
import static io.jishi.testkit.GgufWriter.Type.I32;
import static io.jishi.testkit.GgufWriter.Type.STRING;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Writes a model of the Llama architecture with random weights, under the names that llama.cpp
 * uses: for tests of shapes and for speed, where the text does not matter. The same shape and seed
 * give the same file.
 */
public final class RandomModel {
  private static final int BYTES_FROM = 3; // after <unk>, <s>, </s>
  private static final int LEAST_VOCABULARY = BYTES_FROM + 256;

  private RandomModel() {}

  /**
   * What to write.
   *
   * @param layers number of layers
   * @param dim width of the residual stream; a multiple of {@code heads} and of the block size
   * @param feedForward inner width of the feed-forward
   * @param heads number of query heads
   * @param keyValueHeads number of key and value heads
   * @param vocabulary number of tokens, 259 at least
   * @param context longest sequence, in tokens
   * @param type how matrices are stored; norms are F32
   * @param seed of the weights
   */
  public record Shape(
      int layers,
      int dim,
      int feedForward,
      int heads,
      int keyValueHeads,
      int vocabulary,
      int context,
      BlockType type,
      long seed) {

    /** Checks what would give a file that no reader accepts. */
    public Shape {
      check(heads > 0 && dim % heads == 0, "dim must be a multiple of heads");
      check(keyValueHeads > 0 && heads % keyValueHeads == 0, "heads: a multiple of kv-heads");
      check(dim % type.blockSize() == 0, "dim must be a multiple of " + type.blockSize());
      check(feedForward % type.blockSize() == 0, "ff must be a multiple of " + type.blockSize());
      check(vocabulary >= LEAST_VOCABULARY, "vocab must be " + LEAST_VOCABULARY + " at least");
    }

    /** A model that a test computes in milliseconds: 2 layers, 64 wide, 4 heads over 2. */
    public static Shape tiny(BlockType type) {
      int dim = Math.max(64, type.blockSize());
      return new Shape(2, dim, 2 * dim, 4, 2, 320, 256, type, 1);
    }

    /** Number of weights, norms included. */
    public long parameters() {
      long attention = 2L * dim * dim + 2L * dim * keyValueWidth();
      long layer = attention + 3L * dim * feedForward + 2L * dim;
      return layers * layer + 2L * vocabulary * dim + dim;
    }

    private int keyValueWidth() {
      return dim / heads * keyValueHeads;
    }

    private static void check(boolean holds, String rule) {
      if (!holds) {
        throw new IllegalArgumentException(rule);
      }
    }
  }

  /** Writes the model. */
  public static void write(Path path, Shape shape) {
    writer(shape).write(path);
  }

  /** The model, ready to be written or changed. */
  public static GgufWriter writer(Shape shape) {
    GgufWriter out = new GgufWriter();
    architecture(out, shape);
    vocabulary(out, shape.vocabulary);
    Weights weights = new Weights(out, shape);
    weights.matrix("token_embd.weight", shape.vocabulary, shape.dim);
    for (int i = 0; i < shape.layers; i++) {
      weights.layer("blk." + i + ".");
    }
    weights.norm("output_norm.weight");
    weights.matrix("output.weight", shape.vocabulary, shape.dim);
    return out;
  }

  private static void architecture(GgufWriter out, Shape shape) {
    out.put("general.architecture", "llama")
        .put("general.name", "random")
        .put("llama.block_count", shape.layers)
        .put("llama.context_length", shape.context)
        .put("llama.embedding_length", shape.dim)
        .put("llama.feed_forward_length", shape.feedForward)
        .put("llama.attention.head_count", shape.heads)
        .put("llama.attention.head_count_kv", shape.keyValueHeads)
        .put("llama.attention.layer_norm_rms_epsilon", 1e-5f)
        .put("llama.rope.freq_base", 10_000f)
        .put("llama.rope.dimension_count", shape.dim / shape.heads)
        .put("llama.vocab_size", shape.vocabulary);
  }

  /** A SentencePiece vocabulary: 3 special tokens, 256 bytes, single characters, fillers. */
  private static void vocabulary(GgufWriter out, int size) {
    List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    List<Integer> types = new ArrayList<>(List.of(2, 3, 3)); // unknown, control, control
    for (int b = 0; b < 256; b++) {
      tokens.add(String.format(Locale.ROOT, "<0x%02X>", b));
      types.add(6); // byte
    }
    for (int i = tokens.size(); i < size; i++) {
      int single = i - LEAST_VOCABULARY;
      boolean printable = single > 0 && ' ' + single < 127;
      tokens.add(single == 0 ? "▁" : printable ? "" + (char) (' ' + single) : "▁t" + i);
      types.add(1); // normal
    }
    List<Float> scores = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      scores.add(i < LEAST_VOCABULARY ? 0f : (float) (LEAST_VOCABULARY - i));
    }
    out.put("tokenizer.ggml.model", "llama")
        .put("tokenizer.ggml.pre", "default")
        .put("tokenizer.ggml.tokens", STRING, tokens)
        .put("tokenizer.ggml.scores", F32, scores)
        .put("tokenizer.ggml.token_type", I32, types)
        .put("tokenizer.ggml.bos_token_id", 1)
        .put("tokenizer.ggml.eos_token_id", 2)
        .put("tokenizer.ggml.unknown_token_id", 0)
        .put("tokenizer.ggml.add_bos_token", BOOL, true)
        .put("tokenizer.ggml.add_eos_token", BOOL, false);
  }

  /** Adds tensors, each with a random stream of its own. */
  private static final class Weights {
    private final GgufWriter out;
    private final Shape shape;
    private final SplittableRandom seeds;

    Weights(GgufWriter out, Shape shape) {
      this.out = out;
      this.shape = shape;
      this.seeds = new SplittableRandom(shape.seed);
    }

    void layer(String prefix) {
      norm(prefix + "attn_norm.weight");
      matrix(prefix + "attn_q.weight", shape.dim, shape.dim);
      matrix(prefix + "attn_k.weight", shape.keyValueWidth(), shape.dim);
      matrix(prefix + "attn_v.weight", shape.keyValueWidth(), shape.dim);
      matrix(prefix + "attn_output.weight", shape.dim, shape.dim);
      norm(prefix + "ffn_norm.weight");
      matrix(prefix + "ffn_gate.weight", shape.feedForward, shape.dim);
      matrix(prefix + "ffn_up.weight", shape.feedForward, shape.dim);
      matrix(prefix + "ffn_down.weight", shape.dim, shape.feedForward);
    }

    /** A deviation of 1/√columns keeps the size of what passes through. */
    void matrix(String name, long rows, long columns) {
      long values = rows * columns;
      long seed = seeds.nextLong();
      out.tensor(
          name,
          shape.type.id(),
          new long[] {rows, columns},
          shape.type.bytes(values),
          to -> shape.type.write(to, values, 1 / Math.sqrt(columns), new SplittableRandom(seed)));
    }

    void norm(String name) {
      SplittableRandom random = seeds.split();
      ByteBuffer data = ByteBuffer.allocate(4 * shape.dim).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < shape.dim; i++) {
        data.putFloat((float) random.nextDouble(0.9, 1.1));
      }
      out.tensor(name, BlockType.F32.id(), new long[] {shape.dim}, data.array());
    }
  }

  /**
   * {@code --out F --layers 12 --dim 768 --ff 2048 --heads 12 --kv-heads 4 --vocab 32000 --context
   * 2048 --type Q8_0 --seed 1}; all but {@code --out} may be left out and are then as here, which
   * gives about 125 million parameters.
   */
  public static void main(String[] arguments) {
    String out = option(arguments, "--out", null);
    if (out == null || arguments.length % 2 != 0) {
      System.err.println(
          "usage: RandomModel --out FILE [--layers N] [--dim N] [--ff N] [--heads N]"
              + " [--kv-heads N] [--vocab N] [--context N] [--type Q8_0] [--seed N]");
      System.exit(2);
    }
    Shape shape =
        new Shape(
            Integer.parseInt(option(arguments, "--layers", "12")),
            Integer.parseInt(option(arguments, "--dim", "768")),
            Integer.parseInt(option(arguments, "--ff", "2048")),
            Integer.parseInt(option(arguments, "--heads", "12")),
            Integer.parseInt(option(arguments, "--kv-heads", "4")),
            Integer.parseInt(option(arguments, "--vocab", "32000")),
            Integer.parseInt(option(arguments, "--context", "2048")),
            BlockType.valueOf(option(arguments, "--type", "Q8_0")),
            Long.parseLong(option(arguments, "--seed", "1")));
    write(Path.of(out), shape);
    System.out.println(out + ": " + shape.parameters() + " parameters, " + shape.type);
  }

  private static String option(String[] arguments, String name, String absent) {
    for (int i = 0; i + 1 < arguments.length; i += 2) {
      if (arguments[i].equals(name)) {
        return arguments[i + 1];
      }
    }
    return absent;
  }
}
