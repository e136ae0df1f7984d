/** Tests. */
@NullMarked
package io.virtrig.testcontainers;

import org.jspecify.annotations.NullMarked;
