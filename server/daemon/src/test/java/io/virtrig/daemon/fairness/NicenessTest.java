package io.virtrig.daemon.fairness;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class NicenessTest {
  @Test
  void isOfOneThreadAlone() throws Exception {
    int before = nice();
    int lowered =
        inAnotherThread(
            () -> {
              Niceness.ofThisThread(before + 3);
              return nice();
            });
    assertThat(lowered).isEqualTo(before + 3);
    assertThat(nice()).isEqualTo(before);
    assertThat(inAnotherThread(NicenessTest::nice)).isEqualTo(before);
  }

  @Test
  void isTheMostWhenMoreIsAsked() throws Exception {
    int lowered =
        inAnotherThread(
            () -> {
              Niceness.ofThisThread(100);
              return nice();
            });
    assertThat(lowered).isEqualTo(19);
  }

  private static int inAnotherThread(Callable<Integer> task) throws Exception {
    FutureTask<Integer> result = new FutureTask<>(task);
    Thread.ofPlatform().start(result);
    return result.get();
  }

  /** The 19th field of proc_pid_stat(5); the name, the second, is in parentheses. */
  private static int nice() throws Exception {
    String stat = Files.readString(Path.of("/proc/thread-self/stat"));
    return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[16]);
  }
}
