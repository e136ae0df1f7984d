package io.virtrig.emulator.kernel.process;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A process's file descriptors: the lowest free number is always the next one. */
public final class FdTable implements Stateful {
  /** RLIMIT_NOFILE: descriptors a process may have. */
  public static final int LIMIT = 65536;

  /** 0, 1 and 2 are standard streams, which the simulation never uses. */
  private static final int FIRST = 3;

  private @Nullable OpenFile[] files = new OpenFile[8];

  FdTable() {}

  /** The file behind a number. EBADF. */
  public OpenFile file(int fd) {
    OpenFile file = fd < 0 || fd >= files.length ? null : files[fd];
    if (file == null) {
      throw new KernelError(Errno.EBADF, "fd " + fd + " is not open");
    }
    return file;
  }

  /** Makes sure that one more descriptor can be had. EMFILE. */
  public void reserve() {
    lowestFree();
  }

  /** Gives the file the lowest free number; the opener's reference passes to the table. EMFILE. */
  public int install(OpenFile file) {
    int fd = lowestFree();
    if (fd >= files.length) {
      files = Arrays.copyOf(files, Math.min(2 * files.length, LIMIT));
    }
    files[fd] = file;
    return fd;
  }

  private int lowestFree() {
    int fd = FIRST;
    while (fd < files.length && files[fd] != null) {
      fd++;
    }
    if (fd >= LIMIT) {
      throw new KernelError(Errno.EMFILE, "all " + LIMIT + " file descriptors are in use");
    }
    return fd;
  }

  /** close(2). EBADF. */
  void close(int fd) {
    OpenFile file = file(fd);
    files[fd] = null;
    file.put();
  }

  /** Closes all, lowest first. */
  void closeAll() {
    for (int fd = FIRST; fd < files.length; fd++) {
      if (files[fd] != null) {
        close(fd);
      }
    }
  }

  @Override
  public void writeState(StateWriter out) {
    for (int fd = 0; fd < files.length; fd++) {
      OpenFile file = files[fd];
      if (file != null) {
        out.shared("fd " + fd, file);
      }
    }
  }
}
