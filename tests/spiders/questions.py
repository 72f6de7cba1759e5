"""What the api engine is asked in its tests, and a page it may be answered with."""

import json

from spiders.records import Task

PAGE = json.dumps(
    {"items": [{"id": "plain:1", "name": "Mira", "bio": "I build kernels. I am autistic."}]}
).encode()
GITHUB = {"secret": "SOURCER_GITHUB_TOKEN"}


def task(path: str = "/list", **changed):
    return Task(**{"source": "plain", "kind": "list", "url": f"https://api.example{path}", **changed})
