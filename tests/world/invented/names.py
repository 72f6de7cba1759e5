"""Names of people who do not exist, in many scripts, with the forms papers and commits give them."""

import random
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """One person's name.

    display: as on a profile. given, family: romanised, family may be empty (single-word names).
    native: in the person's own script, None if that is Latin.
    """

    display: str
    given: str
    family: str
    native: str | None
    culture: str

    @property
    def roman(self) -> str:
        """The name in Latin letters, given name first."""
        return f"{self.given} {self.family}".strip()

    @property
    def plain(self) -> str:
        """The romanised name without any accent."""
        return fold(self.roman)

    @property
    def initials(self) -> str:
        """The form journals print: `M. Oduvel`."""
        if not self.family:
            return self.given
        return " ".join([f"{part[0]}." for part in self.given.replace("-", " ").split()] + [self.family])


_LOOSE = str.maketrans(
    {
        "đ": "d",
        "Đ": "D",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "ð": "d",
        "þ": "th",
        "Þ": "Th",
        "æ": "ae",
        "Æ": "Ae",
        "ß": "ss",
        "ı": "i",
    }
)


def fold(text: str) -> str:
    """Return text in ASCII as far as it goes: accents off, letters that do not decompose replaced."""
    spread = unicodedata.normalize("NFKD", text.translate(_LOOSE))
    return "".join(letter for letter in spread if not unicodedata.combining(letter))


def slug(text: str) -> str:
    """Return lower-case ASCII letters and single hyphens."""
    words = "".join(letter if letter.isalnum() and letter.isascii() else " " for letter in fold(text).lower())
    return "-".join(words.split())


_LATIN = {  # culture: given names, first halves and second halves of family names; halves are put together
    "english": (
        "Wilmot Adrya Corwen Tamsel Jorvin Elspa Rennick Halda Brisel Odwin Maddoc Ferris",
        "Thorn Ald Winter Hollo Cress Ashen Mar Pell Dun Kest",
        "wick bury vale combe mere sell grove croft",
    ),
    "french": (
        "Éloane Mathurel Théophane Odélie Geneval Solène Aurèle Maëlys Cyprin Zélie",
        "Beau Mont Char Fon Lar Val Dur Cré",
        "vérac delin tégny blanc rivois ménard court sange",
    ),
    "german": (
        "Jörgen Ansgrit Käthel Wolfram Hedwine Lüder Friedke Ottmar Änne Sigrun",
        "Stein Vogel Hägen Mühl Kranz Brück Wald Rösch",
        "hagen meister brandt felder wirth länder holt",
    ),
    "nordic": (
        "Åsvild Torbjarn Signy Øyvard Linnéa Halvdan Ragnfrid Søleif Embla Ingvar",
        "Lind Ostre Berg Sjø Ny Kvist Häl Fjell",
        "qvarn vik ström mark løkken gård holmen",
    ),
    "polish": (
        "Zdzimir Bożenka Światosz Małgota Jarogniew Łucjana Wieńczyk Dobrosia",
        "Krzes Wiśn Górz Łab Brzoz Dąb Żół",
        "zewiak owicz ińska ędzki owska ejko",
    ),
    "turkish": (
        "Çağlar Işılay Doğanay Gülsen Örsan Şebnur Tuğrul Ümran",
        "Kara Demir Yıldız Ak Gün Öz Taş",
        "tepeli baylar çınar soylu gören dağlı",
    ),
    "kenyan": (
        "Wanjira Otiende Nafulae Kiprono Achola Mwendwa Baraki Zawadia",
        "Ode Kama Nya Mu Wafu Cheru",
        "gari rungo thia liko ndeto mbuya",
    ),
    "nigerian": (
        "Adétola Chinwema Olúfemi Ngozika Ifeanya Bùkóla Temidara Uzoamaka",
        "Oko Ade Nwa Eze Ola Ibe",
        "bueze wunmi fola dike nkwo tunde",
    ),
    "indonesian": (
        "Wiradana Ratnasari Bagasta Lestarini Adhityo Mayangsih",
        "Kusuma Wira Suryo Hardi Puspo",
        "negoro ningrat widagdo laksono puteri",
    ),
}

