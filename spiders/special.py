"""Words of special categories (GDPR Art. 9) in languages other than English, as people write them of themselves.

Health, belief, origin, orientation, politics, union; of folded text. A word that is common in technical writing, or a
part of ordinary names, is left out.
"""

import re

_WORDS = (
    # German
    r"schwul\w*|lesbisch\w*|bisexuell\w*|nicht-?binär\w*|trans(?:frau|mann|gender)|behinder\w+|autist\w*|depressiv\w*"
    r"|depression\w*|krebs(?:kranker?|überlebende\w*|patient\w*)|diabetiker\w*|epileptiker\w*|rollstuhl\w*"
    r"|gehörlos\w*"
    r"|chronisch krank\w*|katholi(?:sch\w*|k\w*)|evangelisch\w*|protestant\w*|muslim\w*|moslem\w*"
    r"|jüd(?:isch\w*|in)"
    r"|buddhist\w*|hinduist\w*|atheist\w*|gläubig\w*|migrationshintergrund|geflüchtet\w*|flüchtling\w*"
    r"|sozialdemokrat\w*|(?:spd|cdu|csu|fdp|afd)-(?:mitglied|wähler)\w*|kommunist\w*|sozialist\w*"
    r"|parteimitglied|gewerkschaft\w*"
    r"|ver\.di|ig metall|betriebsr(?:at|ätin)\w*"
    # French
    r"|homosexuel\w*|lesbienne|bisexuel\w*|non[- ]binaire|handicap\w*|autiste|dépress\w+|diabétique"
    r"|épileptique|survécu (?:à un|au) cancer"
    r"|malade chronique|catholique|protestante?|musulman\w*|juive?|bouddhiste|hindouiste|athée|croyante?"
    r"|chrétien\w*"
    r"|origine (?:africaine|maghrébine|arabe|asiatique|algérienne|marocaine)|réfugiée?|immigrée?"
    r"|socialiste|communiste"
    r"|écologiste|militante?|syndi(?:cat|qué\w*|caliste)\w*|cgt|cfdt"
    # Spanish and Portuguese
    r"|homosexuales?|homossexua(?:l|is)|lesbiana|lésbica|bisexual|no binari[oa]|não[- ]binári[oa]"
    r"|discapaci\w+|deficiente"
    r"|deficiência|autista|depresi[óo]n\w*|depressão|deprimid[oa]|diabétic[oa]|epil[ée]ptic[oa]"
    r"|sobrevivi(?:ente|ó)? (?:de|a|al|do) c[áâ]ncer"
    r"|católic[oa]|evangélic[oa]|musulm[aá]n\w*|muçulman[oa]|jud[ií][oa]|judeu|judia|budista|ate[oa]|ateu"
    r"|ateia|creyente"
    r"|cristian[oa]|cristã|cristão|refugiad[oa]|inmigrante|imigrante|afrodescendiente|afrodescendente"
    r"|indígena|gitan[oa]"
    r"|socialista|comunista|sindica\w+|militante de|votante|eleitor d[eo]"
    # Italian
    r"|omosessual[ei]|lesbica|bisessuale|non binari[oa]|disabil[ei]|autistic[oa]|depress[oa]|depressione"
    r"|diabetic[oa]"
    r"|epilettic[oa]|tumore|cattolic[oa]|musulman[oa]|ebre[oa]|buddista|cristian[oa]|credente|rifugiat[oa]"
    r"|immigrat[oa]"
    r"|di origine (?:africana|araba|asiatica)|sindacat\w+|cgil|iscritt[oa] al partito"
    # Dutch
    r"|homoseksue\w+|lesbienne|biseksue\w+|non-?binair|gehandicapt\w*|autistisch\w*|depressief|diabeet"
    r"|epilepsie|kanker\w*"
    r"|rolstoel\w*|katholiek|protestants\w*|moslim\w*|islamitisch\w*|joods\w*|boeddhist\w*|gelovig\w*"
    r"|vluchteling\w*"
    r"|socialistisch\w*|partijlid|vakbond\w*|ondernemingsraad"
    # Polish
    r"|gejem|homoseksualn\w+|lesbijk\w+|biseksualn\w+|niebinarn\w+|niepełnosprawn\w+|autystyczn\w+"
    r"|depresj\w+|cukrzyc\w+"
    r"|epilepsj\w+|raki?em|wózku inwalidzkim|katoli\w+|protestant\w*|muzułman\w+|żyd(?:em|ówk\w+)"
    r"|buddyst\w+|ateist\w+"
    r"|wierząc\w+|uchodźc\w+|socjalist\w+|komunist\w+|związk\w+ zawodow\w+|człon(?:ek|k\w+) partii"
    # Russian
    r"|гей|лесбиянк\w+|бисексуал\w*|небинарн\w+|инвалид\w*|аутист\w*|аутизм\w*|депресси\w+|диабет\w*"
    r"|эпилепси\w+|онкобольн\w+"
    r"|православн\w+|католик|мусульман\w+|еврей\w*|буддист\w*|атеист\w*|верующ\w+|беженец|беженка|коммунист\w*"
    r"|социалист\w*|член партии|профсоюз\w*"
)
_PATTERN = re.compile(rf"\b(?:{_WORDS})(?!\w)")
_UNSPACED = re.compile(
    # Chinese and Japanese, which part no words
    r"同性恋|同性愛|双性恋|跨性别|トランスジェンダー|ノンバイナリー|残疾|障[碍害]者|自闭症|自閉症|发達障害|発達障害|抑郁|うつ病|鬱病"
    r"|糖尿病|癫痫|てんかん|癌症患者|がん患者|艾滋|基督徒|クリスチャン|天主教|カトリック|穆斯林|イスラム教徒|佛教徒|仏教徒|犹太人"
    r"|ユダヤ人|无神论|無神論|少数民族|难民|難民|移民|在日|共产党员|共産党員|共产党|共産党|党员|自民党員|工会|労働組合"
)


def is_special(folded: str) -> bool:
    """Return whether a sentence, in folded case, speaks of a special category in one of these languages."""
    return bool(_PATTERN.search(folded) or (not folded.isascii() and _UNSPACED.search(folded)))
