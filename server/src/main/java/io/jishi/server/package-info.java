// SPDX-License-Identifier: Apache-2.0
/**
 * The OpenAI-compatible HTTP API.
 *
 * <p>It knows requests and answers; it knows no tensor.
 */
package io.jishi.server;
