"""How people ask recruiters to stay away in German, French and Spanish; see `spiders.clients.wordings`."""

from typing import Final

from spiders.clients.wordings import GAP, some, wording

_DE: Final = some(
    *("recruiter(?:n|innen|in)?", "recruiting", "head-? ?hunter(?:n|innen|in)?", "headhunting"),
    "kaltakquise",
    *(r"personal(?:vermittler|dienstleister|berater|agentur|vermittlung)\w{0,6}", r"vermittlungsanfragen?"),
    r"(?:job|stellen|arbeits|abwerbe?|karriere)-?(?:angebot|anfrage|versuch|offert|vermittl)\w{0,6}",
    r"abwerbung\w{0,3}",
)
_DE_NEEDS: Final = "recruit|hunt|personal|angebot|anfrage|abwerb|akquise|jobs"
GERMAN: Final = (
    wording(
        "de", "no_recruiters", r"wer mi|nicht (?:fur|zum|zwecks)",
        rf"\bwer mi(?:r|ch) {GAP}(?:stellen?\b|jobs?\b|abwerben|angebot){GAP}[:,] ?(?:bitte nicht|nein|lass)",
        rf"\bmeine? {GAP}nicht (?:fur|zum|zwecks) {GAP}{_DE}{GAP}(?:verwend|nutz|gebrauch|weitergeb|gespeichert)",
    ),
    wording(
        "de", "not_listed", "in keine",
        rf"\b(?:ich|mich|meine?)\b{GAP}\bin keine[rnm]? {GAP}(?:datenbank|kartei|pool|liste)\w{{0,4}}"
        r" (?:auftauch|steh|erschein|gefuhrt|landen)",
    ),
    wording(
        "de", "no_recruiters", _DE_NEEDS,
        r"\b(?:keine?|keinerlei|nix|null) (?:[\w-]{1,20}(?:,| und| oder| noch) (?:keine? )?){0,3}"
        r"(?:(?:weiteren|unaufgeforderten|neuen|kalten|anfragen|nachrichten|mails?|interesse"
        r"|kontaktaufnahme|kontakte"
        rf"|anrufe|an|von|durch|mit) ){{0,3}}{_DE}\b",
        before_not=r"\b(?:bin|habe|hatte|haben|gibt|gab|es|war|waren|sind|braucht)",
        after_not=r"(?:erfahrung|verpass|mehr verpass|notig|kenntnis|hintergrund|team|prozess|in unserem"
        r"|dabei)",
    ),
    wording(
        "de", "no_recruiters", "interesse|interessiert",
        rf"\b(?:kein(?:erlei)? interesse (?:an|fur)|nicht (?:\w{{1,15}} )?an) {GAP}"
        rf"(?:{_DE}|stellen|jobs?\b|angebot|wechsel|abwerb|kontakt)",
    ),
    wording(
        "de", "no_recruiters", _DE_NEEDS,
        rf"\b{_DE}\b(?:[ -]?anfragen)?{GAP}"
        + some(
            *("unerwunscht", "nicht erwunscht", "nicht willkommen", "fernbleiben", "draussen"),
            *("zwecklos", "verboten"),
            *("nein,? danke", "bitte nicht", "werden (?:ignoriert|blockiert|geloscht|nicht)"),
            *(r"ignorier", "blockier"),
            *("losch", "ungelesen", "papierkorb", "absehen", "abzusehen", "unterlassen", "sparen"),
            "weitergehen",
            *("bitte weiter", "finger weg", "abstand (?:zu )?nehm"),
        ),
        rf"\bfinger weg,? {GAP}{_DE}",
        rf"\bbitte keine {GAP}\b(?:mit|wegen|zu|fur) (?:jobs?\b|{_DE})",
    ),
    wording(
        "de", "no_contact", "nicht|absehen|unterlassen|verzichten|abzusehen",
        rf"\bnicht (?:mehr |(?:von|wegen|fur|mit|bezuglich|zwecks) {GAP})?(?:zu )?(?:kontaktier"
        rf"|anschreib|angeschrieben"
        r"|anzuschreib|ansprech|angesprochen|abwerb|abgeworben|anwerb|anruf|angerufen|kontaktiert)\w{0,4}"
        r"(?: zu)?(?: werden)?\b",
        rf"\b(?:von|auf) {GAP}(?:anfragen|kontakt\w{{0,10}}|nachrichten|angeboten)"
        rf"{GAP}(?:absehen|abzusehen|verzichten|unterlassen)",
        is_vague=True,
    ),
    wording(
        "de", "not_listed", "nicht|in keine",
        r"\b(?:mich|meine daten|mein profil)\b(?: bitte)? (?:nicht|in keine) (?:in |auf )?"
        rf"{GAP}(?:aufnehm|speicher|listen\b|auflisten|erfass|sammeln|eintragen)",
        rf"\bnicht (?:in |auf ){GAP}(?:datenbank|liste|pool|kartei)\w{{0,4}}"
        r"(?: \w{1,15}){0,2} (?:aufnehm|aufgenommen|speicher|gespeichert|gefuhrt|eintrag|eingetragen)",
    ),
)  # fmt: skip

