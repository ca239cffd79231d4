// SPDX-License-Identifier: Apache-2.0
/**
 * Decides what the next step of the model computes, and for whom.
 *
 * <p>It knows sequences of token ids, a pool of blocks and a clock that others read. It knows no
 * model, no text, no sampling and no thread: whoever runs the steps tells it what came out.
 */
package io.jishi.engine.schedule;
