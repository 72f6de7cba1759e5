"""Reach and impact ratios: page, command and API give the same figures, and none keeps what it was given."""

import json
from typing import Any

import pytest
from visiting import Visitor

from sourcing import lists
from sourcing.access import Scope
from sourcing.cli.root import start

ROLE = "Kernel engineer, Berlin"
CSV = "category,group,selected,total\nsex,male,40,80\nsex,female,21,60\nsex,x,1,3\nsex,y,1,4\n"


def command(town: Any, home: Any, capsys: Any, *words: str) -> Any:
    where = ["--config", str(home / "sourcer.toml"), "--database", town.url, "--json"]
    assert start([*where, *words]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.row("P18")
def test_page_command_and_api_show_the_same_ratios(town: Any, home: Any, capsys: Any) -> None:
    path = home / "counts.csv"
    path.write_text(CSV)
    said = command(town, home, capsys, "fairness", "impact", str(path))
    counts = [dict(zip(("category", "group"), line.split(",")[:2], strict=True)) for line in CSV.split()[1:]]
    for row, line in zip(counts, CSV.split()[1:], strict=True):
        row |= {"selected": int(line.split(",")[2]), "total": int(line.split(",")[3])}
    told = town.caller(Scope.WRITE).post("/fairness/impact", {"counts": counts}, status=200).json()
    assert told["rows"] == said and [row["ratio"] for row in said] == [1.0, 0.7, None, None]
    assert [row["marks"] for row in said] == [[], ["flagged"], *[["too few people to show"]] * 2]
    visitor = Visitor(town.desk)
    page = visitor.post("/fairness", {"counts": CSV})
    assert "0.700" in page.text and told["warnings"][0].split(",")[0][:30].replace("'", "&#39;") in page.text
    assert "there are no counts" in visitor.post("/fairness", {"counts": "sex,male"}).text
    assert "merged_work" in visitor.text("/fairness")


def test_page_command_and_api_show_the_same_reach(town: Any, home: Any, capsys: Any) -> None:
    by = {"actor": "ana", "now": town.desk.now()}
    lists.create(town.desk.store, ROLE, specialism="inference-performance", **by)
    lists.add(town.desk.store, ROLE, town.keys[:6], **by)
    said = command(town, home, capsys, "fairness", "reach", ROLE)
    told = town.caller(Scope.READ).get(f"/lists/{ROLE}/reach").json()
    assert (told["people"], told["everybody"]) == (6, 60)
    assert [(row["by"], row["value"], row["people"]) for row in said] == [
        (one["by"], part["value"], part["people"]) for one in told["spreads"] for part in one["parts"]
    ]
    page = Visitor(town.desk).text(f"/lists/{ROLE}/reach")
    assert "By region" in page and "100 % of 6 people in these" in page
    town.caller(Scope.READ).get("/lists/none/reach", status=404)
