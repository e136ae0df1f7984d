package io.virtrig.daemon.hosts;

import io.virtrig.v1.Operation.OpCase;

/**
 * What became of an operation.
 *
 * @param number counted from 1 on its host, since the daemon has had it
 * @param outcome OK, an errno's name, or the code of a refusal
 * @param reason why it was refused; empty when it was not
 */
public record RecentOperation(long number, OpCase operation, String outcome, String reason) {}
