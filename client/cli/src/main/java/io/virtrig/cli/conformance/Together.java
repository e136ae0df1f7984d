package io.virtrig.cli.conformance;

import io.grpc.StatusRuntimeException;
import io.virtrig.client.RefusalException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
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
  private final Lock calling = new ReentrantLock();
  private final BlockingQueue<Asked<Q, A>> waiting = new LinkedBlockingQueue<>();

  /**
   * Nothing is asked yet.
   *
   * @param call gives an answer for each of up to 64 questions, in the same order; or refuses them
   *     all
   */
  Together(Function<List<Q>, List<A>> call) {
    this.call = call;
  }

  /** A question that a thread waits for; what changes is guarded by {@link #calling}. */
  private static final class Asked<Q, A> {
    private final Q question;
    private @Nullable A answer;
    private boolean tried;

    private Asked(Q question) {
      this.question = question;
    }
  }

  /** The answer; null when it or another question that went with it is refused. */
  @Nullable A ask(Q question) {
    Asked<Q, A> mine = new Asked<>(question);
    waiting.add(mine);
    calling.lock();
    try {
      if (!mine.tried) {
        List<Asked<Q, A>> together = new ArrayList<>();
        waiting.drainTo(together, MOST);
        askAll(together);
      }
      return mine.answer;
    } finally {
      calling.unlock();
    }
  }

  private void askAll(List<Asked<Q, A>> together) {
    together.forEach(one -> one.tried = true);
    List<A> answers;
    try {
      answers = call.apply(together.stream().map(one -> one.question).toList());
    } catch (RefusalException | StatusRuntimeException e) {
      // None is answered: each thread asks for itself, and is told why when it is that one.
      return;
    }
    for (int i = 0; i < answers.size(); i++) {
      together.get(i).answer = answers.get(i);
    }
  }
}
