// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EncodingTest {
  /** What GNU as 2.40 made of the texts: {@code text = hex}, a line each. */
  private static final String TABLE = "encodings.txt";

  private static final Pattern LISTING =
      Pattern.compile("^ *(\\d+) (?:[0-9a-f]{4}|    ) ([0-9A-F ]+?) *(?:\t.*)?$");

  @Test
  void everyInstructionIsAsTheCommittedTableSays() throws IOException {
    List<String> lines = new ArrayList<>();
    EncodingCases.all().forEach(c -> lines.add(c.text() + " = " + c.hex()));
    try (InputStream in = EncodingTest.class.getResourceAsStream(TABLE)) {
      String table = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
      assertThat(lines).isEqualTo(table.lines().toList());
    }
  }

  @Test
  void aReferenceAssemblerAgrees(@TempDir Path folder) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/as")), "there is no GNU assembler here");
    List<EncodingCases.Case> cases = EncodingCases.all();
    List<String> reference = assemble(folder, cases);
    for (int i = 0; i < cases.size(); i++) {
      assertThat(cases.get(i).hex()).as(cases.get(i).text()).isEqualTo(reference.get(i));
    }
  }

  @Test
  void jumpsReachTheirLabels() {
    Assembler asm = new Assembler();
    Label end = new Label();
    Label loop = new Label();
    asm.bind(loop);
    asm.jump(Assembler.Condition.EQUAL, end);
    asm.jump(loop);
    asm.bind(end);
    assertThat(asm.toBytes()).containsExactly(0x0F, 0x84, 5, 0, 0, 0, 0xE9, -11, -1, -1, -1);
    assertThatThrownBy(() -> asm.bind(end)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aFormThatDoesNotExistIsRefused() {
    Assembler asm = new Assembler();
    assertThatThrownBy(() -> asm.op(Op.VPSIGNB, Vec.zmm(1), Vec.zmm(2), Vec.zmm(3)))
        .hasMessageContaining("VPSIGNB");
    assertThatThrownBy(() -> asm.op(Op.VPADDB, Vec.zmm(1), Vec.zmm(2), Mem.at(Gp.RAX).toAll()))
        .hasMessageContaining("VPADDB");
  }

  private static List<String> assemble(Path folder, List<EncodingCases.Case> cases)
      throws IOException, InterruptedException {
    StringBuilder source = new StringBuilder();
    cases.forEach(c -> source.append(c.text()).append('\n'));
    Path file = folder.resolve("cases.s");
    Files.writeString(file, source);
    Process process =
        new ProcessBuilder(
                "/usr/bin/as",
                "--64",
                "-msyntax=intel",
                "-mnaked-reg",
                "-aln",
                "--listing-lhs-width=8",
                "-o",
                folder.resolve("cases.o").toString(),
                file.toString())
            .redirectErrorStream(true)
            .start();
    String listing = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    assertThat(process.waitFor()).as(listing).isZero();
    List<StringBuilder> hex = new ArrayList<>();
    cases.forEach(c -> hex.add(new StringBuilder()));
    for (String line : listing.split("\n")) {
      Matcher m = LISTING.matcher(line);
      if (m.matches()) {
        hex.get(Integer.parseInt(m.group(1)) - 1)
            .append(m.group(2).replace(" ", "").toLowerCase(Locale.ROOT));
      }
    }
    return hex.stream().map(StringBuilder::toString).toList();
  }
}
