// SPDX-License-Identifier: Apache-2.0
/**
 * Helpers that the tests of several rooms share: the folder of reference data, files made on the
 * fly.
 *
 * <p>It knows no room of the project, so that every room can use it.
 */
package io.jishi.testkit;
