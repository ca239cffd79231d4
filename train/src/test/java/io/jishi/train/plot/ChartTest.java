// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.Inflater;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class ChartTest {
  private static Chart chart(boolean logarithmic, double... y) {
    double[] x = new double[y.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = i + 1;
    }
    return new Chart("Loss & <more>", "step", List.of(new Chart.Line("a", x, y)), logarithmic);
  }

  @Test
  void svgHasThePointsAndEscapesText() {
    String svg = chart(false, 3, 2, Double.NaN, 1).toSvg();
    assertThat(svg).startsWith("<svg ").endsWith("</svg>\n").contains("Loss &amp; &lt;more&gt;");
    String path = svg.replaceAll("(?s).*<path d=\"([^\"]*)\".*", "$1");
    assertThat(path.split("[ML]")).hasSize(4); // an empty start and three points
    assertThat(path.chars().filter(c -> c == 'M').count()).isEqualTo(2); // broken at the NaN
  }

  @Test
  void pngHoldsThePixels() throws Exception {
    byte[] png = chart(false, 3, 2, 1).toPng();
    assertThat(png).startsWith(0x89, 'P', 'N', 'G');
    java.nio.ByteBuffer in = java.nio.ByteBuffer.wrap(png, 8, png.length - 8);
    byte[] rows = new byte[Chart.HEIGHT * (1 + 3 * Chart.WIDTH)];
    while (in.hasRemaining()) {
      byte[] data = new byte[in.getInt() + 4];
      in.get(data);
      CRC32 sum = new CRC32();
      sum.update(data);
      assertThat((int) sum.getValue()).isEqualTo(in.getInt());
      if (new String(data, 0, 4, "US-ASCII").equals("IDAT")) {
        Inflater inflater = new Inflater();
        inflater.setInput(data, 4, data.length - 4);
        assertThat(inflater.inflate(rows)).isEqualTo(rows.length);
        assertThat(inflater.inflate(new byte[1])).isZero();
        assertThat(inflater.finished()).isTrue();
      }
    }
    Raster raster = Raster.of(chart(false, 3, 2, 1));
    assertThat(rows[1] & 255).isEqualTo(raster.pixel(0, 0) & 255);
    boolean blue = false;
    for (int x = Chart.LEFT + 1; x < Chart.WIDTH - Chart.RIGHT; x++) {
      int pixel = raster.pixel(x, 200);
      blue |= (pixel & 255) - (pixel >> 16 & 255) > 60; // the colour, blended with white
    }
    assertThat(blue).isTrue();
  }

  @Property(tries = 50)
  void anyNumbersCanBeDrawn(@ForAll long seed, @ForAll boolean logarithmic) {
    Random random = new Random(seed);
    double[] y = new double[random.nextInt(5)];
    for (int i = 0; i < y.length; i++) {
      y[i] = Double.longBitsToDouble(random.nextLong());
    }
    Chart chart = chart(logarithmic, y);
    assertThatCode(chart::toSvg).doesNotThrowAnyException();
    assertThatCode(chart::toPng).doesNotThrowAnyException();
  }

  @Test
  void ticksAreRoundNumbers() {
    assertThat(chart(false, 0, 10).yAxis().ticks()).contains(0.0, 2.0, 4.0, 10.0);
    assertThat(Axis.label(0.25)).isEqualTo("0.25");
    assertThat(Axis.label(3e-4)).isEqualTo("3e-04");
    assertThat(Axis.label(2000)).isEqualTo("2000");
  }
}
