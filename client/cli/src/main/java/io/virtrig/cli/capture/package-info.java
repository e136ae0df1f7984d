/** The capture of a real machine as a host specification, by the script {@code virtrig-capture}. */
@NullMarked
package io.virtrig.cli.capture;

import org.jspecify.annotations.NullMarked;
