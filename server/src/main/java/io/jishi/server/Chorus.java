// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.base.JishiException;
import io.jishi.engine.Answer;
import io.jishi.engine.Generation;
import io.jishi.engine.Part;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** Hands on the pieces of several answers in the order in which they come. */
final class Chorus {
  /** What is done with a piece, and with an end. */
  interface Listener {
    /** A piece of answer number {@code index}. */
    void piece(int index, Part part) throws IOException;

    /** The end of answer number {@code index}. */
    void ended(int index, Answer answer) throws IOException;
  }

  /** A piece where {@code part} is set, else the end where {@code answer} is, else a failure. */
  private record Event(int index, Part part, Answer answer, RuntimeException failure) {}

  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();

  private Chorus() {}

  /**
   * Hands on all of all answers, on this thread. Where the listener or an answer fails, what is
   * left is the caller's to cancel.
   */
  static void forEach(List<Generation> generations, Listener listener) throws IOException {
    if (generations.size() == 1) { // no other to wait for: no thread
      Generation only = generations.getFirst();
      for (Part part = only.nextPart(); part != null; part = only.nextPart()) {
        listener.piece(0, part);
      }
      listener.ended(0, only.result());
      return;
    }
    Chorus chorus = new Chorus();
    for (int i = 0; i < generations.size(); i++) {
      int index = i;
      Thread.ofVirtual()
          .name("answer-" + index)
          .start(() -> chorus.listen(index, generations.get(index)));
    }
    chorus.tell(generations.size(), listener);
  }

  /** Reads one answer; ends with it, or when it is cancelled. */
  private void listen(int index, Generation generation) {
    try {
      for (Part part = generation.nextPart(); part != null; part = generation.nextPart()) {
        events.add(new Event(index, part, null, null));
      }
      events.add(new Event(index, null, generation.result(), null));
    } catch (RuntimeException e) {
      events.add(new Event(index, null, null, e));
    }
  }

  private void tell(int answers, Listener listener) throws IOException {
    for (int left = answers; left > 0; ) {
      Event event = take();
      if (event.failure() != null) {
        throw event.failure();
      } else if (event.part() != null) {
        listener.piece(event.index(), event.part());
      } else {
        listener.ended(event.index(), event.answer());
        left--;
      }
    }
  }

  private Event take() {
    try {
      return events.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new JishiException.Cancelled("the waiting thread was interrupted");
    }
  }
}
