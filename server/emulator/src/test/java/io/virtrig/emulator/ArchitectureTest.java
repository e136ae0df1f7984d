package io.virtrig.emulator;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

/**
 * The layers of the emulator, and that it is pure: no RPC, I/O, thread, clock or randomness can
 * reach a result.
 */
@AnalyzeClasses(packages = "io.virtrig.emulator", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String HARDWARE = "io.virtrig.emulator.hardware..";
  private static final String KERNEL = "io.virtrig.emulator.kernel..";
  private static final String VMM = "io.virtrig.emulator.vmm..";

  @ArchTest
  static final ArchRule hardwareKnowsNothingAboveIt =
      noClasses()
          .that()
          .resideInAPackage(HARDWARE)
          .should()
          .dependOnClassesThat(resideInAnyPackage(KERNEL, VMM));

  @ArchTest
  static final ArchRule kernelKnowsNothingAboveIt =
      noClasses()
          .that()
          .resideInAPackage(KERNEL)
          .should()
          .dependOnClassesThat(resideInAPackage(VMM));

  @ArchTest
  static final ArchRule vmmKnowsTheKernelByItsSystemCallsOnly =
      noClasses()
          .that()
          .resideInAPackage(VMM)
          .should()
          .dependOnClassesThat(resideInAnyPackage(KERNEL, HARDWARE));

  @ArchTest
  static final ArchRule noRpcNoInputAndOutputNoThreads =
      noClasses()
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(
                  "io.grpc..",
                  "io.netty..",
                  "io.micrometer..",
                  "java.net..",
                  "java.nio.file..",
                  "java.nio.channels..",
                  "java.time..",
                  "java.util.concurrent..",
                  "org.slf4j.."))
          .orShould()
          .dependOnClassesThat(inputOrOutput())
          .orShould()
          .dependOnClassesThat()
          .belongToAnyOf(Thread.class, Random.class, ThreadLocalRandom.class, UUID.class)
          .orShould()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(Math.class, "random");

  @ArchTest
  static final ArchRule noOrderOfHashes =
      noClasses()
          .should()
          .callMethod(HashMap.class, "entrySet")
          .orShould()
          .callMethod(HashMap.class, "values")
          .orShould()
          .callMethod(HashMap.class, "keySet")
          .orShould()
          .dependOnClassesThat()
          .belongToAnyOf(IdentityHashMap.class)
          .orShould()
          .callMethod(System.class, "identityHashCode", Object.class);

  @ArchTest
  static final ArchRule packagesFormNoCycle =
      SlicesRuleDefinition.slices().matching("io.virtrig.emulator.(*)..").should().beFreeOfCycles();

  /** java.io but for what serializable exceptions and closed resources need. */
  private static DescribedPredicate<JavaClass> inputOrOutput() {
    return DescribedPredicate.describe(
        "do input or output",
        type ->
            type.getPackageName().equals("java.io")
                && !type.getSimpleName().equals("Serializable")
                && !type.getSimpleName().equals("ObjectStreamException"));
  }

  @Test
  void grpcIsNotOnTheClassPath() {
    assertThatThrownBy(() -> Class.forName("io.grpc.Status"))
        .isInstanceOf(ClassNotFoundException.class);
  }
}
