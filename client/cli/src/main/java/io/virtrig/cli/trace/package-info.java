/** What a host's VMMs asked of its kernel, as strace shows it and as a conformance case. */
@NullMarked
package io.virtrig.cli.trace;

import org.jspecify.annotations.NullMarked;
