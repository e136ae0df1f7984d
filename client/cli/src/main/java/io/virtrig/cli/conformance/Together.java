package io.virtrig.cli.conformance;

import io.grpc.StatusRuntimeException;
import io.virtrig.client.RefusalException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Calls on behalf of several threads: what is asked for while a call is under way is asked for by
 * the next, all together.
 *
 * @param <Q> what a thread asks
 * @param <A> what it is answered
 */
final class Together<Q, A> {
  private static final int MOST = 64;

  private final Function<List<Q>, List<A>> call;
  private final Lock lock = new ReentrantLock();

  /** What no call has asked yet, in the order in which it came; guarded by the lock. */
  private final Queue<Asked<Q, A>> waiting = new ArrayDeque<>();

  /** A thread calls on behalf of others; guarded by the lock. */
  private boolean calling;

  /**
   * Nothing is asked yet.
   *
   * @param call gives an answer for each of up to 64 questions, in the same order; or refuses them
   *     all
   */
  Together(Function<List<Q>, List<A>> call) {
    this.call = call;
  }

  /** A question that a thread waits for; what changes is guarded by the lock. */
  private static final class Asked<Q, A> {
    private final Q question;
    private final Condition changed;
    private @Nullable A answer;
    private boolean over;

    private Asked(Q question, Condition changed) {
      this.question = question;
      this.changed = changed;
    }
  }

  /** The answer; null when it or another question that went with it is refused. */
  @Nullable A ask(Q question) {
    Asked<Q, A> mine = new Asked<>(question, lock.newCondition());
    lock.lock();
    try {
      waiting.add(mine);
      while (!mine.over) {
        if (calling) {
          mine.changed.awaitUninterruptibly();
        } else {
          askAll();
        }
      }
      return mine.answer;
    } finally {
      lock.unlock();
    }
  }

  /** Asks what waits, without the lock; then it is somebody else's turn. */
  private void askAll() {
    List<Asked<Q, A>> together = new ArrayList<>();
    while (together.size() < MOST && !waiting.isEmpty()) {
      together.add(waiting.remove());
    }
    calling = true;
    List<A> answers = List.of();
    lock.unlock();
    try {
      answers = call.apply(together.stream().map(one -> one.question).toList());
    } catch (RefusalException | StatusRuntimeException e) {
      // None is answered: each thread asks for itself, and is told why when it is that one.
    } finally {
      lock.lock();
      calling = false;
      answered(together, answers);
    }
  }

  private void answered(List<Asked<Q, A>> together, List<A> answers) {
    boolean each = answers.size() == together.size();
    for (int i = 0; i < together.size(); i++) {
      Asked<Q, A> one = together.get(i);
      one.answer = each ? answers.get(i) : null;
      one.over = true;
      one.changed.signal();
    }
    Asked<Q, A> next = waiting.peek();
    if (next != null) {
      next.changed.signal();
    }
  }
}
