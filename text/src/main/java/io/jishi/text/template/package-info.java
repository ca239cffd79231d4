// SPDX-License-Identifier: Apache-2.0
/**
 * Chat templates: the Jinja templates that come with models, rendered as Hugging Face Transformers
 * renders them (Jinja 3.1 in its sandbox, blocks trimmed), and conversations as tokens.
 *
 * <p>Templates are untrusted: they see plain values and a fixed list of functions, and work within
 * a budget of steps, characters and depth. This package knows no file format, no model and no
 * sampling. Differences from Jinja: text marked {@code safe} is plain text; there is no other
 * template to include, import or extend.
 */
package io.jishi.text.template;
