"""Everything sources say about one invented person, who has an account, a homepage, a paper and a repository."""

from typing import Any

from storage import intake
from storage.engine import Store


def visit(make: Any, at: Any) -> Any:
    account = make.identity(
        "github:770077", at=at, handle="onavale", name="Ona Quill Vale", orcid="0000-0007-7007-7007",
        homepage="https://onavale.example", affiliation="Vale Institute", location="Valetown",
        summary="quiet kernels", links=("https://onavale.example/feed",), emails=("e7" * 32,),
    )  # fmt: skip
    own = make.work("github:onavale/toy@1", at=at, title="quiet toys")
    paper = make.work("arxiv:7007.07007", at=at, title="Paper by Ona")
    return make.visit(
        account, own, paper, make.signal("github:770077", own.id, at=at),
        make.signal("github:770077", paper.id, at=at), make.identity("github:5", at=at, name="Ben Reed"), at=at,
    )  # fmt: skip


def take(store: Store, told: Any, keyer: Any, at: Any) -> None:
    with store.begin() as tx:
        intake.take(tx, told, now=at, run=None, keyer=keyer)
