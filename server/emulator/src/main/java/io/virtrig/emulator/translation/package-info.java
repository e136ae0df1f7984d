/**
 * Translation explained: walks through an image of memory that came with the call, walks on a host
 * that change nothing, and descriptors in words. Nothing here is remembered.
 */
@NullMarked
package io.virtrig.emulator.translation;

import org.jspecify.annotations.NullMarked;
