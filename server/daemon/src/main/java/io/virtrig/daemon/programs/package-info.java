/** Programs: batches stored by name. */
@NullMarked
package io.virtrig.daemon.programs;

import org.jspecify.annotations.NullMarked;
