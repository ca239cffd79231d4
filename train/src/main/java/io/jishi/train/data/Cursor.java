// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import io.jishi.base.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A place in a stream of batches; a few numbers, whatever the size of the data.
 *
 * @param stream fingerprint of what the stream is made from
 * @param parts the place in each part of the mixture, in its order
 */
public record Cursor(String stream, List<Place> parts) {

  /**
   * A place in one part.
   *
   * @param drawn rows taken from it so far
   * @param unit the chunk, or the window of whole documents, that the next row is in
   * @param row the next row within the unit
   */
  public record Place(long drawn, long unit, int row) {
    /** Before the first row. */
    public static final Place START = new Place(0, 0, 0);
  }

  /** Copies the list. */
  public Cursor {
    parts = List.copyOf(parts);
  }

  /** Rows taken so far from all parts. */
  public long rows() {
    return parts.stream().mapToLong(Place::drawn).sum();
  }

  /** Plain values for {@link io.jishi.base.Json#write}; see {@link #read}. */
  public Map<String, Object> values() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("stream", stream);
    values.put(
        "parts", parts.stream().map(p -> List.of(p.drawn(), p.unit(), (long) p.row())).toList());
    return values;
  }

  /**
   * Reads what {@link #values} gave.
   *
   * @throws io.jishi.base.JishiException.BadFile where it is something else
   */
  public static Cursor read(JsonObject json) {
    String stream = json.text("stream").orElseThrow(() -> json.missing("stream"));
    List<Object> parts = json.array("parts").orElseThrow(() -> json.missing("parts"));
    return new Cursor(stream, parts.stream().map(part -> place(json, part)).toList());
  }

  private static Place place(JsonObject json, Object value) {
    if (value instanceof List<?> three
        && three.size() == 3
        && three.get(0) instanceof Long drawn
        && three.get(1) instanceof Long unit
        && three.get(2) instanceof Long row
        && drawn >= 0
        && unit >= 0
        && row >= 0
        && row <= Integer.MAX_VALUE) {
      return new Place(drawn, unit, row.intValue());
    }
    throw json.wrong("parts", "a list of three whole numbers for each part");
  }
}
