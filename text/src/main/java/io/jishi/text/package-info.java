// SPDX-License-Identifier: Apache-2.0
/**
 * Text to tokens and back, and conversations to text.
 *
 * <p>It knows no tensor and no model.
 */
package io.jishi.text;
