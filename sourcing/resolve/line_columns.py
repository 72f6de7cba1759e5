"""What author lines are compared by: the columns of `lines@1` and what each of them says."""

from collections.abc import Mapping
from typing import Final

TYPES: Final[Mapping[str, str]] = {
    "rid": "int64",  # place in the table
    "family": "text",
    "world": "text",
    "name": "text",  # words of a full name, sorted; null without one
    "words": "texts",
    "long_words": "texts",  # longer than an initial
    "starts": "texts",  # first four letters of words of so many
    "word_count": "int64",
    "given": "text",
    "surname": "text",
    "nickname": "text",  # group of the given name
    "joined": "text",  # words of a full name without spaces
    "single": "text",  # letters and digits of a name that is no full one
    "single_letters": "text",
    "handle": "text",  # letters and digits of the whole name
    "handlelike": "bool",  # single, and no word of anybody's name
    "ends": "text",  # three letters from both ends of the joined name
    "head": "text",  # its first eight
    "word_pairs": "texts",
    "surname_keys": "texts",  # last word and first letter of the first, and the other way round
    "name_words": "texts",  # words of a full name long enough to be a handle
    "expected": "float64",  # namesakes of the full name
    "expected_flast": "float64",  # of its surname with the initial
    "expected_firstl": "float64",  # of its given name with the initial of the surname
    "expected_single": "float64",  # of the single word; 0 for one that is no word of anybody's name
    "joined_handles": "texts",  # digests, as all that follow: handles that the name yields and somebody uses
    "surname_handles": "texts",
    "given_handles": "texts",
    "rare_words": "texts",  # words of the name as handles, by how many namesakes to expect of each
    "some_words": "texts",
    "common_words": "texts",
    "yielded": "texts",  # every handle of the name of 5 letters and more
    "own": "texts",  # handles that the record uses and its own name does not yield
    "own_unnamed": "texts",  # the same without words of names
    "used": "texts",  # what it uses or is joined of, of 4 letters and more
    "single_key": "text",
    "single_letters_key": "text",
    "nick_key": "text",
    "mailbox": "text",
    "kind": "text",  # of the mailbox: plain, role, noreply, placeholder; null without
    "host": "text",
    "label": "text",
    "local": "text",
    "letters": "text",  # local without digits
    "local_length": "int64",  # 5 for longer
    "letters_length": "int64",
    "local_is_word": "bool",  # of somebody's name
    "spells": "text",  # what the local part is of its own name: full, initial, firstinit, last, first; part: has in it
    "expected_local": "float64",  # namesakes of that
    "mailbox_names": "int64",  # different names that use the mailbox
    "host_names": "int64",
    "local_names": "int64",  # different names that use the handle or yield it
    "letters_names": "int64",
    "single_names": "int64",
    "places": "texts",  # repositories
    "coauthors": "texts",  # full names, words sorted
    "coauthor_handles": "texts",
    "size": "int64",
    "first_day": "int64",
    "last_day": "int64",
}
