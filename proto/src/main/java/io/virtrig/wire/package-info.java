/** Messages to and from bytes where protobuf's own way takes too much of a ring's time. */
@org.jspecify.annotations.NullMarked
package io.virtrig.wire;
