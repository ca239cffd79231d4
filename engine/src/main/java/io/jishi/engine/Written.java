// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import java.util.List;

/**
 * A prompt as tokens.
 *
 * @param tokens one at least, those of images included
 * @param looks its images, in order
 */
record Written(int[] tokens, List<Sight.Look> looks) {}
