// SPDX-License-Identifier: Apache-2.0
/**
 * How much memory a model takes while it runs, and how much there is: numbers from its headers
 * alone. It knows no engine, no request and no weight.
 */
package io.jishi.engine.memory;
