"""The columns of bylines after a night with changes, for changed mentions and those whose columns hang on others'.

What hangs on others: the crowd of a name on every mention of that name; the circle of a mention on every paper that
one of its co-authors is on, and on whether anybody else bears its name. What words are worth was counted earlier.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sourcing.resolve import columns_authors, keeping, token_lists
from sourcing.resolve.bylines import TYPES, World
from sourcing.resolve.comparing import Run
from sourcing.resolve.counts import Counted, Fresh
from sourcing.resolve.crowds import CIRCLE_MAX, HUB, RARE_BITS, TEAM_MAX, Crowd, Told, crowd
from sourcing.resolve.mentions import Mention
from sourcing.resolve.namesakes import Namesakes

if TYPE_CHECKING:
    import pyarrow as pa

_CROWD: Final = ", ".join(Crowd._fields)
_LIGHT: Final = "rid, world, number, work, co, domains, aff_key, year"


def whole(mentions: Sequence[Mention], namesakes: Namesakes, counts: Fresh) -> "dict[str, pa.Table]":
    """Return every row as `mention`, and the words as `token` and who is on which paper as `member`, all as numbers."""
    import pyarrow as pa

    rows, words, members = [], [], []
    for places, world in columns_authors.worlds(mentions, namesakes, counts):
        table = world.table(places)
        for name, column in world.aside({}).items():
            table = table.append_column(name, column)
        rows.append(table)
        for kind, listed in world.words.items():
            times = counts.tables.get((world.world, kind), {})
            worth = world.priced.worth if kind == "name" else None
            words.append(_words(world.world, kind, listed, [times.get(word, 1) for word in listed], worth))
        papers = world.papers
        members.append(
            pa.table(
                {
                    "world": pa.array([world.world] * sum(map(len, papers)), pa.string()),
                    "work": pa.array([work for work, names in enumerate(papers) for _ in names], pa.int64()),
                    "number": pa.array([name for names in papers for name in names], pa.int64()),
                }
            )
        )
    return {
        "mention": rows[0] if len(rows) == 1 else pa.concat_tables(rows).sort_by("rid"),
        "token": pa.concat_tables([*words, keeping.tokens(counts, {"words"})]),
        "member": pa.concat_tables(members),
    }


def _words(
    world: str, kind: str, words: Sequence[str], times: Sequence[int], worth: Sequence[float] | None
) -> "pa.Table":
    """Return words of a kind by number. worth: of names, the bits of having one in common."""
    import pyarrow as pa

    return pa.table(
        {
            "world": pa.array([world] * len(words), pa.string()),
            "kind": pa.array([kind] * len(words), pa.string()),
            "word": pa.array(words, pa.string()),
            "number": pa.array(range(len(words)), pa.int64()),
            "times": pa.array(times, pa.int64()),
            "worth": pa.nulls(len(words), pa.float64()) if worth is None else pa.array(worth, pa.float64()),
        }
    )


def renew(run: Run, mentions: Sequence[Mention], digests: Sequence[bytes], namesakes: Namesakes) -> bool:
    """Make `fresh` of all rows that are another now; False if the file does not know a world of theirs.

    mentions: those that changed, and digests: theirs. The tables there: `changed`, `gone`, `moved`. Makes beside them
    `token_new`, `work_touched` and `member_new` for `commit`.
    """
    found = run.database.execute("SELECT DISTINCT world FROM state.total WHERE kind = 'name'").fetchall()
    if not {one.world for one in mentions} <= {world for (world,) in found}:
        return False
    _read(run, mentions, digests, namesakes)
    _gather(run)
    run.put("crowds", _crowds(run))
    _circles(run)
    _join(run)
    return True


def commit(run: Run) -> None:
    """Change what the attached file says of words and papers."""
    execute = run.database.execute
    execute("INSERT INTO state.token BY NAME SELECT * FROM token_new")
    execute("DELETE FROM state.member m USING work_touched t WHERE t.world = m.world AND t.work = m.work")
    execute("INSERT INTO state.member BY NAME SELECT * FROM member_new")


class _Looked:
    """What was counted when the file was written, of the words of this night."""

    def __init__(self, words: Mapping[str, int]) -> None:
        self._words = words
        self.found: dict[tuple[str, str], Counted] = {}

    def times(self, world: str, kind: str, words: Sequence[str], count: Callable[[], Counted]) -> Counted:
        """Return how often each word was seen."""
        del words, count
        return self.found[world, kind]

    def table(self, kind: str, count: Callable[[], Mapping[str, int]]) -> Mapping[str, int]:
        """Return what was seen of words of names, the one kind that no world parts."""
        del kind, count
        return self._words


def _seen(run: Run) -> dict[str, int]:
    return dict(run.database.execute("SELECT word, times FROM state.token WHERE kind = 'words'").fetchall())


def _read(run: Run, mentions: Sequence[Mention], digests: Sequence[bytes], namesakes: Namesakes) -> None:
    """Make `alone` of changed mentions: what they themselves say; and `token_new`."""
    import pyarrow as pa

    looked = _Looked(_seen(run))
    rids = dict(run.database.execute("SELECT id, rid FROM changed").fetchall())
    worlds = list(columns_authors.worlds(mentions, namesakes, looked))
    numbers = _look_up(run, [world for _, world in worlds], looked)
    tables, priced = [], []
    for places, world in worlds:
        priced.append(
            pa.table(
                {
                    "world": pa.array([world.world] * len(world.priced.worth), pa.string()),
                    "place": pa.array(range(len(world.priced.worth)), pa.int64()),
                    "worth": pa.array(world.priced.worth, pa.float64()),
                }
            )
        )
        if not places:
            continue
        mine = numbers[world.world]
        table = world.alone([rids[mentions[place].id] for place in places], mine)
        for name, column in world.aside(mine).items():
            table = table.append_column(name, column)
        table = table.append_column("id", pa.array([mentions[place].id for place in places], pa.string()))
        tables.append(
            table.append_column("digest", pa.array([digests[place] for place in places], pa.binary()))
        )
    run.put("priced", pa.concat_tables(priced))
    run.database.execute(
        "CREATE TABLE token_new AS SELECT world, kind, word, number, 1::BIGINT AS times, "
        "CASE WHEN kind = 'name' THEN worth END AS worth FROM known LEFT JOIN priced USING (world, place) WHERE is_new"
    )
    if tables:
        run.put("alone", pa.concat_tables(tables))
    else:
        run.database.execute(
            f"CREATE TABLE alone AS SELECT * EXCLUDE ({_CROWD}, co2) FROM state.mention LIMIT 0"  # noqa: S608
        )


def _look_up(run: Run, worlds: Iterable[World], looked: _Looked) -> dict[str, dict[str, Any]]:
    """Return the file's number of each word by world and kind; words it does not know get the next ones."""
    import pyarrow as pa

    asked = [
        _words(one.world, kind, words, [1] * len(words), None)
        for one in worlds
        for kind, words in one.words.items()
    ]
    run.put("asked", pa.concat_tables(asked))
    run.database.execute(
        "CREATE TABLE known AS SELECT a.world, a.kind, a.number AS place, a.word, coalesce(t.times, 1) AS times, "
        "t.number IS NULL AS is_new, coalesce(t.number, coalesce(m.number, -1) + count(*) FILTER (t.number IS NULL) "
        "OVER (PARTITION BY a.world, a.kind ORDER BY a.number ROWS UNBOUNDED PRECEDING)) AS number "
        "FROM asked a LEFT JOIN state.token t ON t.world = a.world AND t.kind = a.kind AND t.word = a.word "
        "LEFT JOIN (SELECT world, kind, max(number) AS number FROM state.token GROUP BY ALL) m "
        "ON m.world = a.world AND m.kind = a.kind"
    )
    totals = {
        (world, kind): total
        for world, kind, total in run.database.execute(
            "SELECT world, kind, total FROM state.total"
        ).fetchall()
    }
    numbers: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for world, kind in run.database.execute("SELECT DISTINCT world, kind FROM known").fetchall():
        rows = run.database.execute(
            "SELECT number, times FROM known WHERE world = $world AND kind = $kind ORDER BY place",
            {"world": world, "kind": kind},
        ).fetchnumpy()
        numbers[world][kind] = rows["number"]
        looked.found[world, kind] = Counted(rows["times"].tolist(), totals.get((world, kind), 0))
    for one in worlds:
        for kind in one.words:  # of a kind of which this night says nothing
            looked.found.setdefault((one.world, kind), Counted([], totals.get((one.world, kind), 0)))
    return numbers


