"""Makes an invented world, serves it, and runs whole nights on it: `python tests/world night|demo|serve|… DIR`."""

import argparse
import json
import sys
import threading
from datetime import date
from pathlib import Path

import attach


def _arguments(today: date) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python tests/world", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, says in (
        ("generate", "build the world below DIR"),
        ("serve", "build it and serve it until interrupted"),
        ("truth", "print what is true of it as JSON"),
        ("config", "write the product's overlay configuration"),
        ("night", "run `sourcer nightly` against it and print a shortlist; each call is a day later"),
        ("demo", "fill a new installation from it"),
        (
            "month",
            "run night after night on a living world, with and without faults, and compare with a model",
        ),
    ):
        one = verbs.add_parser(verb, help=says)
        one.add_argument("dir", type=Path, help="folder to keep everything in; made if missing")
        one.add_argument("--size", type=int, default=100, help="people, at least 60 (default 100)")
        one.add_argument("--seed", type=int, default=7)
        one.add_argument(
            "--until", type=date.fromisoformat, default=today, help="the world's today, YYYY-MM-DD"
        )
        if verb == "serve":
            one.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
        if verb == "config":
            one.add_argument("--to", type=Path, required=True, help="directory of the overlay")
        if verb == "month":
            one.add_argument("--nights", type=int, default=30)
            one.add_argument("--faults", type=float, default=0.05, help="share of requests that fail")
        if verb == "night":
            one.add_argument("--specialism", default="inference-performance", help="whose shortlist to print")
    return parser.parse_args()


def main() -> None:
    """Do what the command line says; the launcher's own verbs are passed on as they are."""
    if sys.argv[1:2] in (["child"], ["attached"]):
        sys.exit({"child": attach.child, "attached": attach.attached}[sys.argv[1]](sys.argv[2:]))
    import invented  # a child of a crawl starts without the world's generator
    import launcher

    told = _arguments(invented.UNTIL)
    if told.verb == "night":
        code = launcher.night(told.dir.resolve(), size=told.size, seed=told.seed, specialism=told.specialism)
        sys.exit(code)
    if told.verb == "month":
        import month

        root, size, seed = told.dir.resolve(), told.size, told.seed
        sys.exit(month.month(root, size=size, seed=seed, nights=told.nights, share=told.faults))
    if told.verb == "demo":
        sys.exit(launcher.demo(told.dir.resolve(), size=told.size, seed=told.seed))
    world = invented.build(told.dir, size=told.size, seed=told.seed, until=told.until)
    match told.verb:
        case "truth":
            print((world.root / "truth.json").read_text(encoding="utf-8"))
        case "config":
            print(world.write_config(told.to))
        case "generate":
            print(json.dumps({"root": str(world.root), **world.truth.counts}))
        case "serve":
            with invented.serve(world, port=told.port) as server:
                print(
                    json.dumps({"port": server.port, "token": world.token, "hosts": len(server.hosts)}),
                    flush=True,
                )
                try:
                    threading.Event().wait()
                except KeyboardInterrupt:
                    print("stopped")


if __name__ == "__main__":
    main()
