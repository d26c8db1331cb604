"""Memory over many runs, however they end."""

import subprocess
import sys

SCRIPT = """\
import gc, logging, resource, signal, sys
from nfstream import NFPlugin, NFStreamer

logging.disable()
signal.signal(signal.SIGINT, signal.default_int_handler)

class Helper:
    def __init__(self, flow):
        self.flow, self.data = flow, bytearray(10_000)

class Circle(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps.helper, flow.udps.packet = Helper(flow), packet
        self.kept = flow

class Fails(Circle):
    def on_update(self, packet, flow):
        raise ValueError(flow)

class Interrupts(Circle):
    def on_update(self, packet, flow):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()

def run(number):
    if number % 5 == 0:
        NFStreamer(sys.argv[1], udps=Circle()).to_pandas()
    elif number % 5 == 1:
        list(NFStreamer(sys.argv[1], udps=Circle()))
    elif number % 5 == 2:
        try:
            list(NFStreamer(sys.argv[1], udps=Fails()))
            raise AssertionError
        except ValueError:
            pass
    elif number % 5 == 3:
        try:
            list(NFStreamer(sys.argv[1], udps=Interrupts()))
            raise AssertionError
        except KeyboardInterrupt:
            pass
    else:
        for flow in NFStreamer(sys.argv[1], udps=Circle()):
            break
        for flow in NFStreamer([sys.argv[1]] * 50):
            signal.raise_signal(signal.SIGINT)
            break

sizes = []
for number in range(1000):
    run(number)
    if number in (299, 999):
        gc.collect()
        sizes.append(resident())
print(*sizes)
"""


def test_a_thousand_runs(web: str) -> None:
    """A circle or a flow table that stayed would take a megabyte of each run."""
    run = subprocess.run([sys.executable, "-c", SCRIPT, web], capture_output=True, text=True, check=True)
    after_300, after_1000 = map(int, run.stdout.split())
    assert after_1000 - after_300 < 10 << 20


CIRCLES = """\
import gc, io, sys, time, weakref
from nfstream import NFStreamer

class Capture(io.BytesIO):
    pass

class Own:
    def __init__(self, content):
        self.file = io.BytesIO(content)

    def read(self, size):
        return self.file.read(size)

def left(streamer):
    for flow in streamer:
        break

def kept(streamer):
    streamer.source.flows = iter(streamer)
    next(streamer.source.flows)

def watched(streamer):
    streamer.progress = True
    list(streamer)

def answered(streamer):
    streamer.source.report = streamer.report

runs = [answered, list, left, kept, watched, NFStreamer.to_pandas, lambda streamer: streamer.to_csv("/dev/null")]
for kind in Capture, Own:
    for run in runs:
        streamer = NFStreamer(kind(open(sys.argv[1], "rb").read()))
        streamer.source.streamer = streamer
        run(streamer)
        gone = weakref.ref(streamer)
        del streamer
        # The thread that reads the file ends after the run.
        while gone() is not None:
            gc.collect()
            time.sleep(0.001)
print("all gone")
"""


def test_a_source_that_refers_to_its_streamer_is_collected(web: str) -> None:
    run = subprocess.run([sys.executable, "-c", CIRCLES, web], capture_output=True, text=True, check=True, timeout=120)
    assert run.stdout == "all gone\n"
