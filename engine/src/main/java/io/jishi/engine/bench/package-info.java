// SPDX-License-Identifier: Apache-2.0
/**
 * Measures how fast a model runs on this machine, and beside it what the machine could do, in one
 * process and one run.
 *
 * <p>It knows the decoder and the clock; it knows no sampling, no queue and no terminal.
 */
package io.jishi.engine.bench;
