"""A source's child as it is, but for where its hosts are: `guild_child.py PINS CONFIG… --home HOME`."""

import json
import sys

import guild
import noticeboard

from spiders.__main__ import main

if __name__ == "__main__":
    sys.modules |= {"spiders.sources.guild": guild, "spiders.sources.noticeboard": noticeboard}
    sys.exit(main(sys.argv[2:], pins=json.loads(sys.argv[1])))
