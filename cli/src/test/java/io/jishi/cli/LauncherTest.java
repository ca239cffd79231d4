// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher, in a clone of a few files, with JDKs and a Maven that are scripts. */
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {
  private static final List<String> TOOLS =
      List.of(
          "dirname",
          "find",
          "flock",
          "grep",
          "head",
          "locale",
          "mkdir",
          "readlink",
          "rm",
          "sed",
          "sleep",
          "touch");

  @TempDir private Path temp;
  private Path root;
  private Path clone;
  private Path bin;
  private final Map<String, String> environment = new TreeMap<>();

  record Result(int code, String out, String err) {}

  @BeforeEach
  void aCloneWithMavenAndNoJdk() throws IOException {
    root = Files.createDirectory(temp.resolve("root"));
    clone = Files.createDirectories(temp.resolve("a folder/of jishi"));
    bin = Files.createDirectory(temp.resolve("bin"));
    Files.copy(Path.of("..", "jishi"), clone.resolve("jishi"), StandardCopyOption.COPY_ATTRIBUTES);
    Files.createDirectories(clone.resolve("cli/src/main"));
    Files.writeString(clone.resolve("pom.xml"), "");
    for (String tool : TOOLS) {
      for (Path folder : List.of(Path.of("/usr/bin"), Path.of("/bin"))) {
        if (Files.exists(folder.resolve(tool)) && !Files.exists(bin.resolve(tool))) {
          Files.createSymbolicLink(bin.resolve(tool), folder.resolve(tool));
        }
      }
    }
    environment.put("PATH", bin.toString());
    environment.put("HOME", temp.resolve("home").toString());
    environment.put("JISHI_ROOTS", root.toString());
    maven("touch cli/target/lib.txt");
  }

  /** Maven as a script: it notes each run, then builds. */
  private void maven(String build) throws IOException {
    script(
        bin.resolve("mvn"),
        """
        cd "$(dirname "$3")"
        echo "$JAVA_HOME" >>builds
        echo "[INFO] Building Jishi: base 0.1.0                    [3/9]"
        sleep 0.3
        """
            + build);
  }

  private List<String> builds() throws IOException {
    Path builds = clone.resolve("builds");
    return Files.exists(builds) ? Files.readAllLines(builds) : List.of();
  }

  /** A JDK whose java tells its version and its arguments. */
  private Path jdk(String folder, String version) throws IOException {
    Path home = root.resolve(folder);
    script(home.resolve("bin/java"), "echo java " + version + "; printf '<%s>' \"$@\"");
    script(home.resolve("bin/javac"), "");
    Files.writeString(
        home.resolve("release"),
        "IMPLEMENTOR=\"X\"\nJAVA_VERSION=\"" + version + "\"\nOS_NAME=\"X\"\n");
    return home;
  }

  private static void script(Path file, String body) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n" + body + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Process start(Path launcher, String... arguments) throws IOException {
    String[] command = new String[arguments.length + 1];
    command[0] = launcher.toString();
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    ProcessBuilder builder = new ProcessBuilder(command).directory(temp.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    return builder
        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
        .start();
  }

  private static Result end(Process process) throws Exception {
    String out = new String(process.getInputStream().readAllBytes());
    String err = new String(process.getErrorStream().readAllBytes());
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Result(process.exitValue(), out, err);
  }

  private Result jishi(String... arguments) throws Exception {
    return end(start(clone.resolve("jishi"), arguments));
  }

  @Test
  void withoutAJdkOneLineSaysWhatToInstall() throws Exception {
    jdk("usr/lib/jvm/java-17", "17.0.15");
    jdk("usr/lib/jvm/old-25", "25.0.2");
    Result result = jishi("--version");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).contains("JDK 25.0.3 or later", "install").hasLineCount(1);
    assertThat(builds()).isEmpty();
  }

  @Test
  void aJdkOfTheUsualFoldersIsFound() throws Exception {
    jdk("usr/lib/jvm/java-17", "17.0.15");
    for (String folder :
        List.of(
            "usr/lib/jvm/temurin-25-jdk",
            "usr/lib/jvm/newest",
            "opt/jdk",
            "opt/java/openjdk",
            "Library/Java/JavaVirtualMachines/temurin/Contents/Home",
            "../home/.sdkman/candidates/java/25.0.3-tem",
            "../home/.jdks/temurin-25.0.3")) {
      Path home = jdk(folder, "25.0.3");
      assertThat(jishi().out()).as(folder).startsWith("java 25.0.3");
      Files.delete(home.resolve("bin/java"));
    }
  }

  @Test
  void ownSettingComesBeforeJavaHomeBeforeTheFolders() throws Exception {
    jdk("usr/lib/jvm/jdk-25", "25.0.3");
    environment.put("JAVA_HOME", jdk("java home", "26").toString());
    assertThat(jishi().out()).startsWith("java 26\n");
    environment.put("JISHI_JAVA_HOME", jdk("mine", "27-ea").toString());
    assertThat(jishi().out()).startsWith("java 27-ea\n");
  }

  @Test
  void aJavaHomeThatIsTooOldIsPassedOver() throws Exception {
    environment.put("JAVA_HOME", jdk("old", "17.0.15").toString());
    jdk("usr/lib/jvm/jdk-25", "25.0.3");
    assertThat(jishi().out()).startsWith("java 25.0.3\n");
  }

  @Test
  void anOwnSettingThatIsWrongIsAnError() throws Exception {
    jdk("usr/lib/jvm/jdk-25", "25.0.3");
    for (String version : List.of("17.0.15", "1.8.0_392", "25", "25.0.2", "24.9.9")) {
      environment.put("JISHI_JAVA_HOME", jdk("mine", version).toString());
      Result result = jishi();
      assertThat(result.code()).as(version).isEqualTo(1);
      assertThat(result.err()).contains("JISHI_JAVA_HOME", version, "25.0.3").hasLineCount(1);
    }
    environment.put("JISHI_JAVA_HOME", "/nowhere");
    assertThat(jishi().err()).contains("/nowhere is no JDK");
  }

  @Test
  void laterVersionsAreNewEnough() throws Exception {
    for (String version : List.of("25.0.3", "25.0.10", "25.0.3.1", "25.1", "26-ea", "100.0.1")) {
      environment.put("JISHI_JAVA_HOME", jdk("mine", version).toString());
      assertThat(jishi().out()).as(version).startsWith("java " + version + "\n");
    }
  }

  @Test
  void aJdkWithoutAReleaseFileIsAsked() throws Exception {
    Path home = jdk("usr/lib/jvm/jdk-25", "25.0.4");
    Files.delete(home.resolve("release"));
    script(home.resolve("bin/java"), "echo 'openjdk version \"25.0.4\" 2026-07-21' >&2");
    assertThat(jishi().code()).isZero();
  }

  @Test
  void theJavaOnThePathIsTheLastResort() throws Exception {
    Path home = jdk("elsewhere", "25.0.3");
    script(
        bin.resolve("java"),
        "echo '    java.home = " + home + "' >&2; echo '    java.vendor = X' >&2");
    assertThat(jishi().out()).startsWith("java 25.0.3\n");
  }

  @Test
  void argumentsArriveAsTheyAre() throws Exception {
    jdk("opt/jdk", "25.0.3");
    environment.put("JISHI_JAVA_OPTS", "-Xmx1g -Dx=y");
    // From a script, since a JVM in a plain ASCII locale cannot pass such an argument itself.
    Path caller = temp.resolve("caller");
    script(caller, "exec '" + clone.resolve("jishi") + "' \"$@\" 你好");
    assertThat(end(start(caller, "run", "a  b", "", "*", "$HOME")).out())
        .contains("<-Xmx1g><-Dx=y>", "<--module-path><" + clone.toRealPath() + "/cli/target/lib>")
        .endsWith("/io.jishi.cli.Main><run><a  b><><*><$HOME><你好>");
  }

  @Test
  void linksLeadToTheClone() throws Exception {
    jdk("opt/jdk", "25.0.3");
    Path links = Files.createDirectories(temp.resolve("some links"));
    Files.createSymbolicLink(links.resolve("one"), clone.resolve("jishi"));
    Files.createSymbolicLink(links.resolve("two"), Path.of("one"));
    Result result = end(start(links.resolve("two")));
    assertThat(result.out()).contains("<" + clone.toRealPath() + "/cli/target/lib>");
  }

  @Test
  void theFirstStartBuildsWithThatJdkAndTheNextDoesNot() throws Exception {
    Path home = jdk("opt/jdk", "25.0.3");
    Result first = jishi();
    assertThat(first.err()).contains("building", "[3/9] base");
    assertThat(builds()).containsExactly(home.toString());
    assertThat(jishi().err()).isEmpty();
    assertThat(builds()).hasSize(1);
  }

  @Test
  void twoFirstStartsBuildOnce() throws Exception {
    jdk("opt/jdk", "25.0.3");
    Process one = start(clone.resolve("jishi"));
    Process two = start(clone.resolve("jishi"));
    assertThat(end(one).out()).startsWith("java 25.0.3");
    assertThat(end(two).out()).startsWith("java 25.0.3");
    assertThat(builds()).hasSize(1);
  }

  @Test
  void newerSourcesAreBuiltAgain() throws Exception {
    jdk("opt/jdk", "25.0.3");
    jishi();
    Path source = Files.writeString(clone.resolve("cli/src/main/New.java"), "");
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(60)));
    jishi();
    assertThat(builds()).hasSize(2);
    Files.delete(bin.resolve("mvn"));
    Result old = jishi();
    assertThat(old.out()).startsWith("java 25.0.3");
    assertThat(old.err()).contains("warning: the sources are newer").hasLineCount(1);
  }

  @Test
  void aBuildThatFailsShowsItsErrorsAndIsTriedAgain() throws Exception {
    jdk("opt/jdk", "25.0.3");
    maven("echo '[INFO] fine'; echo '[ERROR] no such symbol'; exit 1");
    Result result = jishi();
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .contains("[ERROR] no such symbol", "the build failed", "build.log")
        .doesNotContain("fine");
    maven("touch cli/target/lib.txt");
    assertThat(jishi().code()).isZero();
  }

  @Test
  void withoutMavenOneLineSaysWhatToInstall() throws Exception {
    jdk("opt/jdk", "25.0.3");
    Files.delete(bin.resolve("mvn"));
    Result result = jishi();
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).contains("Maven 3.8 or later", "install").hasLineCount(1);
  }
}
