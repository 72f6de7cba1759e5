"""How answers are fetched: one loop per kind of source."""
