// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import java.util.Map;

/**
 * A page as Prometheus reads it (text format 0.0.4). Names get the prefix {@code jishi_}; times are
 * seconds.
 */
final class PrometheusText {
  /** The content type of a page. */
  static final String TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final StringBuilder out = new StringBuilder();

  void counter(String name, String help, long value) {
    head(name + "_total", help, "counter");
    out.append("jishi_").append(name).append("_total ").append(value).append('\n');
  }

  /** One for each value of a label, which needs no escapes. */
  void counters(String name, String help, String label, Map<String, Long> values) {
    head(name + "_total", help, "counter");
    values.forEach(
        (value, count) ->
            out.append("jishi_" + name + "_total{" + label + "=\"" + value + "\"} ")
                .append(count)
                .append('\n'));
  }

  void gauge(String name, String help, long value) {
    head(name, help, "gauge");
    out.append("jishi_").append(name).append(' ').append(value).append('\n');
  }

  void histogram(String name, String help, Histogram values) {
    head(name, help, "histogram");
    values.write("jishi_" + name, out);
  }

  private void head(String name, String help, String type) {
    out.append("# HELP jishi_").append(name).append(' ').append(help).append('\n');
    out.append("# TYPE jishi_").append(name).append(' ').append(type).append('\n');
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
