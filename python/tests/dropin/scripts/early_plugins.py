"""Plugins of versions 3 to 5: on_init has the first packet and gives the first value, on_update has every further packet.

by hand: nfstream 6 has another interface
capture: web.pcap
"""

import sys

from nfstream import NFPlugin, NFStreamer


class packets(NFPlugin):
    def on_init(self, obs):
        return 1

    def on_update(self, obs, entry):
        entry.packets += 1


class large(NFPlugin):
    def on_init(self, obs):
        return int(obs.raw_size >= 666)

    def on_update(self, obs, entry):
        if obs.raw_size >= 666:
            entry.large += 1


class sizes(NFPlugin):
    def on_init(self, obs):
        return [obs.length]

    def on_update(self, obs, entry):
        if len(entry.sizes) < 4:
            entry.sizes.append(obs.length)


class third(NFPlugin):
    """Without on_init the attribute begins with 0."""

    def on_update(self, obs, entry):
        if entry.total_packets == 3:
            entry.third = obs.raw_size


class acknowledged(NFPlugin):
    def on_init(self, obs):
        return int(obs.tcpflags.ack == 1)

    def on_update(self, obs, entry):
        entry.acknowledged += obs.tcpflags.ack


class flags(NFPlugin):
    def on_init(self, obs):
        return "".join(str(flag) for flag in obs.tcpflags)


class short_lived(NFPlugin):
    def on_init(self, obs):
        return obs.time

    def on_expire(self, entry):
        entry.summed = entry.large + entry.packets


class verdict(NFPlugin):
    def on_expire(self, entry):
        entry.verdict = self.user_data["large" if entry.large else "small"]


if __name__ == "__main__":
    plugins = [packets(), large(), sizes(), third(), acknowledged(), flags(), short_lived(volatile=True)]
    plugins.append(verdict(name="verdict", user_data={"large": "bulk", "small": "chat"}))
    streamer = NFStreamer(source=sys.argv[1], plugins=plugins)
    for entry in streamer:
        print(
            *(
                entry.src_port,
                entry.packets == entry.total_packets,
                entry.large,
                entry.sizes,
                entry.third,
                entry.acknowledged,
                entry.flags,
            ),
            *(entry.verdict, entry.summed, hasattr(entry, "short_lived")),
        )
    print(streamer.to_csv("flows.csv"), [int(number) for number in streamer.to_pandas()["large"]])
