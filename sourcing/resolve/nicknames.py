"""Short and foreign forms of given names, by hand: which of them are taken for one name."""

from typing import Final

_GROUPS: Final = """
michael mike mikey mick misha mikhail mikael
robert rob bob bobby robbie bert
william will bill billy willem bil
richard rich rick dick ricky
james jim jimmy jamie
john johnny jon jonathan jonny
joseph joe joey jose
thomas tom tommy tomas
charles charlie chuck
christopher chris kriskristopher christoph christian
daniel dan danny dani
david dave davy
edward ed eddie ted
andrew andy drew andrei andrey andreas
anthony tony antonio anton
steven steve stephen stefan stephan
matthew matt mat matthias mathieu
nicholas nick nico nicolas nikolaus klaus nik
alexander alex sasha alexandre alexandra xander aleksandr aleksander
benjamin ben benny
samuel sam sammy samantha
gregory greg gregor
timothy tim timo
jeffrey jeff geoff geoffrey
kenneth ken kenny
ronald ron
donald don
frederick fred freddy frederic friedrich
phillip phil philip philipp
patrick pat
peter pete
douglas doug
lawrence larry laurence
leonard leo len
nathan nate nathaniel
zachary zach zack zac
joshua josh
jacob jake jakob
vincent vince vinny
raymond ray
gerald jerry gerry
eugene gene evgeny yevgeny
katherine kate katie kathy cathy catherine katharina
elizabeth liz beth eliza lisa
jennifer jen jenny
margaret maggie meg
susan sue
deborah deb debbie
rebecca becca becky
victoria vicky tori
jessica jess jessie
abigail abby
dimitri dmitry dmitri dima dmitrii
ivan vanya
vladimir vlad volodya
sergey sergei serge sergio
nikolai nikolay kolya
konstantin kostya
maximilian max maxim maksim maxime
sebastian seb bastian
florian flo
johannes hannes johann jan hans
tobias tobi
dominik dominic dom
francisco paco fran francis
ignacio nacho
eduardo edu
guillermo guille
santiago santi
manuel manu
emmanuel manu
isaac ike
oliver ollie olivier
harold harry henry hank henri
theodore ted theo
stanislav stan stanley
yuri yury iurii
mohammad mohammed muhammad mohamed mohamad
ahmed ahmad
abdul abd
venkatesh venkat
krishna krish
bradley brad
russell russ
walter walt
clifford cliff
terrence terry
arthur art
albert al
alan allan allen al
marc mark markus marcus
eric erik erich
karl carl
lucas luke lukas luca
paul pavel pawel
george georg georgios yorgos
philippe phil
julian jules
jeremy jerry jeremie
gabriel gabe
martin marty
arnold arnie
ralph ralf
rudolf rudi
cameron cam
mitchell mitch
randall randy
stuart stu stewart
curtis curt kurt
angela angie
pamela pam
cynthia cindy
barbara barb
christina chris tina christine
suzanne sue
natalia natasha natalie
tatiana tanya
svetlana sveta
anastasia nastya
elena lena
yuriy yuri
"""


def _grouped() -> dict[str, str]:
    """Return the group of every form; of a form in two groups the first."""
    found: dict[str, str] = {}
    for line in _GROUPS.split("\n"):
        forms = line.split()
        for form in forms:
            found.setdefault(form, forms[0])
    return found


NICKNAMES: Final = _grouped()
"""Form to the first form of its group: `bob` to `robert`."""
