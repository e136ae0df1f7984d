package io.virtrig.client;

import static io.virtrig.uapi.IoUring.IOSQE_CQE_SKIP_SUCCESS;
import static io.virtrig.uapi.IoUring.IOSQE_IO_HARDLINK;
import static io.virtrig.uapi.IoUring.IOSQE_IO_LINK;

import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.RingRequest;
import io.virtrig.v1.SubmissionEntry;
import io.virtrig.v1.Substitution;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Operations to submit together, at most 1024. They are executed in the order in which they were
 * added. Not safe for use by several threads; of no use once submitted.
 */
public final class RingBatch {

  private final VirtrigRing ring;
  private final String host;
  private final List<SubmissionEntry.Builder> entries = new ArrayList<>();

  RingBatch(VirtrigRing ring, String host) {
    this.ring = ring;
    this.host = host;
  }

  /** Adds an operation for the batch's host. */
  public Entry add(Operation operation) {
    int position = entries.size();
    SubmissionEntry.Builder entry =
        SubmissionEntry.newBuilder().setUserData(position).setOperation(operation);
    entries.add(entry);
    return new Entry(position, entry);
  }

  /** How many operations were added. */
  public int size() {
    return entries.size();
  }

  /**
   * Sends the batch. Waits while as many batches are on their way as the ring takes.
   *
   * @return the results by entry; an errno or refusal is in the result, and the result of a {@link
   *     Entry#quiet} entry that succeeded is empty. Completed on the transport's thread: what
   *     depends on it must not block there. Completed with an exception only when the connection is
   *     lost or the batch is malformed.
   */
  public CompletableFuture<List<Result>> submit() throws InterruptedException {
    RingRequest.Builder request = RingRequest.newBuilder().setHost(host);
    for (SubmissionEntry.Builder entry : entries) {
      request.addEntries(entry.build());
    }
    return ring.submit(request.build());
  }

  /** Sends the batch and waits for its results, which are as those of {@link #submit}. */
  public List<Result> run() throws InterruptedException {
    try {
      return submit().join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** An operation of the batch, and how it depends on the others. */
  public static final class Entry {

    private final int position;
    private final SubmissionEntry.Builder entry;

    private Entry(int position, SubmissionEntry.Builder entry) {
      this.position = position;
      this.entry = entry;
    }

    /** The position of its result among the results. */
    public int position() {
      return position;
    }

    /** For another host than the batch's. */
    public Entry on(VirtrigHost host) {
      entry.setHost(host.id());
      return this;
    }

    /** The next is executed only when this one succeeds. */
    public Entry link() {
      return flag(IOSQE_IO_LINK);
    }

    /** The next belongs to the same chain, and is executed also when this one fails. */
    public Entry hardLink() {
      return flag(IOSQE_IO_HARDLINK);
    }

    /** No result is sent when it succeeds. */
    public Entry quiet() {
      return flag(IOSQE_CQE_SKIP_SUCCESS);
    }

    private Entry flag(int flag) {
      entry.setFlags(entry.getFlags() | flag);
      return this;
    }

    /**
     * Takes a field from what an earlier entry returns: an fd, an address, a process.
     *
     * @param field where in the request: {@code target_fd}, {@code data[0]}, {@code range.min}
     */
    public Entry with(String field, Entry source) {
      return with(field, source, "", 0);
    }

    /**
     * Takes a field from an earlier entry's answer.
     *
     * @param field where in the request: {@code target_fd}, {@code data[0]}, {@code range.min}
     * @param value where in the response, in the same form; empty: what the system call returns
     * @param plus added to a number
     */
    public Entry with(String field, Entry source, String value, long plus) {
      entry.addSubstitutions(
          Substitution.newBuilder()
              .setField(field)
              .setEntry(source.position)
              .setValue(value)
              .setPlus(plus));
      return this;
    }
  }
}