def _gather(run: Run) -> None:
    """Make the tables that say which names and papers are touched, and views of rows and papers as they are now."""
    for sql in (
        f"CREATE VIEW row_now AS SELECT {_LIGHT} FROM state.mention ANTI JOIN moved USING (rid) "  # noqa: S608
        f"UNION ALL SELECT {_LIGHT} FROM alone",
        "CREATE TABLE row_before AS SELECT world, number, work FROM state.mention SEMI JOIN moved USING (rid)",
        "CREATE TABLE name_touched AS SELECT world, number FROM row_before WHERE number IS NOT NULL "
        "UNION SELECT world, number FROM alone WHERE number IS NOT NULL",
        "CREATE TABLE work_touched AS SELECT world, work FROM row_before UNION SELECT world, work FROM alone",
        "CREATE TABLE on_touched AS SELECT world, work, number, co FROM row_now "
        "SEMI JOIN work_touched USING (world, work)",
        "CREATE TABLE member_new AS SELECT world, work, unnest(co)::BIGINT AS number FROM on_touched UNION "
        "SELECT world, work, number FROM on_touched WHERE number IS NOT NULL",
        "CREATE TABLE member_old AS SELECT world, work, number FROM state.member "
        "SEMI JOIN work_touched USING (world, work)",
        "CREATE VIEW member_now AS SELECT world, work, number FROM state.member "
        "ANTI JOIN work_touched USING (world, work) UNION ALL SELECT world, work, number FROM member_new",
        "CREATE TABLE work_changed AS SELECT DISTINCT world, work FROM ((FROM member_new EXCEPT FROM member_old) "
        "UNION ALL (FROM member_old EXCEPT FROM member_new))",
        "CREATE TABLE name_moved AS SELECT world, number FROM member_old SEMI JOIN work_changed USING (world, work) "
        "UNION SELECT world, number FROM member_new SEMI JOIN work_changed USING (world, work)",
    ):
        run.database.execute(sql)


