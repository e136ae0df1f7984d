/**
 * The command {@code virtrig}. A command's class parses its arguments and asks the daemon; each is
 * named as typed.
 */
@NullMarked
package io.virtrig.cli;

import org.jspecify.annotations.NullMarked;
