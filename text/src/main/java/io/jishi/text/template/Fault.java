// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

/**
 * What goes wrong while a template renders, before its place in the template is known. Never leaves
 * the package: {@link Interpreter} turns it into a {@link io.jishi.base.JishiException}.
 */
final class Fault extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Who is at fault. */
  enum Kind {
    /**
     * The template refused the conversation by {@code raise_exception}; its words are the message.
     */
    RAISED,
    /** The template cannot handle this input. */
    INPUT,
    /** The template asks for something that is not implemented. */
    UNSUPPORTED
  }

  private final Kind kind;

  private Fault(Kind kind, String message) {
    super(message, null, false, false);
    this.kind = kind;
  }

  Kind kind() {
    return kind;
  }

  static Fault raised(String message) {
    return new Fault(Kind.RAISED, message);
  }

  static Fault input(String message) {
    return new Fault(Kind.INPUT, message);
  }

  static Fault unsupported(String message) {
    return new Fault(Kind.UNSUPPORTED, message);
  }
}
