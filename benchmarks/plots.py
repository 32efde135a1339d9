"""How long it takes to draw a long recording, apart from reading it.

    python -m benchmarks.plots 100000000

Times are of the processor, so that other programs disturb little; what is imported on first use is part of what needs
it first.
"""

import argparse
import math
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from graphnet import Result, TSContinuous, TSEvent
from graphnet.run import Info
from graphnet.views.signals import decimating, traces

INFO = Info(1.0, math.nan, 0, "unknown", "unknown", {})


def timed(what, action):
    """Call the action, print its seconds of processor time, and give what it gives."""
    began = time.process_time()
    result = action()
    sys.stdout.write(f"{what:<40}{time.process_time() - began:8.2f} s\n")
    return result


def main(samples):
    """Print the times for a recording of so many samples."""
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(samples, dtype=np.float32).astype(np.float64)
    result = Result({"x": TSContinuous.from_clocked(noise, 1e-5)}, INFO)
    with tempfile.TemporaryDirectory() as folder:
        file, picture = Path(folder) / "x.npz", Path(folder) / "x.png"
        timed("write", lambda: result.save(file))
        result = timed("read", lambda: Result.load(file))
        timed("plot, with matplotlib's import", lambda: traces.save(result.plot(), picture))
        timed("plot again", lambda: traces.save(result.plot(), picture))
        timed("plot with spectrogram, scipy's import", lambda: traces.save(result.plot(spectrogram=True), picture))
        timed("plot again with spectrogram", lambda: traces.save(result.plot(spectrogram=True), picture))
        timed("plot a hundredth", lambda: traces.save(result.plot(t_stop=samples * 1e-7), picture))
        timed("table of a notebook", result._repr_html_)
        timed("series in a notebook", result["x"]._repr_html_)
        for channels in (1, 2, 10, 100, 1000):
            series = TSContinuous.from_clocked(noise.reshape(-1, channels), 1e-5)
            timed(f"envelope of {channels} channels", lambda one=series: decimating.envelope(one, 1000))
            timed(f"levels of {channels} channels", lambda one=series: decimating.levels(one))
        number = samples // 10
        ids = rng.integers(0, 100, number)
        events = TSEvent(np.sort(rng.random(number)), ids, t_start=0, t_stop=1, num_channels=100)
        timed(f"plot {number} events", lambda: traces.save(Result({"x": events}, INFO).plot(), picture))
    sys.stdout.write(f"{'most memory':<40}{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:8.2f} GB\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("samples", type=int, nargs="?", default=100_000_000)
    main(parser.parse_args().samples)
