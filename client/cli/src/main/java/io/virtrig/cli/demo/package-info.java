/**
 * {@code virtrig demo}: a few things that a simulated host does, told step by step and checked
 * while they are told.
 */
@NullMarked
package io.virtrig.cli.demo;

import org.jspecify.annotations.NullMarked;
