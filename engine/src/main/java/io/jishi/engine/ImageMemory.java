// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.model.Vision;
import io.jishi.model.vision.Image;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Images that were seen lately, by the SHA-256 of their pixels: a number for each, by which the
 * cache of prefixes tells its tokens from those of all other images, and its vectors, so that an
 * image of an earlier turn is not looked at again. A number is never given twice, so an image that
 * was forgotten and comes again is only computed anew. For many threads.
 */
final class ImageMemory {
  /** Numbers take no memory to speak of, but the table is bounded. */
  private static final int MOST_IMAGES = 4096;

  private final long mostValues;
  private final Map<String, Known> known = new LinkedHashMap<>(16, 0.75f, true); // by last use
  private int lastKey;
  private long values;

  /** What is known of an image; its vectors are null before it was seen. */
  private record Known(int key, Vision.Seen seen) {
    long values() {
      return seen == null ? 0 : (long) seen.vectors().length * seen.vectors()[0].length;
    }
  }

  /**
   * An empty memory.
   *
   * @param mostValues of vectors that are kept, each of four bytes
   */
  ImageMemory(long mostValues) {
    this.mostValues = mostValues;
  }

  /** What tells an image from all others. */
  static String digest(Image image) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update(ByteBuffer.allocate(8).putInt(image.width()).putInt(image.height()).flip());
      return HexFormat.of().formatHex(sha.digest(image.rgb()));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e); // every JDK has it
    }
  }

  /** The number of an image: below 0, so that it is no token. */
  synchronized int key(String digest) {
    Known found = known.get(digest);
    if (found == null) {
      lastKey = Math.decrementExact(lastKey);
      found = new Known(lastKey, null);
      known.put(digest, found);
      forget();
    }
    return found.key;
  }

  /** The vectors of an image, or null where they are not known. */
  synchronized Vision.Seen seen(String digest) {
    Known found = known.get(digest);
    return found == null ? null : found.seen;
  }

  /** Keeps the vectors of an image that has a number still. */
  synchronized void keep(String digest, Vision.Seen seen) {
    Known found = known.get(digest);
    if (found != null && found.seen == null) {
      Known full = new Known(found.key, seen);
      known.put(digest, full);
      values += full.values();
      forget();
    }
  }

  /** Forgets images, those used least recently first, until what stays fits. */
  private void forget() {
    Iterator<Known> oldest = known.values().iterator();
    while (values > mostValues || known.size() > MOST_IMAGES) {
      values -= oldest.next().values();
      oldest.remove();
    }
  }
}
