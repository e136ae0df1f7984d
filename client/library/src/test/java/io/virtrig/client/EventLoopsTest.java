package io.virtrig.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class EventLoopsTest {

  @Test
  void endWithTheLastConnection() {
    EventLoopGroup loops = EventLoops.take();
    assertThat(EventLoops.take()).isSameAs(loops);

    EventLoops.giveBack();
    assertThat(loops.isShuttingDown()).isFalse();
    EventLoops.giveBack();
    assertThat(loops.isShuttingDown()).isTrue();

    EventLoopGroup others = EventLoops.take();
    assertThat(others).isNotSameAs(loops);
    EventLoops.giveBack();
  }

  @Test
  void aClientGivesThemBackOnceHoweverOftenItIsClosed() {
    EventLoopGroup loops = EventLoops.take();
    VirtrigClient client = VirtrigClient.connect("127.0.0.1:1");
    client.close();
    client.close();
    assertThat(loops.isShuttingDown()).isFalse();
    EventLoops.giveBack();
    assertThat(loops.isShuttingDown()).isTrue();
  }

  @Test
  void anAddressThatMakesNoSenseTakesNone() {
    EventLoopGroup loops = EventLoops.take();
    assertThatThrownBy(
            () ->
                VirtrigClient.connect(
                    "nowhere://\\", Credentials.builder().build(), Duration.ofSeconds(1)))
        .isInstanceOf(IllegalArgumentException.class);
    EventLoops.giveBack();
    assertThat(loops.isShuttingDown()).isTrue();
  }
}
