package io.virtrig.daemon.grpc;

import static io.virtrig.uapi.IoUring.IOSQE_CQE_SKIP_SUCCESS;
import static io.virtrig.uapi.IoUring.IOSQE_IO_DRAIN;
import static io.virtrig.uapi.IoUring.IOSQE_IO_HARDLINK;
import static io.virtrig.uapi.IoUring.IOSQE_IO_LINK;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.emulator.Host;
import io.virtrig.v1.Completion;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.DescribeHostRequest;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Refusal;
import io.virtrig.v1.Result;
import io.virtrig.v1.SubmissionEntry;
import io.virtrig.wire.RandomMessages;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Random batches over several hosts against chains cut out first and executed one by one. */
class RingModelTest {
  private static final String[] HOSTS = {"a", "b", "c"};
  private static final int ANY_FLAGS =
      IOSQE_IO_LINK | IOSQE_IO_HARDLINK | IOSQE_IO_DRAIN | IOSQE_CQE_SKIP_SUCCESS;

  @Test
  void batchesDoWhatTheirChainsSay() throws Exception {
    Map<String, Host> models = new HashMap<>();
    try (ServedDaemon daemon = new ServedDaemon();
        OpenRing ring = new OpenRing(daemon)) {
      for (String id : HOSTS) {
        daemon.hosts().createHost(CreateHostRequest.newBuilder().setHostId(id).build());
        models.put(id, new Host(HostSpec.getDefaultInstance()));
      }
      for (long seed = 0; seed < 150; seed++) {
        List<SubmissionEntry> batch = batch(new SplittableRandom(seed));
        List<Completion> completions = ring.run("a", batch.toArray(SubmissionEntry[]::new));
        assertThat(completions.stream().map(RingModelTest::withoutWords))
            .as("seed %d: %s", seed, batch)
            .containsExactlyElementsOf(expected(batch, models));
      }
      for (String id : HOSTS) {
        assertThat(
                daemon
                    .hosts()
                    .describeHost(DescribeHostRequest.newBuilder().setName(id).build())
                    .getStateHash())
            .isEqualTo(Objects.requireNonNull(models.get(id)).stateHash());
      }
    }
  }

  private static List<SubmissionEntry> batch(SplittableRandom random) {
    List<SubmissionEntry> batch = new ArrayList<>();
    for (int i = random.nextInt(1, 40); i > 0; i--) {
      batch.add(
          SubmissionEntry.newBuilder()
              .setUserData(random.nextLong())
              .setFlags(flags(random))
              .setHost(random.nextInt(3) == 0 ? "" : HOSTS[random.nextInt(HOSTS.length)])
              .setOperation(RandomMessages.operation(random))
              .build());
    }
    return batch;
  }

  /** Each flag on every fourth entry. */
  private static int flags(SplittableRandom random) {
    int one = random.nextInt();
    int other = random.nextInt();
    return one & other & ANY_FLAGS;
  }

  /** The batch cut into chains, each executed to its end or its first failure that counts. */
  private static List<Completion> expected(List<SubmissionEntry> batch, Map<String, Host> models) {
    List<Completion> completions = new ArrayList<>();
    for (int start = 0; start < batch.size(); ) {
      int end = start;
      while (end < batch.size() - 1 && isLinked(batch.get(end))) {
        end++;
      }
      boolean severed = false;
      for (SubmissionEntry entry : batch.subList(start, end + 1)) {
        Result result =
            severed
                ? Result.newBuilder()
                    .setRefusal(Refusal.newBuilder().setCode(Refusal.Code.CODE_CANCELLED))
                    .build()
                : model(models, entry).apply(entry.getOperation());
        boolean failed = result.hasErrno() || result.hasRefusal();
        if (failed || (entry.getFlags() & IOSQE_CQE_SKIP_SUCCESS) == 0) {
          completions.add(
              withoutWords(
                  Completion.newBuilder()
                      .setUserData(entry.getUserData())
                      .setResult(result)
                      .build()));
        }
        severed |= failed && (entry.getFlags() & IOSQE_IO_LINK) != 0;
      }
      start = end + 1;
    }
    return completions;
  }

  private static boolean isLinked(SubmissionEntry entry) {
    return (entry.getFlags() & (IOSQE_IO_LINK | IOSQE_IO_HARDLINK)) != 0;
  }

  private static Host model(Map<String, Host> models, SubmissionEntry entry) {
    Host model = models.get(entry.getHost().isEmpty() ? "a" : entry.getHost());
    assertThat(model).isNotNull();
    return model;
  }

  /** A cancellation names an entry, which the model does not. */
  private static Completion withoutWords(Completion completion) {
    if (completion.getResult().getRefusal().getCode() != Refusal.Code.CODE_CANCELLED) {
      return completion;
    }
    return completion.toBuilder()
        .setResult(
            Result.newBuilder()
                .setRefusal(Refusal.newBuilder().setCode(Refusal.Code.CODE_CANCELLED)))
        .build();
  }
}
