package io.virtrig.daemon.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.virtrig.daemon.Daemon;
import io.virtrig.daemon.limits.ThreatTable.Row;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Attacks on a daemon with a small heap while a polite client uses it. What each comes to is what
 * the table of the threat model says, and the table has no more and no less than what is tried
 * here.
 */
class HostileClientsTest {
  private static final int HEAP_MIB = 256;
  private static final int MOST_LOG = 10_000;

  private static ForkedDaemon daemon;
  private static Daemon impatient;
  private static PoliteClient polite;
  private static final List<Row> SEEN = new ArrayList<>();

  @BeforeAll
  static void start() throws IOException {
    daemon = new ForkedDaemon(HEAP_MIB);
    impatient = PatienceAttacks.impatientDaemon();
    polite = new PoliteClient(daemon.grpc());
  }

  @AfterAll
  static void stop() throws Exception {
    System.out.println("| attack | limit | outcome |\n| --- | --- | --- |");
    SEEN.forEach(System.out::println);
    polite.close();
    impatient.close();
    daemon.close();
  }

  /** An attack: what it is, what it runs into, and how it ends. */
  record Attack(String name, String limit, Run run) {}

  interface Run {
    String outcome() throws Exception;
  }

  @TestFactory
  Stream<DynamicTest> attacksEndAsTheThreatModelSays() throws IOException {
    Map<String, Row> expected = new LinkedHashMap<>();
    ThreatTable.rows().forEach(row -> expected.put(row.attack(), row));
    return attacks().stream()
        .map(attack -> dynamicTest(attack.name(), () -> holds(attack, expected)));
  }

  @Test
  void theThreatModelNamesTheAttacksThatAreTried() throws IOException {
    assertThat(attacks())
        .extracting(Attack::name)
        .containsExactlyElementsOf(ThreatTable.rows().stream().map(Row::attack).toList());
  }

  private static List<Attack> attacks() {
    List<Attack> attacks = new ArrayList<>();
    attacks.addAll(FrameAttacks.on(daemon));
    attacks.addAll(HeaderAttacks.on(daemon));
    attacks.addAll(MessageAttacks.on(daemon));
    attacks.addAll(SlowReaderAttacks.on(daemon));
    attacks.addAll(PatienceAttacks.on(impatient));
    attacks.addAll(CrowdAttacks.on(daemon));
    return attacks;
  }

  private static void holds(Attack attack, Map<String, Row> expected) throws Exception {
    Row seen = new Row(attack.name(), attack.limit(), attack.run().outcome());
    SEEN.add(seen);
    assertThat(daemon.alive()).as(daemon.log()).isTrue();
    assertThat(daemon.log()).as("what strangers made it write").hasSizeLessThan(MOST_LOG);
    polite.isServed();
    assertThat(seen).isEqualTo(expected.get(attack.name()));
  }
}
