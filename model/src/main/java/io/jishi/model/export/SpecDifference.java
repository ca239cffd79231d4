// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.model.DecoderSpec;
import io.jishi.model.RopeSpec;
import io.jishi.tensor.Rope;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The first place where two specs are not the same mathematics. Numbers may differ by the rounding
 * of files that keep them in single precision; rotations are compared by their frequencies, however
 * these are described.
 */
final class SpecDifference {
  /** Some roundings to single precision of numbers that were computed in double. */
  private static final double ROUNDING = 2e-6;

  private static final int SHOWN = 60;

  private static final Pattern TOKEN = Pattern.compile("-?\\d+(?:\\.\\d+)?(?:E-?\\d+)?|[^-\\d]+|-");

  private SpecDifference() {}

  /** What differs, in words, or null where nothing does. */
  static String find(DecoderSpec is, DecoderSpec read) {
    String all = text("the model", outline(is), outline(read));
    if (all == null) {
      all = text("the model", scores(is), scores(read));
    }
    if (all != null) {
      return all;
    }
    for (int l = 0; l < is.layers().size(); l++) {
      List<RopeSpec> mine = new ArrayList<>();
      List<RopeSpec> others = new ArrayList<>();
      String layer = "layer " + l;
      String differs =
          text(
              layer,
              bare(is.layers().get(l), mine).toString(),
              bare(read.layers().get(l), others).toString());
      for (int r = 0; differs == null && r < mine.size(); r++) {
        differs = rotation(layer, mine.get(r), others.get(r), is.context());
      }
      if (differs != null) {
        return differs;
      }
    }
    return null;
  }

  /** What is made of whole sequences; poolers are left out by GGUF and do not count. */
  private static String scores(DecoderSpec s) {
    return s.scores() ? s.summary().toString() : "no scores";
  }

  private static String outline(DecoderSpec s) {
    DecoderSpec.Embedding e = s.embedding();
    return "vocabulary %d, width %d, context %d, layers %d, %s, %s, %s"
        .formatted(
            s.vocabulary(),
            s.width(),
            s.context(),
            s.layers().size(),
            new DecoderSpec.Embedding(e.scale(), e.positions(), 0, e.types(), e.norm()),
            s.norm(),
            s.head());
  }

  /** A layer without its rotations, which are listed apart. */
  private static DecoderSpec.Layer bare(DecoderSpec.Layer layer, List<RopeSpec> ropes) {
    List<DecoderSpec.Block> blocks = new ArrayList<>();
    for (DecoderSpec.Block block : layer.blocks()) {
      List<DecoderSpec.Branch> branches = new ArrayList<>();
      for (DecoderSpec.Branch b : block.branches()) {
        branches.add(
            new DecoderSpec.Branch(
                b.pre(), b.inScale(), bare(b.part(), ropes), b.outScale(), b.post()));
      }
      blocks.add(new DecoderSpec.Block(block.multiplier(), branches, block.post()));
    }
    return new DecoderSpec.Layer(blocks);
  }

  private static DecoderSpec.Part bare(DecoderSpec.Part part, List<RopeSpec> ropes) {
    return switch (part) {
      case DecoderSpec.GroupedAttention a -> a.withRope(kept(a.rope(), ropes));
      case DecoderSpec.BidirectionalAttention b ->
          new DecoderSpec.BidirectionalAttention(
              b.heads().withRope(kept(b.heads().rope(), ropes)), b.reach());
      case DecoderSpec.LatentAttention a -> a.withRope(kept(a.rope(), ropes));
      default -> part;
    };
  }

  private static RopeSpec kept(RopeSpec rope, List<RopeSpec> ropes) {
    if (rope == null) {
      return null;
    }
    ropes.add(rope);
    return new RopeSpec(rope.style(), rope.dims(), 0, new RopeSpec.Plain(), null);
  }

  private static String rotation(String where, RopeSpec is, RopeSpec read, int context) {
    double original = is.scaling() instanceof RopeSpec.LongFactors f ? f.original() : context;
    for (int length : new int[] {context, (int) Math.min(context, original)}) {
      Rope mine = is.rope(length);
      Rope other = read.rope(length);
      // A model of texts alone has no axes: a text's places are the same along all of them.
      boolean axes = is.axes() == null || is.axes().equals(read.axes());
      boolean same = axes && near(mine.magnitude(), other.magnitude());
      for (int i = 0; same && i < mine.frequencies().length; i++) {
        same = near(mine.frequencies()[i], other.frequencies()[i]);
      }
      if (!same) {
        return where + " has the rotation " + is + ", which would be read as " + read;
      }
    }
    return null;
  }

  private static boolean near(double a, double b) {
    return a == b || Math.abs(a - b) <= ROUNDING * Math.max(Math.abs(a), Math.abs(b));
  }

  /** The same of two descriptions. */
  static String text(String where, String is, String read) {
    Matcher mine = TOKEN.matcher(is);
    Matcher other = TOKEN.matcher(read);
    while (mine.find()) {
      if (!other.find() || !same(mine.group(), other.group())) {
        int at = 1 + Math.max(is.lastIndexOf(' ', mine.start()), is.lastIndexOf('[', mine.start()));
        return where + " has " + cut(is, at) + ", which would be read as " + cut(read, at);
      }
    }
    return other.find() ? where + " would be read as " + cut(read, other.start()) : null;
  }

  private static boolean same(String a, String b) {
    return a.equals(b)
        || number(a) && number(b) && near(Double.parseDouble(a), Double.parseDouble(b));
  }

  private static boolean number(String token) {
    return Character.isDigit(token.charAt(token.length() - 1));
  }

  private static String cut(String text, int from) {
    int start = Math.min(from, text.length());
    return "'" + text.substring(start, Math.min(text.length(), start + SHOWN)) + "'";
  }
}
