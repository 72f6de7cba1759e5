"""Without names: what is shown of people spells none of them, while their work stays to be read."""

from sourcing import blind

NAMES = ("Vera Umberfield",)
OTHERS = ("vera-4", "Orbit Labs", "London, UK", "https://people.example/4")


def test_names_logins_places_and_organisations_are_covered_and_work_is_not() -> None:
    cover = blind.of(NAMES, OTHERS)
    said = "Vera's change, by @VERA-4 of orbit labs in London: she fused int8 kernels"
    shown = cover.text(said)
    for word in ("vera", "umberfield", "orbit", "london", "she "):
        assert word not in shown.lower(), word
    assert "fused int8 kernels" in shown


def test_an_address_that_spells_somebody_is_left_out() -> None:
    cover = blind.of(NAMES, OTHERS)
    assert cover.address("https://code.example/vera-4/engine") is None
    assert cover.address("https://people.example/4") is None
    assert cover.address("https://code.example/umberfield") is None
    assert (
        cover.address("https://code.example/orbits/engine/pull/7")
        == "https://code.example/orbits/engine/pull/7"
    )
    assert cover.address(None) is None


def test_a_name_inside_another_word_stays() -> None:
    assert blind.of(["Ida"]).text("validation of idaho") == "validation of idaho"
    assert blind.of([]).text("Fused by him") == f"Fused by {blind.HIDDEN}"