_SCRIPTS = {  # culture: native=roman parts of given names, then of family names
    "han": (
        "砚=yan 澜=lan 骁=xiao 芷=zhi 穆=mu 珩=heng 霁=ji 棠=tang 翊=yi 岚=lan "
        "朔=shuo 蔚=wei 铎=duo 璟=jing 茉=mo 泓=hong",
        "闻人=Wenren 尉迟=Yuchi 濮阳=Puyang 淳于=Chunyu 仉=Zhang 郗=Xi 桑=Sang 蔺=Lin "
        "冼=Xian 佘=She 麴=Qu 鄢=Yan",
    ),
    "korean": (
        "서=Seo 아린=arin 하=Ha 온=on 라=Ra 윤=yun 솔=sol 결=gyeol 별=byeol 찬=chan 담=dam 휘=hwi",
        "탁=Tak 봉=Bong 음=Eum 편=Pyeon 옹=Ong 좌=Jwa 빙=Bing 설=Seol",
    ),
    "japanese": (
        "澪=mio 湊=minato 楓=kaede 陽翔=haruto 紬=tsumugi 朔太=sakuta 凪=nagi 灯=akari",
        "鳴瀬川=Narusegawa 霧ヶ丘=Kirigaoka 早乙瀬=Saotose 水無堂=Minado 雪平野=Yukihirano 御影谷=Mikagedani",
    ),
    "russian": (
        "Велимир=Velimir Златоя=Zlatoya Ратибор=Ratibor Мирослава=Miroslava Северин=Severin Ярина=Yarina "
        "Ульян=Ulyan",
        "Звонарецкий=Zvonaretsky Лугожин=Lugozhin Тихоборов=Tikhoborov Крутояров=Krutoyarov "
        "Бережный=Berezhny",
    ),
    "arabic": (
        "سهيلان=Suhaylan ريماس=Rimas نضالي=Nidali هيثام=Haytham لجينة=Lujayna قصير=Qusayr",
        "الزعفراني=al-Zafarani النحلاوي=al-Nahlawi البرمكاني=al-Barmakani الخزنداري=al-Khazindari",
    ),
    "persian": (
        "آرشیدا=Arshida کیانوش=Kianush پریساز=Parisaz بهرود=Behrud مهراندخت=Mehrandokht",
        "کوهستان‌پور=Kuhestanpur دریابندیان=Daryabandian سپهرزاد=Sepehrzad نیک‌روش=Nikravesh",
    ),
    "hindi": (
        "अविराज=Aviraj तन्वीका=Tanvika ऋषिलेख=Rishilekh मेघनाली=Meghanali ध्रुवेश=Dhruvesh ईशानवी=Ishanvi",
        "वाग्धरे=Vagdhare चिरंतनी=Chirantani सोमपुरिया=Sompuria रत्नपाल=Ratnapal कौशलकर=Kaushalkar",
    ),
    "hebrew": (
        "אביגל=Avigal נועמי=Noami יונדב=Yonadav תמרית=Tamarit",
        "גלבועני=Gilboani שקדימון=Shkedimon ברקאין=Barkain",
    ),
}

CULTURES = (*_LATIN, *_SCRIPTS, "vietnamese", "spanish", "dutch", "icelandic", "mononym")


def _pairs(words: str) -> list[tuple[str, str]]:
    return [(left, right) for left, _, right in (word.partition("=") for word in words.split())]


def _scripted(rng: random.Random, culture: str) -> Name:
    givens, families = (_pairs(part) for part in _SCRIPTS[culture])
    (own_family, family), (own, given) = rng.choice(families), rng.choice(givens)
    if culture in ("han", "korean"):
        second_own, second = rng.choice(givens)
        own, given = own + second_own, given + ("-" if culture == "korean" else "") + second.lower()
        given = given.capitalize() if culture == "han" else given[0].upper() + given[1:]
    given = given[0].upper() + given[1:]
    together = culture in ("han", "korean", "japanese")
    native = f"{own_family}{own}" if together else f"{own} {own_family}"
    shown = native if rng.random() < 0.4 else f"{given} {family}"
    return Name(display=shown, given=given, family=family, native=native, culture=culture)