_FR: Final = some(
    *("recruteurs?", "recruteuses?", "chasseurs? de tetes?", "cabinets? de recrutement"),
    *("demarchages?", "ssii", "esn"),
    r"(?:offres?|propositions?|annonces?) (?:d'|de )(?:emplois?|embauche|postes?|travail|jobs?|recrutement)",
    *("sollicitations?", "prospection", "head-? ?hunters?"),
)
_FR_NEEDS: Final = "recrut|chasseur|demarch|sollicit|emploi|embauche|poste|ssii|esn|hunter|travail"
FRENCH: Final = (
    wording(
        "fr", "no_recruiters", _FR_NEEDS,
        rf"\bne (?:souhait|veu|desir|accept)\w{{0,5}} (?:pas|plus|aucune?) {GAP}{_FR}",
        rf"\b(?:n'utilis|ne pas utilis)\w{{0,4}} (?:pas )?(?:mon|mes|ma) {GAP}(?:recrut|emploi|embauche|demarch)",
    ),
    wording(
        "fr", "not_listed", "refus|oppos|figurer|apparaitre",
        rf"\b(?:refus|oppos)\w{{0,4}} {GAP}\b(?:mon profil|mes donnees|mon nom|mon adresse) {GAP}"
        r"(?:enregistr|list|fich|collect|ajout|stock)",
        rf"\bne (?:souhait|veu|desir|voudr)\w{{0,5}} (?:pas |plus )?(?:figurer|apparaitre) (?:dans|sur) {GAP}"
        r"(?:bases?|listes?|viviers?|fichiers?)\b",
    ),
    wording(
        "fr", "no_recruiters", _FR_NEEDS,
        r"\b(?:pas|aucune?|ni|non aux?|plus|sans) (?:de |d'|des |les )?"
        rf"(?:[\w'-]{{1,20}}(?:,| ou| et| ni) (?:de )?){{0,3}}{_FR}\b",
        before_not=r"\b(?:a|avait|est|y a|ne suis|suis|ai|as|avons)",
        after_not=r"(?:cette annee|en ce moment|disponible|n'a\b|ne\b|dans l'equipe|au labo)",
    ),
    wording(
        "fr", "no_recruiters", _FR_NEEDS,
        rf"\b{_FR}\b{GAP}"
        + some(
            *("s'abstenir", "s'abstenez", "abstenez", "passe[zr] (?:votre|leur) chemin", "non merci"),
            "(?:merci )?de ne pas",
            *("(?:pas|non) bienvenue?s?", "indesirables?", "ignoree?s?", "bloquee?s?", "supprimee?s?"),
            "circulez",
            *(r"ne (?:me )?(?:pas )?(?:contact|demarch|sollicit)", "interdits?"),
            *("allez voir ailleurs", r": ?non\b"),
            *("corbeille", "poubelle", "spam", "sans reponse", "laissez-moi"),
        ),
    ),
    wording(
        "fr", "no_contact", r"\bne\b|\bn'|inutile",
        r"\b(?:ne pas|ne plus|ne) (?:m'|me |nous )(?:contact|demarch|sollicit|ecri|recrut|approch|chass"
        r"|appel|envoy"
        r"|derang|debauch)\w{0,5}(?: pas| plus)?\b",
        r"\binutile de (?:m'|me |nous )(?:contact|demarch|sollicit|ecri|approch|appel|envoy|derang)\w{0,5}\b",
        is_vague=True,
    ),
    wording(
        "fr", "no_contact", "etre|interess|repond|qu'on me",
        r"\bne (?:souhait|veu|desir|voudr)\w{0,5} (?:pas|plus) (?:etre|qu'on me) (?:contact|demarch"
        r"|sollicit|recrut"
        r"|approch|list|referenc|chass|debauch|fich)\w{0,3}",
        rf"\b(?:pas|plus|ni|non) interesse(?:e)? par {GAP}(?:{_FR}|offres?|opportunit|propositions|postes?)",
        rf"\bne (?:repond|lis|trait)\w{{0,4}} (?:pas|jamais|plus) (?:aux?|les|a) {GAP}{_FR}",
    ),
    wording(
        "fr", "not_listed", "ajout|list|referenc|fich|inclu|enregistr|donnees|informations",
        r"\b(?:ne pas|ne plus|ne) (?:m'|me )(?:ajout|list|referenc|fich|inclu|enregistr"
        r"|repertori)\w{0,5}(?: pas)?\b"
        r"(?! comme| en copie| en tant)",
        r"\bne pas (?:collecter|stocker|conserver|aspirer) mes (?:donnees|informations)",
    ),
)  # fmt: skip

