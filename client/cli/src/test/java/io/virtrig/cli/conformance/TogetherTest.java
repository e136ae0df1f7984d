package io.virtrig.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class TogetherTest {
  private static final int THREADS = 100;

  @AutoClose private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
  private final ConcurrentLinkedQueue<List<Integer>> calls = new ConcurrentLinkedQueue<>();

  @Test
  void whatIsAskedMeanwhileGoesWithTheNextCallAndEachHasItsOwnAnswer() throws Exception {
    CountDownLatch under = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Together<Integer, Integer> doubled =
        new Together<>(
            questions -> {
              calls.add(questions);
              under.countDown();
              await(go);
              return questions.stream().map(question -> question * 2).toList();
            });
    Future<Integer> first = threads.submit(() -> doubled.ask(-1));
    under.await();
    ConcurrentLinkedQueue<Thread> asking = new ConcurrentLinkedQueue<>();
    List<Future<Integer>> others = new ArrayList<>();
    for (int i = 1; i < THREADS; i++) {
      int mine = i;
      others.add(
          threads.submit(
              () -> {
                asking.add(Thread.currentThread());
                return doubled.ask(mine);
              }));
    }
    Awaitility.await()
        .until(
            () ->
                asking.size() == THREADS - 1
                    && asking.stream().allMatch(one -> one.getState() == Thread.State.WAITING));
    go.countDown();
    assertThat(first.get()).isEqualTo(-2);
    for (int i = 1; i < THREADS; i++) {
      assertThat(others.get(i - 1).get()).isEqualTo(i * 2);
    }
    assertThat(calls.stream().map(List::size)).containsExactly(1, 64, 35);
    assertThat(calls.stream().flatMap(List::stream)).doesNotHaveDuplicates();
  }

  @Test
  void whoeverWentWithOneThatIsRefusedHasNoAnswer() throws Exception {
    Together<Integer, Integer> picky =
        new Together<>(
            questions -> {
              calls.add(questions);
              if (questions.contains(7)) {
                throw Status.INVALID_ARGUMENT.asRuntimeException();
              }
              return questions;
            });
    List<Callable<Integer>> tasks = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      int mine = i;
      tasks.add(() -> picky.ask(mine));
    }
    List<Future<Integer>> answers = threads.invokeAll(tasks);
    for (List<Integer> call : calls) {
      for (int question : call) {
        assertThat(answers.get(question).get()).isEqualTo(call.contains(7) ? null : question);
      }
    }
    assertThat(calls.stream().flatMap(List::stream)).hasSize(THREADS).doesNotHaveDuplicates();
  }

  @Test
  void fewerAnswersThanQuestionsAreNone() {
    Together<Integer, Integer> mute = new Together<>(questions -> List.of());
    assertThat(mute.ask(1)).isNull();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
