"""How people ask recruiters to stay away in German and French, and rules common to more than English.

See `spiders.clients.wordings` for the letters.
"""

from typing import Final

from spiders.clients.wordings import Language
from spiders.clients.wordings_english import RECRUITER, RULES

EUROPE_RULES: Final = (
    *RULES,
    # schreibt mir bitte nicht; ne m'ecrivez pas; no me escriban
    ("no_contact", r"[AOJ][^.HBG]{0,8}?CM[wN]{0,3}N"),
    ("no_contact", r"[AOJ][^.HBG]{0,8}?NMw?C"),
    ("no_contact", r"(?<![QJ])N[wFYN]{0,2}(?:Mw?)?C(?=[wYNM,]{0,2}(?:[.?]|$))"),
    ("no_contact", r"N[^.HBU]{0,8}(?<=[AOJ])[^.HB]{0,4}C"),
    ("no_contact", r"E[^HGB.]{0,8}[.,]?[^HGB.]{0,5}NM?C"),
    ("no_recruiters", r"R[wF,M]{0,6}(?:O|A(?=[.,?:w]|$))"),
    ("no_recruiters", r"Z[wFY]{0,2}C[^.HBGU]{0,5}[AOJ]"),
    ("no_recruiters", r"[AO]FM[wF]{0,3}N"),
    ("no_recruiters", r"E[^HGB.]{0,6}Z[wF]{0,2}[JC](?!J?F?B)"),
    ("no_recruiters", r"Q[^.HG]{0,9}[OJC][^.HG]{0,6}[:,.]{1,2}w?[NRW]"),
    ("not_listed", r"[MD][^.HB]{0,4}N[^.HB]{0,5}[LS]"),
    ("not_listed", r"N[wF]{0,3}M?D?L[^.HB]{0,6}[SAO]"),
)

