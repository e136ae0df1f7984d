package io.virtrig.cli.conformance;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.virtrig.client.RefusalException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls on behalf of several threads: what is asked for while a call is under way is asked for by
 * the next, all together.
 *
 * @param <Q> what a thread asks
 * @param <A> what it is answered
 */
final class Together<Q, A> {
  private final int most;
  private final Function<List<Q>, List<A>> call;
  private final Lock lock = new ReentrantLock();

  /** What no call has asked yet, in the order in which it came; guarded by the lock. */
  private final Queue<Asked<Q, A>> waiting = new ArrayDeque<>();

  /** A thread calls on behalf of others; guarded by the lock. */
  private boolean calling;

  /**
   * Nothing is asked yet.
   *
   * @param most how many questions a call takes
   * @param call gives an answer for each question, in the same order; or refuses them all
   */
  Together(int most, Function<List<Q>, List<A>> call) {
    this.most = most;
    this.call = call;
  }

  /** A question that a thread waits for; what changes is guarded by the lock. */
  private static final class Asked<Q, A> {
    private final Q question;
    private final Condition changed;
    private @Nullable Supplier<A> outcome;

    private Asked(Q question, Condition changed) {
      this.question = question;
      this.changed = changed;
    }
  }

  /**
   * The answer. One that went with others and is refused is so by itself: it alone was asked again.
   *
   * @throws RefusalException when the daemon refuses it
   * @throws StatusRuntimeException when the call fails
   */
  A ask(Q question) {
    Asked<Q, A> mine = new Asked<>(question, lock.newCondition());
    lock.lock();
    try {
      waiting.add(mine);
      while (mine.outcome == null) {
        if (calling) {
          mine.changed.awaitUninterruptibly();
        } else {
          askAll();
        }
      }
      return mine.outcome.get();
    } finally {
      lock.unlock();
    }
  }

  /** Asks what waits, without the lock; then it is somebody else's turn. */
  private void askAll() {
    List<Asked<Q, A>> together = new ArrayList<>();
    while (together.size() < most && !waiting.isEmpty()) {
      together.add(waiting.remove());
    }
    calling = true;
    lock.unlock();
    List<Supplier<A>> outcomes = List.of();
    try {
      outcomes = outcomes(together.stream().map(one -> one.question).toList());
    } finally {
      lock.lock();
      calling = false;
      over(together, outcomes);
    }
  }

  /** Of those that are refused together, halves are asked again: most of them did no wrong. */
  private List<Supplier<A>> outcomes(List<Q> questions) {
    try {
      List<A> answers = call.apply(questions);
      if (answers.size() != questions.size()) {
        throw new IllegalStateException(
            answers.size() + " answers to " + questions.size() + " questions");
      }
      return answers.stream().<Supplier<A>>map(answer -> () -> answer).toList();
    } catch (RuntimeException e) {
      if (questions.size() == 1 || !mayBeOfOne(e)) {
        return Collections.nCopies(
            questions.size(),
            () -> {
              throw e;
            });
      }
      int half = questions.size() / 2;
      List<Supplier<A>> outcomes = new ArrayList<>(outcomes(questions.subList(0, half)));
      outcomes.addAll(outcomes(questions.subList(half, questions.size())));
      return outcomes;
    }
  }

  /** What the daemon refuses, or a message that is too large; not a daemon that is not there. */
  private static boolean mayBeOfOne(RuntimeException failure) {
    return failure instanceof RefusalException
        || (failure instanceof StatusRuntimeException status
            && status.getStatus().getCode() == Status.Code.RESOURCE_EXHAUSTED);
  }

  private void over(List<Asked<Q, A>> together, List<Supplier<A>> outcomes) {
    for (int i = 0; i < together.size(); i++) {
      Asked<Q, A> one = together.get(i);
      one.outcome = outcomes.get(i);
      one.changed.signal();
    }
    Asked<Q, A> next = waiting.peek();
    if (next != null) {
      next.changed.signal();
    }
  }
}
