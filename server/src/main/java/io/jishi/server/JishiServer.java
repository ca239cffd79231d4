// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.helidon.common.SerializationConfig;
import io.helidon.webserver.WebServer;
import io.jishi.base.JishiException;
import io.jishi.engine.Engine;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * An engine behind HTTP: {@code POST /v1/chat/completions}, {@code POST /v1/completions}, {@code
 * POST /v1/embeddings}, {@code POST /v1/rerank}, {@code GET /v1/models}, {@code GET
 * /v1/models/{id}}, {@code GET /health} and {@code GET /metrics} (Prometheus); {@code GET /}
 * greets. Each connection has its own virtual thread. Safe for use by any number of threads; the
 * engine stays the caller's to close.
 */
public final class JishiServer implements AutoCloseable {
  /** Held for ever: java.util.logging forgets the level of a logger that nobody holds. */
  private static final Logger WEB_SERVER_LOG = Logger.getLogger("io.helidon");

  /** How long a cancelled generation may take to end and to say so to its client. */
  private static final Duration CANCEL_TIME = Duration.ofSeconds(2);

  private final WebServer server;
  private final InetAddress address;
  private final Running running;
  private final int port;

  private JishiServer(WebServer server, InetAddress address, Running running) {
    this.server = server;
    this.address = address;
    this.running = running;
    this.port = server.port();
  }

  /**
   * Starts to listen.
   *
   * @throws JishiException.BadRequest where the host is unknown or not of this machine, or the port
   *     is in use or not allowed
   */
  public static JishiServer start(Engine engine, ServerOptions options) {
    return start(engine, Encoders.NONE, options);
  }

  /** Starts to listen, with models that make vectors and scores; see {@link #start}. */
  public static JishiServer start(Engine engine, Encoders encoders, ServerOptions options) {
    calm();
    InetAddress address = address(options.host());
    probe(address, options);
    Running running = new Running();
    Models models = new Models(options.model(), engine.info().name(), options.adapters());
    Generations generations = new Generations(engine, models, running);
    WebServer server =
        WebServer.builder()
            .address(address)
            .port(options.port())
            .shutdownHook(false) // signals are the embedding program's
            .featuresDiscoverServices(false)
            .protocolsDiscoverServices(false)
            .addConnectionSelector(new WatchedConnections())
            .maxPayloadSize(options.maxBody())
            .directHandlers(Responses.direct())
            .routing(
                new Routes(
                        generations,
                        new EncoderCalls(encoders),
                        models,
                        running,
                        Figures.of(engine, encoders),
                        options.apiKey(),
                        Greeting.page(models.name(), options.examples()))
                    .routing())
            .build()
            .start();
    if (!server.isRunning()) { // Helidon says why in its log alone
      throw refused(options, "the web server did not start");
    }
    return new JishiServer(server, address, running);
  }

  /** The port that is listened on. */
  public int port() {
    return port;
  }

  /** Where the API is reached from this machine, without {@code /v1}. */
  public URI uri() {
    InetAddress host = address.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : address;
    String text = host.getHostAddress();
    return URI.create("http://" + (text.contains(":") ? "[" + text + "]" : text) + ":" + port);
  }

  /**
   * Stops gently: new calls are refused (503) and {@code /health} says so, those under way may end;
   * after the given time generations are cancelled. Returns when the server has stopped.
   * Interrupting the thread ends the waiting, not the stopping.
   */
  public void drain(Duration time) {
    running.drain();
    boolean interrupted = !await(time);
    running.cancel();
    interrupted |= !await(CANCEL_TIME);
    stop();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Cancels what is under way and stops. Further calls do nothing. */
  @Override
  public void close() {
    drain(Duration.ZERO);
  }

  /** False where the waiting was interrupted. */
  private boolean await(Duration time) {
    try {
      running.await(time);
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }

  private void stop() {
    boolean interrupted = Thread.interrupted(); // Helidon refuses to stop on such a thread
    server.stop();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Keeps the web server from logging each start and from filtering the host's serialization. */
  private static void calm() {
    if (WEB_SERVER_LOG.getLevel() == null) {
      WEB_SERVER_LOG.setLevel(Level.WARNING);
    }
    try {
      SerializationConfig.builder()
          .onNoConfig(SerializationConfig.Action.IGNORE)
          .onWrongConfig(SerializationConfig.Action.IGNORE)
          .build()
          .configure();
    } catch (IllegalArgumentException e) {
      // Another part of the program has configured it: leave it so.
    }
  }

  private static InetAddress address(String host) {
    try {
      return InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw new JishiException.BadRequest(
          "host", "host '" + host + "' is unknown: use an address of this machine, as 127.0.0.1");
    }
  }

  /** Tries the port first: Helidon would log a stack trace and tell us nothing. */
  private static void probe(InetAddress address, ServerOptions options) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(address, options.port()));
    } catch (IOException e) {
      throw refused(options, e.getMessage());
    }
  }

  private static JishiException refused(ServerOptions options, String why) {
    return new JishiException.BadRequest(
        "port",
        "cannot listen on %s port %d: %s: end what uses the port, or choose another one (0 takes"
                .formatted(options.host(), options.port(), why)
            + " any free one), and use a host of this machine");
  }
}
