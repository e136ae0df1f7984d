package io.virtrig.emulator.kernel.eventfd;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.kernel.process.OpenFile;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.ObjectIds;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Tally;
import io.virtrig.v1.ReadResponse;

/** The file of an eventfd (fs/eventfd.c). */
public final class EventFdFile extends OpenFile {
  private static final int EFD_SEMAPHORE = 1;
  private static final int COUNTER_BYTES = 8;

  private final EventFd context;
  private final Tally open;

  /**
   * eventfd2(2).
   *
   * @param open counts those that are open
   */
  public EventFdFile(ObjectIds ids, int initval, int flags, Tally open) {
    super(ids);
    this.open = open;
    open.add(1);
    context = new EventFd(ids, initval, (flags & EFD_SEMAPHORE) != 0);
  }

  /** The context behind a process's descriptor. EBADF; EINVAL for another kind of file. */
  public static EventFd context(Task caller, int fd) {
    if (caller.files().file(fd) instanceof EventFdFile eventfd) {
      return eventfd.context;
    }
    throw KernelError.invalid("fd " + fd + " is not an eventfd");
  }

  @Override
  public ReadResponse read(Task caller, long length) {
    if (Long.compareUnsigned(length, COUNTER_BYTES) < 0) {
      throw KernelError.invalid("an eventfd is read 8 bytes at a time");
    }
    return ReadResponse.newBuilder().setRet(COUNTER_BYTES).setValue(context.read()).build();
  }

  @Override
  public long write(Task caller, long value, ByteString bytes) {
    context.write(value);
    return COUNTER_BYTES;
  }

  @Override
  protected void release() {
    open.add(-1);
    context.hangup();
  }

  @Override
  public void writeState(StateWriter out) {
    out.shared("context", context);
  }
}
