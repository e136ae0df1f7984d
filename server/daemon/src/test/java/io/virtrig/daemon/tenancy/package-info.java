/** Tests of who calls for which tenant. */
@NullMarked
package io.virtrig.daemon.tenancy;

import org.jspecify.annotations.NullMarked;
