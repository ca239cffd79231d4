// SPDX-License-Identifier: Apache-2.0
package io.jishi.base;

/**
 * The one family of errors that Jishi throws on purpose. Each message says what was wrong, where
 * (file, tensor, offset, field) and what to do.
 */
public abstract sealed class JishiException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private JishiException(String message, Throwable cause) {
    super(message, cause);
  }

  /** A file is damaged, hostile, of a wrong type, or cannot be read. */
  public static final class BadFile extends JishiException {
    private static final long serialVersionUID = 1L;

    /** A damaged or unreadable file, by its message alone. */
    public BadFile(String message) {
      super(message, null);
    }

    /** A damaged or unreadable file, with what was thrown below. */
    public BadFile(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** The file or request is sound but asks for something that Jishi does not do. */
  public static final class Unsupported extends JishiException {
    private static final long serialVersionUID = 1L;

    /** Says what is not supported, and what is. */
    public Unsupported(String message) {
      super(message, null);
    }
  }

  /** The caller asked for something that is wrong in itself: a parameter, a prompt, a template. */
  public static final class BadRequest extends JishiException {
    private static final long serialVersionUID = 1L;

    /** Name of the field at fault. */
    private final String field;

    /** A wrong request; {@code field} names the part at fault, or is null. */
    public BadRequest(String field, String message) {
      super(message, null);
      this.field = field;
    }

    /** The name of the parameter at fault, or null where no single one is. */
    public String field() {
      return field;
    }
  }

  /** The machine has too little of something: memory, address space, disk. */
  public static final class OutOfResources extends JishiException {
    private static final long serialVersionUID = 1L;

    /** Says how much was needed and how much there is. */
    public OutOfResources(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** The queue is full: try again later. */
  public static final class Busy extends JishiException {
    private static final long serialVersionUID = 1L;

    /** Says how many are waiting. */
    public Busy(String message) {
      super(message, null);
    }
  }

  /** The caller cancelled, or its thread was interrupted. */
  public static final class Cancelled extends JishiException {
    private static final long serialVersionUID = 1L;

    /** Says what was cancelled. */
    public Cancelled(String message) {
      super(message, null);
    }
  }

  /** Something was used after it had been closed. */
  public static final class Closed extends JishiException {
    private static final long serialVersionUID = 1L;

    /** Says what is closed. */
    public Closed(String message) {
      super(message, null);
    }
  }
}
