// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

/** Makes exercises of one kind. */
@FunctionalInterface
interface Generator {
  /** One exercise; the same dice make the same one. */
  Exercise make(Draw draw);
}
