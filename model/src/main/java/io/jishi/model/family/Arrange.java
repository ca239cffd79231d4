// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.family;

import io.jishi.model.DecoderSpec.Block;
import io.jishi.model.DecoderSpec.Branch;
import io.jishi.model.DecoderSpec.Layer;
import io.jishi.model.DecoderSpec.Part;
import io.jishi.model.DecoderSpec.Place;
import io.jishi.model.NormSpec;
import io.jishi.model.TensorRole;
import java.util.List;

/** The ways in which layers are made of parts and norms. */
final class Arrange {
  private Arrange() {}

  /** A norm before each part. */
  static Blueprint.Arrangement before(NormSpec norm, float residual) {
    Place first = new Place(TensorRole.MIXER_NORM, norm);
    Place second = new Place(TensorRole.CHANNEL_NORM, norm);
    return (mixer, channel) ->
        new Layer(
            List.of(block(residual, first, mixer, null), block(residual, second, channel, null)));
  }

  /** A norm after each part. */
  static Blueprint.Arrangement after(NormSpec norm) {
    Place first = new Place(TensorRole.MIXER_POST_NORM, norm);
    Place second = new Place(TensorRole.CHANNEL_POST_NORM, norm);
    return (mixer, channel) ->
        new Layer(List.of(block(1, null, mixer, first), block(1, null, channel, second)));
  }

  /** A norm of each sum of the hidden state and a part (BERT). */
  static Blueprint.Arrangement sums(NormSpec norm) {
    Place first = new Place(TensorRole.MIXER_SUM_NORM, norm);
    Place second = new Place(TensorRole.CHANNEL_SUM_NORM, norm);
    return (mixer, channel) ->
        new Layer(
            List.of(
                new Block(1, List.of(new Branch(null, mixer, null)), first),
                new Block(1, List.of(new Branch(null, channel, null)), second)));
  }

  /** A norm before the channel alone. */
  static Blueprint.Arrangement channelNormed(NormSpec norm) {
    Place place = new Place(TensorRole.CHANNEL_NORM, norm);
    return (mixer, channel) ->
        new Layer(List.of(block(1, null, mixer, null), block(1, place, channel, null)));
  }

  /** A norm before and one after each part. */
  static Blueprint.Arrangement around(NormSpec norm) {
    Place mixerBefore = new Place(TensorRole.MIXER_NORM, norm);
    Place mixerAfter = new Place(TensorRole.MIXER_POST_NORM, norm);
    Place channelBefore = new Place(TensorRole.CHANNEL_NORM, norm);
    Place channelAfter = new Place(TensorRole.CHANNEL_POST_NORM, norm);
    return (mixer, channel) ->
        new Layer(
            List.of(
                block(1, mixerBefore, mixer, mixerAfter),
                block(1, channelBefore, channel, channelAfter)));
  }

  /** Both parts side by side after one norm. */
  static Blueprint.Arrangement parallel(NormSpec norm) {
    Place shared = new Place(TensorRole.MIXER_NORM, norm);
    return parallel(shared, shared);
  }

  /** Both parts side by side, each after its own norm. */
  static Blueprint.Arrangement parallelOwn(NormSpec norm) {
    return parallel(
        new Place(TensorRole.MIXER_NORM, norm), new Place(TensorRole.CHANNEL_NORM, norm));
  }

  private static Blueprint.Arrangement parallel(Place first, Place second) {
    return (mixer, channel) ->
        new Layer(
            List.of(
                new Block(
                    1,
                    List.of(new Branch(first, mixer, null), new Branch(second, channel, null)))));
  }

  /** The mixer alone after a norm. */
  static Blueprint.Arrangement mixerAlone(NormSpec norm) {
    Place before = new Place(TensorRole.MIXER_NORM, norm);
    return (mixer, channel) -> new Layer(List.of(block(1, before, mixer, null)));
  }

  private static Block block(float multiplier, Place before, Part part, Place after) {
    return new Block(multiplier, List.of(new Branch(before, part, after)));
  }
}
