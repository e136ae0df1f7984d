/**
 * What keeps one client from taking what belongs to all: connections are counted where they are
 * accepted, streams where they begin, and the bytes of messages that lie about where the transport
 * reports them.
 */
@NullMarked
package io.virtrig.daemon.limits;

import org.jspecify.annotations.NullMarked;