GERMAN: Final = Language(
    code="de",
    common=r"nicht|keine?|keinen|bitte|ich|nein|und|der|die|das|den|von|mir|mich|werden|danke|fur|zu|ist|auf|mit|im",
    subject=(
        r"rec+[rui]{1,4}t|hunt(?:er|ing)|personal|vermittl|kaltakquise|abwerb|angebot|stelle|\bjobs?\b|"
        r"jobsuche|arbeit"
        r"|karriere|bewerber|kandidat|wechsel|anfrage|widersp|linkedin|xing|position|herausforderung|"
        r"talent|agentur"
        r"|mandant|eurem kunden|vakan|matching|ranking|software, die|vorstellungsg|anwerb|\bhr\b|\bxo\b"
        r"|kontakt|anschreib|mich|zeitarbeit|akquise|kopfgeld|datenbank|kartei"
    ),
    words={
        "H": r"her damit|immer her|freu mich|freue|jederzeit|offen|ungefragt her|gesprachsbereit|nur zu|"
        r"schickt gern|"
        "willkommen|gern(?! woanders)|gerne(?! woanders)|gern gesehen|zogert nicht|nicht zogern|"
        "freue mich|durfen(?! (?:gern|woanders))|offen fur"
        "|immer melden",
        "G": r"posten|forum|marktplatz|brettspiel\w*|cache|"
        r"buchbesprechung|krimi|roman|podcast|folge|umfrage|kurs|faible|parser|importer|behebt|absturz|"
        r"studie|rezension|ubersetz\w*|statistik|"
        "plugin|tool|werkzeug|bibliothek|software|vortrag|artikel|erfahrung|kenntnisse?|warum|wie"
        "|fruher|ehemal*|ex|gearbeitet|gebaut|scheduler|angst|im mittelstand|marktplatz*|modul",
        "U": r"im forum|"
        r"in unser\w*|in (?:der|dieser|meiner) (?:gruppe|abteilung|firma)|dieses jahr|"
        "hat|haben|hatte|hatten|war|waren|gibt|gab|braucht|notig|noetig|gemeldet|geantwortet|bin|habe"
        "|sind|verpasst*|verpass*|ist|wurde",
        "V": r"(?:entwickler\w*|mitarbeiter\w*|verstarkung|kolleg\w*) gesucht|suchen selbst|unsere agentur|"
        r"besetzt|vergeben|"
        r"bei uns|unsere stellen|ihr \w*-?team|werkstatt|initiativbewerbung\w*|bewirb dich|"
        r"bewerbt euch|ausbildungsplatz|gesucht wird|(?:wir|verein) such\w*|zum nachsten|"
        r"wir (?:suchen|stellen ein|besetzen|haben)|unsere (?:stelle\w*|ausschreibung\w*|vakanz\w*)"
        "|zur verstarkung|zu besetzen|diese stelle|diese ausschreibung"
        "|fur unser(?:e|en)? (?:team|buro)",
        "T": "ausser|ausgenommen|mit ausnahme|nur nicht|aber nicht|blos nicht|bloss nicht",
        "P": r"loschung|tilgung|entfernung|nehm(?:t|en sie) (?:mich|meine?n?)|raus(?:nehmen)?|austrag\w*|"
        r"entfern\w*|losch(?!e\b)\w*|streich\w*|nehmt|nehmen|lasst|lassen sie|verschon\w*|vergesst",
        "X": r"untersage|verlange|keinerlei (?:einwilligung|zustimmung)|nie (?:zugestimmt|eingewilligt)|"
        r"ohne meine (?:zustimmung|einwilligung)|"
        r"widersprech\w*|widerspruch|widersprochen|untersag\w*|verbiet\w*|verboten"
        r"|nicht (?:\w{1,12} )?gestattet|nicht erlaubt|nicht einverstanden|nicht zu"
        "|keine (?:einwilligung|zustimmung|erlaubnis)|willige nicht|verbitte (?:ich )?mir"
        "|nicht zulassig|unzulassig|verwahre mich",
        "K": "(?:kein(?:erlei|e)?|null|0) (?:interesse|bedarf|bock|lust)(?: (?:an|fur|auf))?"
        r"|nicht (?:\w{1,15} )?interessiert(?: (?:an|fur))?|nicht an(?= \w)|desinteress\w*",
        "E": r"nicht (?:\w{1,12} )?(?:wechselwillig|auf (?:der )?jobsuche|auf der suche|verfugbar|am markt)"
        r"|wechselunwillig|(?:suche|such) (?:\w{1,12} )?(?:keine|keinen) (?:neue[n]? )?(?:job|stelle"
        r"|arbeit|herausforderung|position)\w*|glucklich|zufrieden|kein wechsel\w*|in festen handen"
        "|festangestellt|will nicht wechseln",
        "W": r"hor(?:t|en sie)? (?:bitte |endlich )?auf|aufhoren|in ruhe|"
        r"lass(?:t|en)?(?: \w{1,12}){0,3} (?:aus|sein|bleiben|stecken|links liegen)|"
        r"(?:besser|lieber|gleich|einfach) (?:gleich |ganz )?(?:lassen|nicht)|bitte aus|bitte lassen|"
        r"lasst mich|nichts zu holen|vergesst es|nur nicht|bloss nicht|keinen sinn|zeitverschwendung|"
        r"schluss damit|schenk(?:t|en)? (?:euch|sie sich)|klopft nicht|versucht es|"
        r"zwecklos|sinnlos|spart? (?:euch|sie sich|dir)|sparen|bitte nicht(?=\W{0,3}(?:$|\n))"
        "|gar nicht erst|lass(?:t|en sie)? es|nicht fragen|fragt nicht|bemuht euch nicht|aussichtslos"
        "|vergebens|vergeblich|nein danke|nein",
        "R": r"ist die tur|"
        r"nicht fur (?:euch|sie|recruiter|dich)|rechnung|stille|schweigen|verschont?|kein kandidat|"
        r"keine kandidatin|nicht kaufen|"
        r"stopp?|unverkauflich|nicht zu haben|nichts fur|fehlanzeige|"
        r"(?:der |unserer? )?rechtsabteilung|datenschutz\w*|beschwerde|anzeige erstattet|gesperrt|"
        r"falsche adresse|falsch hier|woanders|anderswo|katzenbilder|konnen (?:sich|mir)|konnt ihr|"
        r"(?:landen|landet|kommen|kommt|wandern) (?:\w{1,8} ){0,3}(?:mull|papierkorb|spam|tonne|"
        r"rundordner|ablage)|"
        r"ablage p|ins leere|auf granit|drauss\w*|geht nicht|geht gar nicht|no go|dankend|lehnt|"
        r"ablehn\w*|verpisst|zieht weiter|zisch\w*|nichts da|pustekuchen|"
        r"un ?erwunscht|nicht (?:\w{1,12} )?(?:erwunscht|willkommen|gewunscht|gewollt|beantwortet"
        "|gelesen|bearbeitet|beachtet|berucksichtigt)|fern ?bleiben|bleibt fern"
        r"|draussen ?(?:bleiben)?|zwecklos|verboten|nein,? danke|nein|bitte nicht(?=\W{0,3}(?:$|\n))"
        r"|ignorier\w*|blockier\w*|geblockt|blocke|block|blocken|losch\w*|geloscht|ungelesen\w*"
        r"|papierkorb|tonne|spam|mull|muell|absehen|abzusehen|sehen sie|ab ?sehen|unterlass\w*"
        "|spar(?:en|t|e)(?: (?:euch|sie sich|sich))?|weitergehen|weiterziehen"
        r"|weiter ?(?:gehen|scrollen)|bitte weiter|geht weiter|abstand|verzichte\w*|zu verzichten"
        "|lass(?:t|en sie)? (?:es|mich)"
        r"|(?:bekommen|erhalten|kriegen) [\w\s]{0,14}keine (?:antwort|reaktion|ruckmeldung)"
        r"|keine antwort|unbeantwortet|gemeldet als|in rechnung|abmahn\w*|nerv\w*|keine chance|raus"
        r"|haut ab|verschwinde\w*|kehrt um|umdrehen|muss(?:en)? draussen|abgelehnt|tabu|gesperrt"
        "|lehne ich ab|antworte ich nicht|beantworte ich nicht|lese ich nicht|kommentarlos",
        "I": r"losche|losche jede mail|"
        "finger weg(?: von)?|keine lust auf|bock auf|ignoriere|blockiere|losche|hasse"
        "|allergisch (?:gegen|auf)|genervt von|die nase voll von|nein zu|schluss mit|anti|stoppt"
        "|reagiere nicht auf|antworte nicht auf|beantworte keine|verschont mich mit|genug von|lehne",
        "Q": "wer|falls|wenn|sofern|sollten sie|an alle|liebe|lieber",
        "O": r"(?:weitere|eure|ihre|solche) angebote|"
        r"bewerbungsgesprach\w*|"
        r"xo|stellenanzeig\w*|(?:offene[nrs]?|vakante[nrs]?|freie[nrs]?) (?:position|stelle|job)\w*|"
        r"vakanz\w*|(?:ihre[mn]?|eure[mn]?) (?:mandant|kunde)\w*|mandant\w*|abwerb\w*|"
        r"(?<=kein )(?:matching|ranking)|"
        r"talent (?:insight|search|pool|intelligence)\w*|vorstellungsgesprach\w*|jobwechsel|"
        r"karriere ?(?:schritt|sprung|chance|tipp|gesprach)\w*|traumjob\w*|"
        r"neue[nr]? herausforderung\w*|kandidatensuche|xing jobs|anwerb\w*|active sourcing|"
        r"(?:job|stellen|arbeits|abwerb\w{0,3}|karriere|projekt|vermittlungs|recruiter|recruiting"
        r"|headhunter|linkedin|xing|personal) ?(?:angebot\w*|anfrage\w*|versuch\w*|offert\w*"
        r"|vermittl\w*|nachricht\w*|mails?|anschreiben|kontakt\w*|anrufe?|spam|gesuch\w*|vorschl\w*"
        r"|post)|kaltakquise|abwerbung\w*|initiativanfrage\w*|in mails?|(?:personal|talent"
        r"|mitarbeiter|bewerber|fachkrafte)(?:gewinnung|suche|beschaffung|auswahl|akquise)\w*"
        r"|headhunting|recruiting|rekrutierung\w*"
        r"|spannende\w* (?:herausforderung|position|projekt|stelle)\w*|recruitment",
        "A": r"personal ?(?:suche|beschaff|partner)\w*|recruiting ?(?:firm|agentur|tool|software)\w*|"
        r"hr(?= |-|,|:)|"
        r"(?:entwickler|fachkrafte|leute|personen|kandidaten) (?:\w{1,10} ){0,3}(?:vermittel|vermittl)\w*|"
        r"software,? die entwickler|dienstleister|leiharbeit\w*|"
        r"sourcing ?(?:tool|firm|plattform|agentur)\w*|head-?hunting ?\w*|"
        r"talent ?(?:acquisition|manager|partner)\w*|"
        rf"(?:{RECRUITER})|recruiter\w*|recruiting\w*|head ?hunter\w*"
        r"|personal(?:vermittl|dienstleist|berat|agentur|verleih|abteilung|leasing|scout)\w*"
        r"|personaler\w*|vermittler\w*|vermittlung(?:en)?|talent ?scouts?|zeitarbeits?\w*|sourcer"
        r"|kopfjager\w*|arbeitsvermittl\w*|jobvermittl\w*|personalvermittlungen|agenturen"
        "|talent acquisition",
        "S": r"(?:bewerber|talent|kandidaten)(?:-| oder | und )+\w*|shortlist\w*|longlist\w*|"
        r"profilsammlung\w*|"
        "(?:bewerber|kandidaten|talent|personal|kunden)?-?(?:datenbank|kartei|pool|liste|verteiler"
        r"|crm|datei)\w*|bewerber\w*|kandidat\w*|talent ?pool\w*",
        "D": r"meine[rnms]? (?:\w{1,18} )?(?:daten|profil|namen?|adresse|kontaktdaten|angaben|e-?mail|mail"
        "|mailadresse|nummer)|(?:veroffentlichten|angegebenen) kontaktdaten|kontaktdaten|mein profil"
        "|dieses profil",
        "B": r"fehler\w*|bugs?|support|fragen|issues?|patches|forum|bewerbungen|werbung|telefonbuch|tracker"
        r"|sekretariat|code|ticket\w*|hilfe|projekte|freelance\w*|crypto|krypto|zeigern|direkt",
        "J": r"jobs?|stellen?|arbeit|karriere|position\w*|wechsel|angebot\w*|herausforderung\w*|linkedin"
        r"|xing|anfragen|entwickler|stellenanzeige\w*",
        "Z": "keine?|keinen|keinerlei|nix|null|nono|kein einziger|nie|weder|noch|ohne|niemals",
        "N": "nicht|nie|niemals|nicht mehr|kein|keine|keiner|keinen|keinem",
        "F": "will|mochte|wunsche|wollen|brauche|benotige|bekommen|lese|beantworte|antworte|reagiere|von"
        "|an|fur|zu|zum|zwecks|wegen|mit|bezuglich|durch|auf|uber|in|der|die|das|den|dem|im|per|auch"
        "|bitte|weiteren?|mehr",
        "C": r"andreh\w*|anzudrehen|aufschwatz\w*|anhau\w*|klingel\w*|klopf\w*|anpingen|anquatschen|"
        r"telefon\w*|pitch\w*|lock\w*|"
        r"kontaktier\w*|kontaktaufnahme\w*|kontakt|kontakte|(?:an|zu)?schreib\w*|angeschrieben"
        r"|anzuschreiben|ansprech\w*|angesprochen|abwerb\w*|abgeworben|anwerb\w*|anruf\w*|angerufen"
        r"|ruft|mail(?:s|en|t)?|e-?mails?|nachrichten?|anfragen|melde\w*|schick\w*|zusend\w*|send\w*"
        r"|anbiet\w*|bietet|belastig\w*",
        "L": r"aufnehm\w*|aufgenommen|speicher\w*|gespeichert|listen|auflisten|gelistet|erfass\w*|sammeln"
        r"|gesammelt|eintrag\w*|eingetragen|auftauch\w*|steh\w*|erschein\w*|gefuhrt|landen|verwend\w*"
        r"|verwendet|nutz\w*|genutzt|gebrauch\w*|weitergeb\w*|weitergegeben|verarbeit\w*|bewert\w*"
        r"|scrap\w*|nutzung|ubersendung|verarbeitung|speicherung",
        "M": "mich|mir|ich",
        "Y": "ihr|sie|euch|eure[nrms]?|ihre[nrms]?|dich|dir|du",
    },
    rules=EUROPE_RULES,
)