_ES: Final = some(
    *("reclutador(?:es|as?)?", "cazatalentos", "head-? ?hunters?"),
    r"(?:ofertas?|propuestas?) (?:de (?:empleos?|trabajos?)|laborales)",
    "consultoras? de (?:recursos humanos|rrhh|seleccion)",
    *("empresas de (?:seleccion|reclutamiento)", "agencias de (?:empleo|reclutamiento|colocacion)"),
)
SPANISH: Final = (
    wording(
        "es", "no_recruiters", "no us|no utili",
        rf"\bno (?:us(?:en?|ar)|utili(?:cen?|zar)) mis? {GAP}para {GAP}(?:reclut|seleccion|empleo|trabajo|ofertas)",
    ),
    wording(
        "es", "no_recruiters", "reclut|caza|hunter|oferta|propuesta|seleccion|agencia",
        r"\b(?:no|sin|nada de|ningun|absteng\w{1,4}|abstenerse|fuera)(?: a)?"
        r"(?: (?:mas|los|las|se aceptan|acepto|aceptamos|quiero|admito|recibo|contesto|respondo|atiendo"
        r"|trabajo|hablo"
        rf"|leo|deseo|mensajes|correos|de|con|a|ni|por favor)){{0,4}} {_ES}\b",
        before_not=r"\b(?:que|como|por que|si|hay)",
        after_not="(?:de beca|este ano|disponible)",
    ),
    wording(
        "es", "no_recruiters", "reclut|caza|hunter|consultor|seleccion|agencia",
        rf"\b{_ES}\b ?[:,-]? ?{GAP}"
        + some(
            *(r"\babsten\w{3,8}", r"no (?:son )?(?:bienvenid|gracias|molest|insist)"),
            *(r"\bno, gracias", r": ?no\b"),
            *(r"no (?:me |nos )?(?:contact|escrib)", r"\bfuera\b"),
            "(?:seran?|son) (?:ignorad|bloquead|borrad)",
            r"\bse (?:borran|ignoran|eliminan|bloquean)",
            *("sigan de largo", "pasen de largo", "papelera"),
        ),
        before_not=r"\b(?:que|como|lo que no ven los)",
    ),
    wording(
        "es", "no_recruiters", "interes",
        rf"\bno (?:estoy |me |estamos )?(?:interesad[oa]s?|interesan?) (?:en |por )?{GAP}"
        rf"(?:{_ES}|ofertas?|oportunidades|propuestas|reclut|cambiar de (?:trabajo|empleo))",
    ),
    wording(
        "es", "no_contact", r"\bno\b|eviten?|dejen",
        r"\b(?:no|eviten?|dejen de) (?:me |nos )?(?:contact|escrib|envi|mand|reclut|llam|molest|busqu)\w{0,6}"
        r"(?:me|nos)?\b",
        before_not=r"\b(?:que|si|yo|quien|ellos)",
        after_not="(?:codigo|parches|correcciones)",
        is_vague=True,
    ),
    wording(
        "es", "not_listed", "aparecer|figurar|inclu|anad|agreg|list|guard|contactad|regist|index|contact|reclut",
        r"\bno (?:me|mis datos) (?:inclu|anad|agreg|list|guard|regist|index)\w{1,5}(?! como| en copia)",
        r"\bno (?:deseo|quiero|me gustaria) (?:ser|que me|aparecer|figurar)"
        r" (?:contactad|inclu|contact|anad|list|reclut|en (?:listas|bases))\w{0,4}",
    ),
)  # fmt: skip
