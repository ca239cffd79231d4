// SPDX-License-Identifier: Apache-2.0
/**
 * Line charts as SVG and as PNG, drawn here: the JDK's own drawing would need {@code java.desktop}
 * and fonts of the system, which servers and containers often lack.
 *
 * <p>It knows series of numbers; it knows nothing of runs.
 */
package io.jishi.train.plot;
