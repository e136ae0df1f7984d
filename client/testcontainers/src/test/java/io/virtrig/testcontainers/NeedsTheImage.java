package io.virtrig.testcontainers;

import com.github.dockerjava.api.exception.NotFoundException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.testcontainers.DockerClientFactory;

/**
 * Tests that are skipped, with a line that says so, where there is no container engine or it lacks
 * the image; with {@code -Dcontainers.required=true} they fail there.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NeedsTheImage.Condition.class)
@interface NeedsTheImage {

  /** The image's name. */
  String NAME = System.getProperty("virtrig.containers.image", VirtrigContainer.DEFAULT_IMAGE);

  /** Looks for it. */
  final class Condition implements ExecutionCondition {

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      if (Boolean.getBoolean("virtrig.containers.required")) {
        return ConditionEvaluationResult.enabled("required");
      }
      String missing = missing();
      if (missing.isEmpty()) {
        return ConditionEvaluationResult.enabled("all is there");
      }
      System.out.println("Skipped " + context.getDisplayName() + ": " + missing);
      return ConditionEvaluationResult.disabled(missing);
    }

    private static String missing() {
      // Testcontainers looks for an engine at length, and logs how it fails.
      if (System.getenv("DOCKER_HOST") == null && !Files.exists(Path.of("/var/run/docker.sock"))) {
        return "there is no container engine";
      }
      if (!DockerClientFactory.instance().isDockerAvailable()) {
        return "the container engine does not answer";
      }
      try {
        var unused = DockerClientFactory.lazyClient().inspectImageCmd(NAME).exec();
        return "";
      } catch (NotFoundException e) {
        return "the image " + NAME + " has not been built";
      }
    }
  }
}