def _special(rng: random.Random, culture: str) -> Name:
    pick = rng.choice
    if culture == "vietnamese":
        family = f"{pick(['Tôn-nữ', 'Khổng', 'Nghiêm', 'Phùng', 'Lương', 'Quách'])}".replace("-nữ", "")
        second = pick(("Đăng", "Uyên", "Triết", "Nhiên", "Sương", "Lãm"))
        given = f"{pick(('Thụy', 'Khánh', 'Bảo', 'Diệu', 'Hoài'))} {second}"
        return Name(display=f"{family} {given}", given=given, family=family, native=None, culture=culture)
    if culture == "spanish":
        halves = [
            "Arizna",
            "Belmonzo",
            "Cordúñez",
            "Escalvera",
            "Fontúrbez",
            "Guzmerán",
            "Ibarzúa",
            "Montáñez-Rey",
            "Quirozal",
            "Yáñeluz",
        ]
        family = " ".join(rng.sample(halves, 2))
        given = pick(
            ["Íñigo", "Marisela", "Efraíndo", "Lucerina", "Anxela", "Teobaldo", "Begoñel", "Joaquiel"]
        )
    elif culture == "dutch":
        places = ("Wolkenaar", "Zeegracht", "Molenrijk", "Duinveld", "Kastelein", "Brugwaard")
        family = f"{pick(('van der', 'de', 'van den', 'ter', 'van'))} {pick(places)}"
        given = pick(["Joopke", "Marijse", "Wessel", "Fleurtje", "Sybrand", "Annelot"])
    elif culture == "icelandic":
        father = pick(["Þorgnýr", "Hrafnkell", "Snæbjarn", "Eyvindar", "Ljótur", "Álfgrím"])
        given, suffix = pick(
            (("Sæunnur", "sdóttir"), ("Brynþór", "sson"), ("Hallgerda", "sdóttir"), ("Ísleif", "sson"))
        )
        family = father + suffix
    else:
        given = pick(
            ["Sukmora", "Wiratno", "Djayenti", "Pramodya", "Tenzorin", "Yeshiko", "Harsolo", "Mulyatin"]
        )
        return Name(display=given, given=given, family="", native=None, culture=culture)
    return Name(display=f"{given} {family}", given=given, family=family, native=None, culture=culture)


def draw(rng: random.Random, culture: str) -> Name:
    """Return a random name of one of `CULTURES`."""
    if culture in _SCRIPTS:
        return _scripted(rng, culture)
    if culture not in _LATIN:
        return _special(rng, culture)
    givens, first, second = (part.split() for part in _LATIN[culture])
    given, family = rng.choice(givens), rng.choice(first) + rng.choice(second)
    if rng.random() < 0.15:  # middle initials are what makes paper and commit forms differ most often
        given = f"{given} {rng.choice('ABCEHJKLMRST')}."
    return Name(display=f"{given} {family}", given=given, family=family, native=None, culture=culture)


def simple(given: str, family: str, culture: str = "english", native: str | None = None) -> Name:
    """Return a name written down by hand."""
    return Name(
        display=f"{given} {family}".strip(), given=given, family=family, native=native, culture=culture
    )


_TEX = {
    "\u0301": "\\'",
    "\u0300": "\\`",
    "\u0308": '\\"',
    "\u0303": "\\~",
    "\u0302": "\\^",
    "\u030c": "\\v",
    "\u0327": "\\c",
    "\u030a": "\\r",
}


def tex(text: str) -> str:
    r"""Return text with its accents as TeX writes them: `N\'u\~nez`, `{\o}`, `\c{c}`."""
    out: list[str] = []
    for letter in text:
        if letter in "øØłŁ":
            out.append("{\\" + {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L"}[letter] + "}")
            continue
        base, *marks = unicodedata.normalize("NFD", letter)
        if len(marks) == 1 and marks[0] in _TEX:
            mark = _TEX[marks[0]]
            out.append(f"{mark}{{{base}}}" if mark[1].isalpha() else f"{mark}{base}")
        else:
            out.append(letter)
    return "".join(out)
