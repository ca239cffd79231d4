// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import java.util.Map;

/**
 * Rules by name and the one to start from.
 *
 * @param field the request's field that they came from, for error messages
 */
record Rules(String field, Map<String, Expr> rules, String root) {}
