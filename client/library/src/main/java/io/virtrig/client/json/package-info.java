/**
 * Operations, their results and host specifications as JSON, in the notation of the conformance
 * cases: uAPI names for fields and constants, hexadecimal byte strings, variables.
 */
@NullMarked
package io.virtrig.client.json;

import org.jspecify.annotations.NullMarked;
