/** Device models from files: the ones that come with the daemon, and its owner's. */
@NullMarked
package io.virtrig.daemon.models;

import org.jspecify.annotations.NullMarked;
