package io.virtrig.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.virtrig.client.RefusalException;
import io.virtrig.v1.Refusal;
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
  private static final int MOST = 64;

  @AutoClose private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
  private final ConcurrentLinkedQueue<List<Integer>> calls = new ConcurrentLinkedQueue<>();

  @Test
  void whatIsAskedMeanwhileGoesWithTheNextCallAndEachHasItsOwnAnswer() throws Exception {
    CountDownLatch under = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Together<Integer, Integer> doubled =
        new Together<>(
            MOST,
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
  void oneThatIsRefusedIsSoByItself() throws Exception {
    Together<Integer, Integer> picky =
        new Together<>(
            MOST,
            questions -> {
              calls.add(questions);
              if (questions.contains(7)) {
                throw refusal("seven");
              }
              return questions;
            });
    List<Future<Integer>> answers = askAll(picky);
    for (int i = 0; i < THREADS; i++) {
      if (i == 7) {
        assertThatThrownBy(answers.get(i)::get).cause().hasMessageContaining("seven");
      } else {
        assertThat(answers.get(i).get()).isEqualTo(i);
      }
    }
    assertThat(calls).contains(List.of(7));
  }

  @Test
  void aMessageThatIsTooLargeIsDivided() throws Exception {
    Together<Integer, Integer> narrow =
        new Together<>(
            MOST,
            questions -> {
              if (questions.size() > 3) {
                throw Status.RESOURCE_EXHAUSTED.asRuntimeException();
              }
              return questions;
            });
    List<Future<Integer>> answers = askAll(narrow);
    for (int i = 0; i < THREADS; i++) {
      assertThat(answers.get(i).get()).isEqualTo(i);
    }
  }

  @Test
  void aDaemonThatIsNotThereIsAskedOnce() throws Exception {
    Together<Integer, Integer> unanswered =
        new Together<>(
            MOST,
            questions -> {
              calls.add(questions);
              throw Status.UNAVAILABLE.asRuntimeException();
            });
    for (Future<Integer> answer : askAll(unanswered)) {
      assertThatThrownBy(answer::get).cause().hasMessageContaining("UNAVAILABLE");
    }
    assertThat(calls.stream().flatMap(List::stream)).hasSize(THREADS).doesNotHaveDuplicates();
  }

  @Test
  void fewerAnswersThanQuestionsAreNone() {
    Together<Integer, Integer> mute = new Together<>(MOST, questions -> List.of());
    assertThatThrownBy(() -> mute.ask(1)).hasMessage("0 answers to 1 questions");
  }

  private List<Future<Integer>> askAll(Together<Integer, Integer> together)
      throws InterruptedException {
    List<Callable<Integer>> tasks = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      int mine = i;
      tasks.add(() -> together.ask(mine));
    }
    return threads.invokeAll(tasks);
  }

  private static RefusalException refusal(String reason) {
    return new RefusalException(
        Refusal.newBuilder().setCode(Refusal.Code.CODE_INVALID_ARGUMENT).setReason(reason).build());
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
