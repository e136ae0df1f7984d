/** Who calls, for which tenant, and what the tenant has: its hosts, its programs, its account. */
@NullMarked
package io.virtrig.daemon.tenancy;

import org.jspecify.annotations.NullMarked;