FRENCH: Final = Language(
    code="fr",
    common=r"pas|je|vous|merci|les|des|de|la|le|un|une|est|et|ne|mes|mon|ma|aux?|pour|votre|svp|non|si|du",
    subject=(
        r"rec+[rui]{1,4}t|recrut|chasseu|tetes|hunter|demarch|sollicit|emploi|embauche|\bpostes?\b|ssii|"
        r"\besn\b|travail|offres?"
        r"|marche|cabinet|candidat|talent|vivier|sourcing|prospect|opportunit|interim|contact|proposition|"
        r"linkedin|chassee?"
        r"|boulot|\btaf|\bdrh|\brh\b|entretien d|ressources hum|fiche|votre client|intermediaire|"
        r"changer d|\bxo\b"
        r"|debauch|fichier|bases? de|listes?|ecri|appel|cv ?theque|mon profil|mes donnees"
    ),
    words={
        "H": r"m'interessent|meme celles|je prends|preneu\w*|ecrivez (?!pas)|a bras ouverts|allez-y|"
        r"quand vous voulez|n'importe quand|"
        "bienvenue?s?(?<!pas bienvenue)(?<!pas bienvenues)|volontiers|hesitez pas|n'hesitez"
        "|avec plaisir|ecrivez-moi|ouverte? aux?"
        "|a l'ecoute du marche(?<!pas a l'ecoute du marche)(?<!plus a l'ecoute du marche)|quand meme",
        "G": r"rappelee?|repondu|applications?|appli|"
        r"roman|film|podcast|episode|corrige|enquete|traduction|j'explique|le jour|parse|analyseur|"
        r"statistiques|cours|"
        "outil|logiciel|bibliotheque|pour aider|experience|conference|pourquoi|comment|ancien"
        "|ancienne|ex|neuronal|un article|qui classe|dans l'equipe|au labo|cette annee|reconversion"
        "|recit",
        "U": "m'a|m'ont|n'a|n'ont|ont|avait|avaient|est|(?<!ne )sont|etait|ai|as|avons|suis|y a|ne suis"
        "|disponible|m'avait|en ce moment|peuvent|n'est",
        "V": r"pourvue?s?|cloture\w*|"
        r"a pourvoir|candidatures? (?:envoyees?|spontanees?|directes?)|postulez|alternance|chez nous|"
        r"notre studio|l'association|"
        "nous (?:recrutons|embauchons|cherchons|recherchons|gerons)|(?:notre|l') ?(?:agence|equipe"
        "|entreprise|societe|cooperative|start-?up|studio) (?:embauche|recrute|cherche|recherche)"
        "|ce recrutement|cette offre|ce poste|notre (?:annonce|offre)",
        "T": "sauf|hormis|excepte|a l'exception|mais pas|hors",
        "P": r"effacement|suppression|retrait|desinscription|radiation|"
        r"retire[rz]|supprime[rz]|enleve[rz]|efface[rz]|oubli(?:er|ez)|desinscri\w*|retirez|raye[rz]"
        "|sorte[rz]",
        "X": r"exige|sans mon (?:accord|consentement)|jamais (?:donne|consenti)|"
        r"refus\w*|(?:m'|s')?oppos\w*|n'autorise (?:pas|aucun\w*)|(?:ne )?consens (?:pas|aucunement)"
        r"|interdi\w*|pas d'accord|pas (?:mon )?(?:accord|consentement)|ne consens pas|sans mon accord",
        "K": r"(?:pas|plus|ni|non|aucunement|jamais) (?:\w{1,12} )?(?:interessee?|ouverte?"
        "|disponible)(?: (?:par|a|aux|pour|de))?|(?:aucun|pas d') ?interet(?: pour)?"
        r"|ne m'interess\w* pas|desinteress\w*",
        "E": "(?:pas|plus) (?:a l'ecoute(?: du marche)?|en recherche|en poste|sur le marche)"
        r"|ne (?:cherche|recherche) (?:pas|plus|aucun\w*)(?: de)?(?: travail| poste| emploi| job"
        "| opportunites?)?|cherche (?:pas|plus)(?: de)? (?:travail|poste|emploi|job|taf)"
        r"|tres (?:bien|heureu\w*) (?:ou je suis|dans mon)|veux pas bouger"
        r"|heureu(?:x|se) (?:ou je suis|dans mon \w+)",
        "W": r"laissez (?:moi|nous) (?:tranquille|en paix)|laissez (?:tomber|moi)|la paix|passez votre tour|"
        r"n'essayez (?:pas|meme)|peine perdue|n'y pensez pas|gardez (?:le|la|les|vos|votre)\w*|gardez|"
        r"oubliez moi|fichez|foutez|lachez moi|ca suffit|stop|"
        r"inutile|pas la peine|n'insistez pas|insistez pas|ne demandez pas|epargne\w*|ne perdez pas"
        r"|economise\w*|vous fatiguez pas|(?:merci )?de ne pas insister|ne pas insister",
        "R": r"garde[rz]\w*|"
        r"m'oublier|oubliez|silence|pas fait\w{0,2} pour|pas destinee? (?:a|aux)|raccroch\w*|"
        r"le silence|facture|"
        r"gardez\w*|loin de|a eviter|sans moi|tres peu pour moi|pas pour moi|ailleurs|abstenez vous|"
        r"abstenez|la reponse est non|reponse est non|c'est non|sera non|on n'ouvre pas|"
        r"mauvaise adresse|mauvaise porte|porte fermee|n'est pas a vendre|pas a vendre|portera plainte|"
        r"plainte|cnil|bannie?s?|au panier|a la trappe|filtree?s?|direction la|aux oubliettes|fuyez|"
        r"rien a (?:vous )?(?:dire|vendre|offrir)|rien pour vous|restez chez vous|ne repond pas|"
        r"s'abstenir|s'abstenez|abstenez\w*|abstiennent|passe[rz] (?:votre|leur|ton) (?:chemin|tour)"
        "|passe (?:ton|votre) chemin|non merci|merci mais non|mais non|non(?! aux?)"
        "|(?:pas|non) (?:les )?bienvenue?s?|indesirables?|ignoree?s?|bloquee?s?|supprimee?s?"
        "|effacee?s?|circulez|interdits?|(?:allez|va) voir ailleurs|corbeille|poubelle|spams?"
        "|pourriels?|sans reponse|sans suite|laissez-moi|demi-tour|faites demi-tour|degage[rz]"
        r"|du balai|oust[e]?|dehors|tenez-vous a l'ecart|a l'ecart|restez loin|signalee?s?|epargnez\w*"
        r"|inutile\w*|n'insistez pas|insistez pas|tant pis|pas la peine|facturee?s?|rejetee?s?"
        r"|refusee?s?|poliment refus\w*|ne (?:seront?|sera) (?:pas|jamais) \w+|non-lus?|jetee?s?"
        r"|archivee?s?|recoivent [\w\s]{0,14}pas de reponse|facturation",
        "I": "allergiques? (?:aux?|a la|a|a l')|j'ignore|je bloque|je supprime|je jette|marre (?:des|de)"
        "|assez (?:des|de)|stop aux?|non aux?|halte aux?|anti|fuyez|basta les|a bas les|mort aux"
        "|ras-le-bol des|bloque les|ignore les|epargnez-moi",
        "Q": "si vous|si tu|si|quiconque|a tous|chers?|cheres?|vous etes",
        "O": r"sourcer|etre recrutee?|changer de (?:poste|boulot|job|boite)|"
        r"xo|(?:belles?|superbes?|nouvelles?|grandes?) opportunites?|"
        r"opportunites? (?:de carriere|pro\w*|chez)|offres? d'emploi|entretiens? d'embauche|"
        r"(?:un|des|votre|vos) (?:postes? ouverts?|cdi|postes?)|changer d'air|debauch\w*|votre client|"
        r"vos clients|chasse de tetes|un autre (?:boulot|job|poste|taf)|classement de dev\w*|"
        "(?:offres?|propositions?|annonces?|opportunites?|demandes?) (?:d'|de |du )?(?:emplois?"
        "|embauche|postes?|travail|jobs?|recrutement|missions?|cdi)|offres?(?= (?:par|sur|non))"
        "|vos (?:offres|annonces|propositions|opportunites)|sollicitations?|prospection|demarchages?"
        r"|(?:mails?|messages?|courriels?|inmails?|spam|sms|appels?) (?:de |d'|des )(?:recrut\w*"
        r"|chasseu\w* de tetes|cabinets?|esn|ssii)|in-?mails?|recrutement|sourcing|approche directe",
        "A": r"interimaires?|agences? (?:de talents?|rh)|plateformes? de (?:recrutement|talents?|sourcing)|"
        r"intermediaires|ressources humaines|talent (?:manager|scout|partner)s?|marchands? de viande|"
        r"outils? de sourcing|drh\w*|"
        rf"(?:{RECRUITER})|recruteu\w*|chasseu\w{{1,4}} de (?:tetes?|talents?)"
        "|cabinets?(?: de (?:recrutement|chasse|conseil))?|ssii|esn"
        "|agences? (?:d'interim|de recrutement|d'emploi|de placement)"
        r"|charge\w{0,2} de (?:recrutement|sourcing)|sourceu\w*|drh|rh|talent acquisition"
        "|societes? de (?:services|recrutement|placement)|commerciaux d'esn",
        "S": r"fiches?(?: me concernant)?|vivier\w*|shortlists?|"
        r"viviers?|cv ?theques?|bases? de (?:donnees|talents|candidats)(?: de \w+)?"
        "|fichiers?(?: de candidats)?|listes? de (?:candidats|diffusion|prospects)"
        "|vos (?:listes?|bases?|fichiers?|viviers?|crm)|candidat(?:s|es|ures)?|crm",
        "D": r"(?:mon|mes|ma) (?:\w{1,12} )?(?:profil|donnees|nom|adresse|informations?|coordonnees|cv"
        "|mail|courriel|email|numero)|ce (?:profil|formulaire)|cette (?:page|adresse)"
        "|donnees (?:personnelles)?",
        "B": "bogues?|bugs?|support|correctifs?|tickets?|aide|depot|questions?|exemple|code|memoire"
        "|theses?|demandes d'aide|anglais|signature|copie|auteurs",
        "J": r"boulots?|tafs?|cdi|turbin|"
        r"postes?|emplois?|embauche\w*|travail|jobs?|offres?|opportunites?|marche|missions?|linkedin"
        r"|propositions?|carriere|recrut\w*",
        "Z": "pas|aucune?|zero|ni|non aux?|plus|sans|nono|jamais|nul(?:le)?|stop",
        "N": "ne|n'|pas|inutile de|inutile|arrete[rz] de|arreter? de|cessez de|stop|priere de ne pas"
        "|evitez de|evitez|plus|jamais|refuse de|merci de ne pas|de ne pas",
        "F": r"souhait\w*|veu\w*|desir\w*|accept\w*|voudr\w*|recevoir|etre|recois|repond\w*|lis|traite|de"
        "|d'|des|les|la|le|l'|a|aux?|par|pour|dans|sur|en|qu'on|que|du|un|une|aucune?|besoin",
        "C": r"toqu\w*|frapp\w*|sonn\w*|telephon\w*|insist\w*|tent\w*|essa(?:y|i)\w*|pitch\w*|spamm\w*|"
        r"relance\w*|appell\w*|"
        r"contact\w*|demarch\w*|sollicit\w*|ecri\w*|approch\w*|chass(?:er|ez|ee?)|appel\w*|envoy\w*"
        r"|envoi\w*|derang\w*|debauch\w*|mails?|courriels?|messages?|propos\w*|recrut(?:er|ez|ee?)"
        r"|harcel\w*|relanc\w*|mp|dm",
        "L": r"mett\w*|mettre|inscri\w*|class\w*|not(?:er|ez)|vend\w*|revend\w*|import\w*|"
        r"ajout\w*|list\w*|referenc\w*|fich(?:er|ez|ee?)|inclu\w*|enregistr\w*|repertori\w*|collect\w*"
        r"|stock\w*|conserv\w*|aspir\w*|figurer|apparaitre|traitement|trait\w*|exploit\w*|utilis\w*"
        r"|profilage|index\w*|analys\w*|moissonn\w*",
        "M": "me|m'|moi|je|j'",
        "Y": "vous|vos|votre|tu|ton|te|tes",
    },
    rules=EUROPE_RULES,
)