def _crowds(run: Run) -> "pa.Table":
    """Return the crowds of touched names."""
    import pyarrow as pa

    rows = run.database.execute(
        "SELECT world, number, co, domains, coalesce(dense_rank() OVER (ORDER BY aff_key), 0), aff_key IS NULL, year "
        "FROM row_now SEMI JOIN name_touched USING (world, number)"
    ).fetchall()
    groups: defaultdict[tuple[str, int], list[Told]] = defaultdict(list)
    for world, number, co, domains, place, is_nowhere, year in rows:
        told = Told(co=co, domains=domains, place=-1 if is_nowhere else place, year=year)
        groups[world, number].append(told)
    found = {key: crowd(told) for key, told in sorted(groups.items())}
    columns = {
        name: pa.array([one[place] for one in found.values()], token_lists.arrow_type(TYPES[name]))
        for place, name in enumerate(Crowd._fields)
    }
    return pa.table(
        {
            "world": pa.array([world for world, _ in found], pa.string()),
            "number": pa.array([number for _, number in found], pa.int64()),
            **columns,
        }
    )


def _circles(run: Run) -> None:
    """Make `circles` of the mentions on which a touched name or paper has a bearing, as `crowds.Circles` does."""
    for sql in (
        "CREATE VIEW name_now AS SELECT world, number, word, worth FROM state.token WHERE kind = 'name' UNION ALL "
        "SELECT world, number, word, worth FROM token_new WHERE kind = 'name'",
        "CREATE TABLE teller_moved AS SELECT world, number FROM name_now SEMI JOIN name_moved USING (world, number) "  # noqa: S608
        f"WHERE worth > {RARE_BITS}",
        "CREATE TABLE asking AS SELECT rid, world, number, co FROM (SELECT r.rid, r.world, r.number, r.co, "
        "coalesce(c.mentions, m.mentions) AS many FROM row_now r SEMI JOIN (SELECT rid FROM alone UNION "
        "SELECT rid FROM (SELECT rid, world, unnest(co)::BIGINT AS number FROM (SELECT * FROM row_now SEMI JOIN "
        "(SELECT DISTINCT world, work FROM member_now SEMI JOIN teller_moved USING (world, number)) "
        "USING (world, work))) SEMI JOIN teller_moved USING (world, number) UNION "
        "SELECT rid FROM state.mention m JOIN crowds c USING (world, number) "
        "WHERE (m.mentions > 1) <> (c.mentions > 1)) w USING (rid) LEFT JOIN crowds c USING (world, number) "
        "LEFT JOIN (SELECT rid, mentions FROM state.mention) m ON m.rid = r.rid) WHERE number IS NOT NULL AND many > 1",
        "CREATE TABLE asked_of AS SELECT rid, world, unnest(co)::BIGINT AS number FROM asking",
        "CREATE TABLE teller AS SELECT world, number FROM name_now SEMI JOIN asked_of USING (world, number) "  # noqa: S608
        f"WHERE worth > {RARE_BITS}",
        "CREATE TABLE team AS SELECT world, work, number FROM member_now SEMI JOIN "  # noqa: S608
        "(SELECT world, work FROM member_now SEMI JOIN teller USING (world, number)) USING (world, work) "
        f"QUALIFY count(*) OVER (PARTITION BY world, work) <= {TEAM_MAX}",
        "CREATE TABLE company AS SELECT DISTINCT t.world, t.number, o.number AS near "
        "FROM (SELECT * FROM team SEMI JOIN teller USING (world, number)) t JOIN team o USING (world, work)",
        "CREATE TABLE hub AS SELECT world, number FROM company GROUP BY world, number "  # noqa: S608
        f"HAVING count(*) > {HUB}",
        "CREATE TABLE around AS SELECT rid, c.near, count(*) AS times FROM asked_of a "
        "JOIN company c USING (world, number) ANTI JOIN hub USING (world, number) GROUP BY rid, c.near",
        "CREATE TABLE circle AS SELECT a.rid, a.near, a.times FROM around a JOIN asking r USING (rid) "
        "WHERE a.near <> r.number AND NOT list_contains(r.co, a.near::INTEGER)",
        f"CREATE TABLE wide AS SELECT rid FROM circle GROUP BY rid HAVING count(*) > {CIRCLE_MAX}",  # noqa: S608
        "CREATE TABLE cut AS SELECT rid, near FROM (SELECT c.*, r.world FROM circle c SEMI JOIN wide USING (rid) "  # noqa: S608
        "JOIN asking r USING (rid)) c JOIN name_now n ON n.world = c.world AND n.number = c.near "
        "QUALIFY row_number() OVER (PARTITION BY rid ORDER BY times DESC, worth DESC, word) "
        f"> {CIRCLE_MAX}",
        "CREATE TABLE circles AS SELECT rid, coalesce(co2, []::INTEGER[]) AS co2 FROM asking LEFT JOIN ("
        "SELECT rid, list(near::INTEGER) AS co2 FROM circle ANTI JOIN cut USING (rid, near) GROUP BY rid) USING (rid)",
    ):
        run.database.execute(sql)


