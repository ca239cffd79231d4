// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.export.Disk;
import io.jishi.train.mpi.MpiProcess;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingRunTest {
  @TempDir Path temp;

  /** What must be equal of two runs: all but speeds. */
  static List<String> trace(Path folder) throws IOException {
    List<String> trace = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve("metrics.jsonl"))) {
      JsonObject json = JsonObject.of("metrics", Json.parse("metrics", line));
      json.fields().remove("tokensPerSecond");
      trace.add(Json.write(json.fields()));
    }
    return trace;
  }

  private Path whole() {
    Path folder = temp.resolve("whole");
    ToyRun.run(
        folder, ToyRun.recipe(Recipe.Policy.STOP, 30), _ -> false, Disk.LOCAL, RunListener.NONE);
    return folder;
  }

  @Test
  void aKilledRunGoesOnToTheBit() throws Exception {
    Path killed = temp.resolve("killed");
    SplittableRandom random = new SplittableRandom();
    int kills = 3;
    for (int i = 0; i < kills; i++) {
      long at = 20 + i * 110 + random.nextInt(60);
      Process process = fork(ToyRun.class, killed.toString(), "30", "2", "390");
      while (process.isAlive() && lines(killed) < at) {
        Thread.sleep(1);
      }
      assertThat(process.destroyForcibly().waitFor()).isNotZero(); // SIGKILL
    }
    assertThat(fork(ToyRun.class, killed.toString(), "30", "0", "0").waitFor()).isZero();
    assertThat(trace(killed)).isEqualTo(trace(whole()));
    assertThat(trace(killed).stream().filter(l -> l.contains("rate"))).hasSize(ToyRun.STEPS);
  }

  static long lines(Path folder) throws IOException {
    Path file = folder.resolve("metrics.jsonl");
    if (!Files.exists(file)) {
      return 0;
    }
    try (Stream<String> lines = Files.lines(file)) {
      return lines.count();
    }
  }

  static Process fork(Class<?> program, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                MpiProcess.classPath(),
                program.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  @Test
  void theLastAndTheBestCheckpointsAreKept() throws IOException {
    Path folder = whole();
    try (Stream<Path> list = Files.list(folder.resolve("checkpoints"))) {
      assertThat(list.map(p -> p.getFileName().toString()))
          .contains("step-00000360", "step-00000390", "step-00000400")
          .hasSizeBetween(3, 4);
    }
  }

  @Test
  void theMetricsAreDrawn() {
    Path plots = whole().resolve("plots");
    for (String name : List.of("loss", "rate", "gradient")) {
      assertThat(plots.resolve(name + ".svg")).content().contains("<path d=\"M");
      assertThat(plots.resolve(name + ".png")).isNotEmptyFile();
    }
  }

  @Test
  void twoRunsInOneFolderAreRefused() {
    try (RunLock _ = RunLock.take(temp)) {
      assertThatThrownBy(() -> RunLock.take(temp))
          .isInstanceOf(JishiException.Busy.class)
          .hasMessageContaining("--out")
          .hasMessageContaining(Long.toString(ProcessHandle.current().pid()));
    }
    RunLock.take(temp).close();
  }

  @Test
  void aRunOfAnotherRecipeIsRefusedAndSaysWhatDiffers() {
    Path folder = whole();
    Recipe other = ToyRun.recipe(Recipe.Policy.STOP, 30);
    Recipe changed =
        new Recipe(
            other.name(),
            99,
            other.shape(),
            other.data(),
            other.vocabulary(),
            other.training(),
            other.gradients(),
            other.evaluation(),
            other.samples(),
            other.checkpoints(),
            other.divergence(),
            other.fineTune());
    assertThatThrownBy(() -> ToyRun.run(folder, changed, _ -> false, Disk.LOCAL, RunListener.NONE))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("'seed' was 1 and is 99");
  }

  @Test
  void aDamagedCheckpointIsRefused() throws IOException {
    Path folder = whole();
    Path weights = folder.resolve("checkpoints/step-00000400/model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 1] ^= 1;
    Files.write(weights, bytes);
    Recipe recipe = ToyRun.recipe(Recipe.Policy.STOP, 30);
    assertThatThrownBy(() -> ToyRun.run(folder, recipe, _ -> false, Disk.LOCAL, RunListener.NONE))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("checksum")
        .hasMessageContaining("remove the folder");
  }

  @Test
  void aCheckpointOfAnotherVersionIsRefused() throws IOException {
    Path folder = whole();
    Path state = folder.resolve("checkpoints/step-00000400/state/state.json");
    Files.writeString(state, Files.readString(state).replace("\"version\":1", "\"version\":2"));
    assertThatThrownBy(() -> Checkpoint.open(state.getParent().getParent()).restore(null, null))
        .isInstanceOf(JishiException.Unsupported.class)
        .hasMessageContaining("version 2");
  }

  @Test
  void aFullDiskStopsTheRunAndLosesNothing() throws IOException {
    Path folder = temp.resolve("full");
    AtomicLong room = new AtomicLong(6_000); // a few checkpoints of about 1.5 kB
    Disk small =
        file ->
            new FilterOutputStream(Disk.LOCAL.create(file)) {
              @Override
              public void write(byte[] data, int offset, int count) throws IOException {
                if (room.addAndGet(-count) < 0) {
                  throw new IOException("No space left on device");
                }
                out.write(data, offset, count);
              }
            };
    Recipe recipe = ToyRun.recipe(Recipe.Policy.STOP, 30);
    assertThatThrownBy(() -> ToyRun.run(folder, recipe, _ -> false, small, RunListener.NONE))
        .isInstanceOf(JishiException.OutOfResources.class)
        .hasMessageContaining("disk is full");
    // With room again the run goes on from the last whole checkpoint, and ends as any other.
    ToyRun.run(folder, recipe, _ -> false, Disk.LOCAL, RunListener.NONE);
    assertThat(trace(folder)).isEqualTo(trace(whole()));
  }

  @Test
  void aLossThatIsNoNumberStopsTheRun() throws IOException {
    Path folder = temp.resolve("nan");
    Recipe recipe = ToyRun.recipe(Recipe.Policy.STOP, 30);
    assertThatThrownBy(
            () -> ToyRun.run(folder, recipe, p -> p == 100, Disk.LOCAL, RunListener.NONE))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageContaining("step 101: the loss is NaN")
        .hasMessageContaining("rollback");
    assertThat(trace(folder).getLast()).contains("event").contains("NaN");
  }

  @Test
  void aRollbackPassesOverTheBatchesThatBrokeTheRun() throws IOException {
    Path folder = temp.resolve("back");
    List<String> notes = new ArrayList<>();
    RunListener listener =
        new RunListener() {
          @Override
          public void note(String text) {
            notes.add(text);
          }
        };
    Recipe recipe = ToyRun.recipe(Recipe.Policy.ROLLBACK, 30);
    var outcome = ToyRun.run(folder, recipe, p -> p == 100, Disk.LOCAL, listener);
    assertThat(outcome.finished()).isTrue();
    assertThat(notes).singleElement().asString().contains("back to step 90");
    assertThat(trace(folder).stream().filter(l -> l.contains("rate"))).hasSize(ToyRun.STEPS);
    assertThat(trace(folder).stream().filter(l -> l.contains("event"))).hasSize(1);
  }

  @Test
  void rollbacksAreBounded() {
    Path folder = temp.resolve("always");
    Recipe recipe = ToyRun.recipe(Recipe.Policy.ROLLBACK, 30);
    assertThatThrownBy(
            () -> ToyRun.run(folder, recipe, p -> p >= 100, Disk.LOCAL, RunListener.NONE))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageContaining("went back 2 times");
  }

  @Test
  void aLeapOfTheLossIsADivergence() {
    LossWatch watch = new LossWatch(8);
    for (int i = 0; i < 100; i++) {
      assertThat(watch.complaint(3 + 0.1 * Math.sin(i))).isNull();
    }
    assertThat(watch.complaint(3.5)).isNull();
    assertThat(watch.complaint(9)).contains("leapt to 9.000");
  }
}
