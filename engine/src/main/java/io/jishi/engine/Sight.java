// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import io.jishi.model.SeenTokens;
import io.jishi.model.Vision;
import io.jishi.model.vision.Image;
import io.jishi.model.vision.Pixels;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.text.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.IntStream;

/** What an engine's model sees: images to tokens, and to the vectors behind them. */
final class Sight implements AutoCloseable {
  /** More images than this in a prompt are refused. */
  static final int MOST_IMAGES = 64;

  /** Vectors of images that are kept: 128 MB. */
  private static final long MOST_VALUES = 32L << 20;

  private final Vision vision;
  private final Tokenizer tokenizer;
  private final Ops ops;
  private final Precision precision;
  private final ImageMemory memory = new ImageMemory(MOST_VALUES);

  /** Who has it has the tower's operations, which hold one image on its way. */
  private final ReentrantLock tower = new ReentrantLock(true);

  /**
   * An image of a prompt.
   *
   * @param digest of its pixels
   * @param key by which the cache knows it
   * @param pixels as the tower reads them
   */
  record Look(String digest, int key, Pixels pixels) {}

  /**
   * What a sequence holds besides tokens.
   *
   * @param keys of the prompt's tokens in the cache
   * @param media its vectors and places, or null where all are tokens
   */
  record Seen(int[] keys, SeenTokens media) {}

  /**
   * A model's sight.
   *
   * @param ops for the tower alone, which the driver's thread runs
   */
  Sight(Vision vision, Tokenizer tokenizer, Ops ops, Precision precision) {
    this.vision = vision;
    this.tokenizer = tokenizer;
    this.ops = ops;
    this.precision = precision;
  }

  /** The token that stands for an image in a rendered template, and for each of its vectors. */
  int imageToken() {
    return vision.spec().imageToken();
  }

  /** By what the cache knows an image, of its digest. */
  int key(String digest) {
    return memory.key(digest);
  }

  /** Prepares images, in the order in which they stand. */
  List<Look> look(List<Image> images) {
    if (images.size() > MOST_IMAGES) {
      throw new JishiException.BadRequest(
          "messages", images.size() + " images are too many: at most " + MOST_IMAGES);
    }
    List<Look> looks = new ArrayList<>(images.size());
    for (Image image : images) {
      String digest = ImageMemory.digest(image);
      looks.add(new Look(digest, memory.key(digest), vision.pixels(image)));
    }
    return looks;
  }

  /** Makes each image token of a template all tokens of its image. */
  int[] expand(int[] tokens, List<Look> looks) {
    long found = IntStream.of(tokens).filter(t -> t == imageToken()).count();
    if (found != looks.size()) {
      throw new JishiException.BadRequest(
          "messages",
          "the conversation has "
              + looks.size()
              + " images, but its text has "
              + found
              + " places for images: leave '"
              + tokenizer.piece(imageToken())
              + "' out of what is said");
    }
    IntStream.Builder out = IntStream.builder();
    int next = 0;
    for (int token : tokens) {
      if (token == imageToken()) {
        IntStream.of(vision.prompt(tokenizer, looks.get(next).pixels(), next)).forEach(out::add);
        next++;
      } else {
        out.add(token);
      }
    }
    return out.build().toArray();
  }

  /** The tokens with each image token named by its image. */
  int[] keys(int[] tokens, List<Look> looks) {
    int[] keys = tokens.clone();
    int image = 0;
    int left = looks.isEmpty() ? 0 : vision.tokens(looks.getFirst().pixels());
    for (int i = 0; i < keys.length; i++) {
      if (keys[i] == imageToken() && left > 0) {
        keys[i] = looks.get(image).key();
        left--;
        if (left == 0 && ++image < looks.size()) {
          left = vision.tokens(looks.get(image).pixels());
        }
      }
    }
    return keys;
  }

  /**
   * Looks at the images of a prompt: those that are not known run through the tower, one by one and
   * layer by layer, so that others' steps go on in between.
   *
   * @param driver does something part by part on the thread that runs the model, and waits
   */
  Seen see(Written prompt, Function<Errand.Parts<Vision.Seen>, Vision.Seen> driver) {
    List<Vision.Seen> all = new ArrayList<>();
    for (Look look : prompt.looks()) {
      Vision.Seen seen = memory.seen(look.digest());
      all.add(seen == null ? see(look, driver) : seen);
    }
    return new Seen(
        keys(prompt.tokens(), prompt.looks()), new SeenTokens(vision.spec(), prompt.tokens(), all));
  }

  private Vision.Seen see(Look look, Function<Errand.Parts<Vision.Seen>, Vision.Seen> driver) {
    try {
      tower.lockInterruptibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new JishiException.Cancelled("the waiting thread was interrupted");
    }
    try {
      Vision.Seen seen = memory.seen(look.digest()); // by another caller, meanwhile
      if (seen == null) {
        seen = driver.apply(vision.seeing(ops, look.pixels(), precision)::next);
        memory.keep(look.digest(), seen);
      }
      return seen;
    } finally {
      tower.unlock();
    }
  }

  /** Gives back the tower's memory; nobody looks any more. */
  @Override
  public void close() {
    ops.close();
  }
}