def _join(run: Run) -> None:
    """Make `fresh` of changed rows and of those whose crowd or circle is another now, and widen `moved` by them."""
    execute = run.database.execute
    # whoever may be another now, looked up once: rows are wide, and spread over all of the file
    execute(
        "CREATE TABLE doubtful AS SELECT * FROM state.mention WHERE rid IN (SELECT rid FROM circles UNION "
        "SELECT rid FROM (SELECT rid, world, number FROM state.mention) SEMI JOIN crowds USING (world, number) "
        "EXCEPT SELECT rid FROM moved)"
    )
    crowded = ", ".join(f"c.{name}" for name in Crowd._fields)
    kept = ", ".join(
        f"CASE WHEN c.mentions IS NULL THEN m.{name} ELSE c.{name} END AS {name}" for name in Crowd._fields
    )
    mine = ", ".join(f"m.{name}" for name in Crowd._fields)
    execute(
        f"CREATE TABLE fresh AS SELECT a.*, {crowded}, coalesce(o.co2, []::INTEGER[]) AS co2 FROM alone a "  # noqa: S608
        "LEFT JOIN crowds c USING (world, number) LEFT JOIN circles o USING (rid) UNION ALL BY NAME "
        f"SELECT m.* EXCLUDE ({_CROWD}, co2), {kept}, CASE WHEN o.rid IS NOT NULL THEN o.co2 "
        "WHEN c.mentions = 1 THEN []::INTEGER[] ELSE m.co2 END AS co2 FROM doubtful m "
        "LEFT JOIN crowds c USING (world, number) LEFT JOIN circles o USING (rid) "
        f"WHERE (c.mentions IS NOT NULL AND ({mine}) IS DISTINCT FROM ({crowded})) "
        "OR (o.rid IS NOT NULL AND list_sort(m.co2) <> list_sort(o.co2))"
    )
    execute("INSERT INTO moved SELECT rid FROM fresh ANTI JOIN moved USING (rid)")
