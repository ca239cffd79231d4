// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.zip.CRC32;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CodebookTest {

  /** Checksums of the reference's tables (gguf 0.19.0), one signed byte a value. */
  @ParameterizedTest
  @CsvSource({
    "IQ1, 2048, 8, b85e6ccf",
    "IQ2_XXS, 256, 8, 9924ff02",
    "IQ2_XS, 512, 8, fa1e1bfd",
    "IQ2_S, 1024, 8, 25ae5bf1",
    "IQ3_XXS, 256, 4, 07ba9ed0",
    "IQ3_S, 512, 4, f576e4f3"
  })
  void everyPointIsTheReferences(Codebook book, int size, int width, String checksum) {
    assertThat(book.size()).isEqualTo(size);
    assertThat(book.width()).isEqualTo(width);
    CRC32 crc = new CRC32();
    for (int point = 0; point < size; point++) {
      for (int i = 0; i < width; i++) {
        crc.update(book.value(point, i));
      }
    }
    assertThat(String.format("%08x", crc.getValue())).isEqualTo(checksum);
  }
}
