// SPDX-License-Identifier: Apache-2.0
/**
 * The jishi command: thin commands over the other rooms, for people and for scripts.
 *
 * <p>It knows options, streams, terminals and exit codes. It computes nothing itself, and knows
 * neither files of models nor tensors.
 */
package io.jishi.cli;
