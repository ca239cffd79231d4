// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import javax.imageio.ImageIO;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageFilesTest {
  private static byte[] file(BufferedImage image, String format) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThat(ImageIO.write(image, format, out)).isTrue();
    return out.toByteArray();
  }

  private static BufferedImage colours(int type) {
    BufferedImage image = new BufferedImage(5, 3, type);
    Random random = new Random(1);
    for (int i = 0; i < 15; i++) {
      image.setRGB(i % 5, i / 5, random.nextInt() | 0xFF000000);
    }
    return image;
  }

  @ParameterizedTest
  @ValueSource(strings = {"png", "bmp"})
  void colouredFilesGiveTheirColours(String format) throws IOException {
    BufferedImage source = colours(BufferedImage.TYPE_INT_RGB);
    Image image = ImageFiles.decode("a", file(source, format));
    assertThat(image.width()).isEqualTo(5);
    assertThat(image.height()).isEqualTo(3);
    for (int i = 0; i < 15; i++) {
      int rgb = source.getRGB(i % 5, i / 5);
      assertThat(image.rgb()[3 * i]).isEqualTo((byte) (rgb >> 16));
      assertThat(image.rgb()[3 * i + 1]).isEqualTo((byte) (rgb >> 8));
      assertThat(image.rgb()[3 * i + 2]).isEqualTo((byte) rgb);
    }
  }

  @Test
  void transparencyIsLostAndColoursStay() throws IOException {
    BufferedImage source = new BufferedImage(1, 1, BufferedImage.TYPE_INT_ARGB);
    source.setRGB(0, 0, 0x40102030);
    assertThat(ImageFiles.decode("a", file(source, "png")).rgb()).containsExactly(16, 32, 48);
  }

  @Test
  void aGreyNumberStaysTheNumber() throws IOException {
    BufferedImage source = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_GRAY);
    source.getRaster().setSample(0, 0, 0, 100);
    source.getRaster().setSample(1, 0, 0, 7);
    assertThat(ImageFiles.decode("a", file(source, "png")).rgb())
        .containsExactly(100, 100, 100, 7, 7, 7);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 4, 2, 'ABCDEFGH'", "2, 4, 2, 'DCBAHGFE'", "3, 4, 2, 'HGFEDCBA'", "4, 4, 2, 'EFGHABCD'",
    "5, 2, 4, 'AEBFCGDH'", "6, 2, 4, 'EAFBGCHD'", "7, 2, 4, 'HDGCFBEA'", "8, 2, 4, 'DHCGBFAE'"
  })
  void anImageStandsAsTheCameraWasHeld(int tag, int width, int height, String expected) {
    byte[] rgb = new byte[24];
    for (int i = 0; i < 24; i++) {
      rgb[i] = (byte) ('A' + i / 3);
    }
    Image turned = Orientation.of(jpeg(tag)).turn(new Image(4, 2, rgb));
    assertThat(turned.width()).isEqualTo(width);
    assertThat(turned.height()).isEqualTo(height);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      text.append((char) turned.rgb()[3 * i]);
    }
    assertThat(text).hasToString(expected);
  }

  /** The beginning of a JPEG file with that orientation. */
  private static byte[] jpeg(int tag) {
    ByteBuffer out = ByteBuffer.allocate(64);
    out.putShort((short) 0xFFD8).putShort((short) 0xFFE1).putShort((short) 34);
    out.putInt(0x45786966).putShort((short) 0);
    out.putShort((short) 0x4D4D).putShort((short) 42).putInt(8);
    out.putShort((short) 1).putShort((short) 0x0112).putShort((short) 3).putInt(1);
    out.putShort((short) tag).putShort((short) 0).putInt(0);
    return Arrays.copyOf(out.array(), out.position());
  }

  @Test
  void aPhotographIsTurned() throws IOException {
    byte[] plain = file(colours(BufferedImage.TYPE_INT_RGB), "jpg");
    byte[] head = jpeg(6);
    byte[] turned = Arrays.copyOf(head, head.length + plain.length - 2);
    System.arraycopy(plain, 2, turned, head.length, plain.length - 2);
    assertThat(ImageFiles.decode("a", turned).width()).isEqualTo(3);
  }

  @Test
  void anImageTooLargeIsRefusedBeforeItsPixelsAreRead() throws IOException {
    byte[] png = file(new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB), "png");
    ByteBuffer.wrap(png).putInt(16, 60_000).putInt(20, 60_000);
    java.util.zip.CRC32 check = new java.util.zip.CRC32();
    check.update(png, 12, 17);
    ByteBuffer.wrap(png).putInt(29, (int) check.getValue());
    assertThatThrownBy(() -> ImageFiles.decode("big.png", png))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("big.png: has 60000 x 60000 pixels");
  }

  @Property(tries = 300)
  void anyBytesAreAnImageOrAnErrorOfOurs(@ForAll @Size(max = 200) byte[] bytes) {
    try {
      ImageFiles.decode("a", bytes);
    } catch (JishiException e) {
      assertThat(e).hasMessageStartingWith("a: ");
    }
  }

  @Property(tries = 200)
  void aDamagedFileIsAnImageOrAnErrorOfOurs(@ForAll long seed) throws IOException {
    Random random = new Random(seed);
    String format = new String[] {"png", "jpg", "gif", "bmp"}[random.nextInt(4)];
    byte[] bytes = file(colours(BufferedImage.TYPE_INT_RGB), format);
    for (int i = 0; i < 3; i++) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    try {
      ImageFiles.decode("a", Arrays.copyOf(bytes, bytes.length - random.nextInt(20)));
    } catch (JishiException e) {
      assertThat(e).hasMessageStartingWith("a: ");
    }
  }
}
