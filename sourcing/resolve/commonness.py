"""How common the words of names are among people who publish: a floor under what a store counts itself.

Rough shares from general knowledge, single words only, and a rule for romanised given names of two syllables, which
are many people's each. They belong to the columns of bylines: change them and the columns' version goes up.
"""

import re
from collections.abc import Mapping
from math import prod
from typing import Final

from sourcing.resolve.names import is_full, words
from sourcing.resolve.namesakes import FEW, Namesakes

_LEAST: Final = 20_000  # names the world holds at least: the shares of a small store say nothing of rarity
_WEIGHT: Final = 5_000  # names the shares below stand for
_SURNAMES: Final = """
20 wang zhang li liu chen
12 yang zhao huang wu zhou
8 xu sun zhu lin hu ma guo he gao
6 luo zheng liang xie tang kim lee song
4 feng yu dong han cao deng xiao pan cheng yuan cai jiang nguyen park peng zeng lu shen ye su wei du
4 ding ren yao
2.5 yan fan jin tian shi fu zhong jia qian tan xia cui liao wen dai fang bai zou xiong meng qin qiu hou
2.5 choi jung singh kumar
2 hou gu kong shao mao lei tran pham hong qi chang lin wan duan tao hao long qiao cho kang yoon jang
2 lim lai hsu chan wong
1.2 shin kwon hwang ahn seo oh moon yoo bae ryu gupta sharma smith johnson patel jain agarwal shah
1.2 tanaka suzuki sato
.8 jones brown miller davis wilson martin anderson taylor thomas moore white roberts clark lewis walker
.8 hall young king wright
.8 mueller schmidt schneider fischer weber meyer wagner becker schulz hoffmann garcia rodriguez
.8 martinez lopez gonzalez perez sanchez silva santos
.6 mishra das roy ghosh mukherjee banerjee chatterjee reddy rao khan ali ahmed hassan hussain mohamed
.6 nakamura takahashi watanabe yamamoto ito kobayashi
"""  # per thousand people; one romanisation stands for many characters
_GIVEN: Final = """
5 wei jun yang jing xin yu lei hao li jie tao bo ming hui ying feng min bin kai yan rui fei
3 qiang yi chao peng hong yong jian chen lin ping xiang zhen lu long yuan hua dong zhi tong xu fan
3 gang cheng meng han xi wen le
2 shuai xiao hang ting jiaming ning xuan sheng kun liang zhou shuo tian cong di dan can zheng shuang
2 guang ke qi qing yue zhe yun sen
2.5 david michael john daniel alexander james thomas robert peter andrew christian
1.8 martin paul mark stefan richard william joseph matthew chris christopher jonathan benjamin anna
1.8 maria alex kevin eric nicolas
1.2 julian simon sebastian samuel joshua adam brian steven jan philipp florian markus andreas laura
1.2 sarah anna emily lukas max tim ryan jason
1.2 rahul amit abhishek ankit aditya rohan arjun ravi vivek sanjay mohammad muhammad mohamed ahmed ali
1.2 hassan omar
1 minh anh duc thanh hung tuan hoang van thi linh hieu quang jose juan carlos luis antonio pedro
1 jihoon minjun sungho jaehyun hyun joon jin seung young sung ji hyeon dong
"""
_SYLLABLE: Final = re.compile(
    r"(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uan|uai|ai|ei|ao|ou|an|en|in|un|"
    r"ia|ie|iu|ua|uo|ui|ue|a|o|e|i|u)"
)
_SYLLABLE_MAX: Final = 6  # letters
_RARE, _TWO_SYLLABLES, _INITIAL = 3e-5, 1.5e-4, 5e-3


def expected(
    name: str, namesakes: Namesakes, seen: Mapping[str, int], shares: dict[str, float] | None = None
) -> float | None:
    """Return how many people of a name to expect; None for a name that is no full one.

    namesakes: frozen counts of words that `FEW` names or more bear. seen: names at hand that bear a rarer word.
    shares: of words priced before with the same two, to be added to.
    """
    shares = {} if shares is None else shares
    parts = sorted(set(words(name)))
    if not is_full(name) or not parts:
        return None
    total = namesakes.total

    for word in parts:
        if word in shares:
            continue
        count = namesakes.counts.get(word) or min(seen.get(word, 1), FEW - 1)
        shares[word] = (count + _WEIGHT * prior(word)) / (total + _WEIGHT)
    return max(total, _LEAST) * prod(shares[word] for word in parts)


def prior(word: str) -> float:
    """Return the share of people a folded word is a name of, 0–1."""
    if word in _SHARES:
        return _SHARES[word]
    if len(word) == 1:
        return _INITIAL
    return _TWO_SYLLABLES if len(word) > 4 and _syllables(word) == 2 else _RARE


def _syllables(word: str) -> int:
    """Return the fewest syllables of romanised Chinese that spell a whole word, 0 if none do."""
    reach = {0: 0}
    for start in range(len(word)):
        for end in range(start + 1, min(len(word), start + _SYLLABLE_MAX) + 1) if start in reach else ():
            if _SYLLABLE.fullmatch(word[start:end]):
                reach[end] = min(reach.get(end, len(word)), reach[start] + 1)
    return reach.get(len(word), 0)


def _table() -> dict[str, float]:
    shares: dict[str, float] = {}
    for line in filter(None, (_SURNAMES + _GIVEN).splitlines()):
        rate, *listed = line.split()
        for word in listed:
            shares[word] = shares.get(word, 0.0) + float(rate) / 1000
    return shares


_SHARES: Final = _table()
