package io.virtrig.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BearerTokenTest {
  @Test
  void theVariableWinsOverTheFile(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("token"), "in-file\n");
    assertThat(BearerToken.from(Map.of())).isEmpty();
    assertThat(BearerToken.from(Map.of(BearerToken.VARIABLE, " "))).isEmpty();
    assertThat(BearerToken.from(Map.of(BearerToken.FILE_VARIABLE, file.toString()))).isPresent();
    assertThat(
            BearerToken.from(
                Map.of(BearerToken.VARIABLE, "given", BearerToken.FILE_VARIABLE, "/absent")))
        .isPresent();
    assertThatThrownBy(() -> BearerToken.from(Map.of(BearerToken.FILE_VARIABLE, "/absent")))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("/absent");
    assertThat(BearerToken.of("s3cret").toString()).doesNotContain("s3cret");
  }
}
