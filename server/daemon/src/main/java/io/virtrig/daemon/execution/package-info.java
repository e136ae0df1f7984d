/** The one path to the hosts: single operations, and batches that are linked and fed. */
@NullMarked
package io.virtrig.daemon.execution;

import org.jspecify.annotations.NullMarked;
