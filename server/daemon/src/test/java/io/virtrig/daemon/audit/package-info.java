/** Tests of what is written down. */
@NullMarked
package io.virtrig.daemon.audit;

import org.jspecify.annotations.NullMarked;
