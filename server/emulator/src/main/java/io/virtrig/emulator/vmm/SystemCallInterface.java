package io.virtrig.emulator.vmm;

import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;

/** The kernel as a program sees it. */
public interface SystemCallInterface {
  /** Makes a system call; an errno is in the result. */
  Result call(Operation operation);
}
