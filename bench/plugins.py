"""What plugins cost at the start: `python bench/plugins.py`.

A list of the shell is run with no plugin of a firm's and with fifty trivial ones, in turns; each
figure is the median. It also counts how often each plugin is imported in a run.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GOAL = 1.25
PLUGIN = '''
"""A trivial plugin."""
from crmkit.api import Plugin, Table, hookimpl
plugin = Plugin("{name}", version="1.0", requires=("leads",))
with open({log!r}, "a") as log:
    log.write("{name}\\n")


@hookimpl
def crm_views():
    yield Table("lead", "List of {name}", filter="is:open")
'''


def run(*args: str) -> float:
    """Run crmkit and return the seconds that it took."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "crmkit", *args], check=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, env={**os.environ, "CRMKIT_SAFE": ""},
    )  # fmt: skip
    return time.perf_counter() - began


def make(folder: Path, count: int, log: Path) -> Path:
    """Make a workspace with plugins switched on."""
    run("init", str(folder))
    names = [f"firm_{n}" for n in range(count)]
    for name in names:
        path = folder / "plugins" / f"{name}.py"
        path.write_text(PLUGIN.format(name=name, log=str(log)), encoding="utf-8")
        path.chmod(0o600)
    config = folder / "crmkit.toml"
    listed = ", ".join(f'"{name}"' for name in names)
    config.write_text(config.read_text().replace("plugins = []", f"plugins = [{listed}]"))
    return folder


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plugins", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=9)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        log = Path(place) / "imported"
        none = make(Path(place) / "none", 0, log)
        many = make(Path(place) / "many", asked.plugins, log)
        list_of = {folder: ("--workspace", str(folder), "lead", "list") for folder in (none, many)}
        for args in list_of.values():
            run(*args)
        log.write_text("")
        times: dict[Path, list[float]] = {none: [], many: []}
        for _ in range(asked.rounds):
            for folder, args in list_of.items():
                times[folder].append(run(*args))
        bare, full = (statistics.median(times[folder]) for folder in (none, many))
        imported = log.read_text().split()
        ratio = full / bare
        verdict = "met" if ratio <= GOAL else "missed"
        what = f"start with {asked.plugins} plugins against none"
        print(f"{what}: {ratio:.2f}x, goal {GOAL}x, {verdict}")
        each = len(imported) / asked.rounds / max(1, asked.plugins)
        print(f"imports of each plugin in a run: {each:.2f}")


if __name__ == "__main__":
    main()
