// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.tensor.Media;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A prompt with images in it: which positions hold vectors, and the rotary places of all. Places of
 * an image are its rows and columns behind the token before it (M-RoPE, Qwen2-VL); what follows it
 * goes on behind the greatest of them.
 */
public final class SeenTokens implements Media {
  private final float[][] vectors;
  private final int[] vector;
  private final int[][] places;
  private final int next;

  /**
   * A prompt.
   *
   * @param tokens with one image token for each vector
   * @param images in the order in which they stand
   * @throws JishiException.BadRequest where the tokens do not fit the images
   */
  public SeenTokens(VisionSpec spec, int[] tokens, List<Vision.Seen> images) {
    List<float[]> all = new ArrayList<>();
    images.forEach(image -> all.addAll(Arrays.asList(image.vectors())));
    vectors = all.toArray(float[][]::new); // shared with the images, never changed
    vector = new int[tokens.length];
    int count = 0;
    for (int i = 0; i < tokens.length; i++) {
      vector[i] = tokens[i] == spec.imageToken() ? count++ : -1;
    }
    if (count != vectors.length) {
      throw new JishiException.BadRequest(
          "messages",
          "the prompt has "
              + count
              + " image tokens, and the images make "
              + vectors.length
              + " vectors");
    }
    places = spec.grid() ? new int[3][tokens.length] : null;
    next = places == null ? tokens.length : place(images);
  }

  /** Gives all tokens their places; returns the one behind the last. */
  private int place(List<Vision.Seen> images) {
    int place = 0;
    int image = 0;
    for (int i = 0; i < vector.length; ) {
      if (vector[i] < 0) {
        for (int[] axis : places) {
          axis[i] = place;
        }
        place++;
        i++;
        continue;
      }
      Vision.Seen seen = images.get(image++);
      for (int t = 0; t < seen.vectors().length; t++, i++) {
        if (i == vector.length || vector[i] < 0) {
          throw new JishiException.BadRequest(
              "messages", "the tokens of image " + image + " do not stand one behind another");
        }
        places[0][i] = place;
        places[1][i] = place + t / seen.columns();
        places[2][i] = place + t % seen.columns();
      }
      place += Math.max(seen.rows(), seen.columns());
    }
    return place;
  }

  @Override
  public int place(int position, int axis) {
    return places == null
        ? position
        : position < vector.length ? places[axis][position] : next + position - vector.length;
  }

  @Override
  public boolean vector(int position, float[] out) {
    if (position >= vector.length || vector[position] < 0) {
      return false;
    }
    float[] from = vectors[vector[position]];
    System.arraycopy(from, 0, out, 0, out.length);
    return true;
  }
}
