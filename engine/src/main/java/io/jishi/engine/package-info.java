// SPDX-License-Identifier: Apache-2.0
/**
 * Runs a model for many callers.
 *
 * <p>It knows no HTTP and no terminal.
 */
package io.jishi.engine;
