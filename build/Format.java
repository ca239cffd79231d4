// SPDX-License-Identifier: Apache-2.0
import com.google.googlejavaformat.java.Main;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Runs google-java-format over every module's sources; argument {@code check} or {@code write}. */
public final class Format {
  private Format() {}

  public static void main(String[] args) throws Exception {
    boolean write = args.length > 0 && args[0].equals("write");
    List<String> command = new ArrayList<>();
    command.addAll(write ? List.of("--replace") : List.of("--dry-run", "--set-exit-if-changed"));
    try (Stream<Path> modules = Files.list(Path.of(""))) {
      for (Path module : modules.filter(m -> Files.isDirectory(m.resolve("src"))).sorted().toList()) {
        try (Stream<Path> files = Files.walk(module.resolve("src"))) {
          files.map(Path::toString).filter(f -> f.endsWith(".java")).sorted().forEach(command::add);
        }
      }
    }
    PrintWriter out = new PrintWriter(System.out, true);
    PrintWriter err = new PrintWriter(System.err, true);
    int code = new Main(out, err, System.in).format(command.toArray(String[]::new));
    if (code != 0 && !write) {
      err.println("The files above are not formatted. Run: mvn -N -Dformat.mode=write process-sources");
    }
    System.exit(code);
  }
}
