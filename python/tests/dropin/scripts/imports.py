"""How public code imports, and what it does with the modules.

capture: web.pcap
"""

import sys

import nfstream
import nfstream as nf
import nfstream.utils
from nfstream import *  # noqa: F403
from nfstream import NFPlugin, NFStreamer
from nfstream.anonymizer import NFAnonymizer
from nfstream.flow import UDPS, NFlow
from nfstream.plugin import NFPlugin as Base
from nfstream.plugins import DHCP, MDNS, SPLT, FlowSlicer
from nfstream.streamer import NFStreamer as Streamer
from nfstream.utils import (
    NFEvent,
    NFMode,
    available_cpus_count,
    chunks_of_list,
    csv_converter,
    validate_flows_per_file,
    validate_rotate_files,
)


def late(path):
    try:
        from nfstream import NFStreamer as Late
    except ImportError:
        raise SystemExit("pip install nfstream")
    return Late(source=path)


if __name__ == "__main__":
    print(
        nf.NFStreamer is NFStreamer is Streamer is nfstream.NFStreamer is nfstream.streamer.NFStreamer,
        nf.NFPlugin is Base is NFPlugin,
    )
    print(isinstance(nfstream.__version__, str), nfstream.flow.NFlow is NFlow, nfstream.anonymizer.NFAnonymizer is NFAnonymizer)
    print(
        [plugin.__name__ for plugin in (DHCP, MDNS, SPLT, FlowSlicer)],
        all(issubclass(plugin, NFPlugin) for plugin in (DHCP, MDNS, SPLT, FlowSlicer)),
    )

    # A workaround for sandboxes that is found in public code.
    nfstream.utils.available_cpus_count = lambda: 1
    flow = next(iter(late(sys.argv[1])))
    print(type(flow) is NFlow, flow.application_name, isinstance(flow, nfstream.flow.NFlow), UDPS.__name__)

    values = [1, "a,b", None, [1, 2], 1.5, "", (1, 2), {"k": 1}, True, b"x"]
    print(csv_converter(values), values)
    print([list(chunk) for chunk in chunks_of_list([1, 2, 3, 4, 5], 2)], available_cpus_count() >= 1)
    print(validate_flows_per_file(0), validate_rotate_files(3))
    for check in validate_flows_per_file, validate_rotate_files:
        for wrong in -1, "many", None, 0.5:
            try:
                check(wrong)
            except ValueError:
                print(check.__name__, "ValueError")
    print([(event.name, event.value) for event in NFEvent], [(mode.name, int(mode)) for mode in NFMode], NFMode.INTERFACE == 1)
    print(nfstream.utils.create_csv_file_path(None, "a.pcap"), nfstream.utils.create_csv_file_path("x.csv", "a.pcap"))
    print(
        vars(NFPlugin(limit=3, name="n")),
        sorted(name for name in dir(NFPlugin) if name in ("on_init", "on_update", "on_expire", "cleanup")),
    )
    print(nfstream.engine.is_interface("no-such-interface"), nfstream.engine.is_interface(sys.argv[1]))
