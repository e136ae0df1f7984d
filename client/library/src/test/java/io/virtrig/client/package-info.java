@NullMarked
package io.virtrig.client;

import org.jspecify.annotations.NullMarked;
