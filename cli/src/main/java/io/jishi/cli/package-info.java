// SPDX-License-Identifier: Apache-2.0
/**
 * The jishi command: thin commands over the other rooms.
 *
 * <p>It computes nothing itself.
 */
package io.jishi.cli;
