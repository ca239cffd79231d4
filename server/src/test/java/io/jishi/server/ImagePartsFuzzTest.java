// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.engine.Prompt;
import io.jishi.testkit.SeeingFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Whatever is sent as an image, the parser gives a call or a bad request, nothing else. */
class ImagePartsFuzzTest {
  private static final String HEAD = "data:image/png;base64,";

  @Property(tries = 300)
  void anyAddress(@ForAll String address, @ForAll boolean data) {
    parse(data ? HEAD + address : address);
  }

  @Property(tries = 500)
  void anImageWithOneByteChangedOrCutShort(@ForAll int at, @ForAll byte value, @ForAll boolean cut)
      throws IOException {
    byte[] file = SeeingFolder.black(9, 7);
    int place = Math.floorMod(at, file.length);
    file[place] = value;
    byte[] sent = cut ? Arrays.copyOf(file, place) : file;
    parse(HEAD + Base64.getEncoder().encodeToString(sent));
  }

  private static void parse(String address) {
    Map<String, Object> part = Map.of("type", "image_url", "image_url", Map.of("url", address));
    Map<String, Object> body =
        Map.of("messages", List.of(Map.of("role", "user", "content", List.of(part))));
    try {
      Call call =
          RequestParser.parse(Call.Api.CHAT, Json.write(body).getBytes(StandardCharsets.UTF_8));
      Prompt.Chat chat = (Prompt.Chat) call.request().prompt();
      assertThat(chat.messages().getFirst().images()).hasSize(1);
    } catch (JishiException.BadRequest e) {
      assertThat(e.field()).startsWith("messages");
    }
  }
}
