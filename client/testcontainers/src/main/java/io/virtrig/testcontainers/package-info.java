/**
 * Simulated hosts for the tests of programs that use them: a container, and an extension for JUnit.
 */
@NullMarked
package io.virtrig.testcontainers;

import org.jspecify.annotations.NullMarked;
