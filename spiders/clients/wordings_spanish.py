"""How people ask recruiters to stay away in Spanish; see `spiders.clients.wordings`."""

from typing import Final

from spiders.clients.wordings import Language
from spiders.clients.wordings_english import RECRUITER
from spiders.clients.wordings_europe import EUROPE_RULES

SPANISH: Final = Language(
    code="es",
    common=r"gracias|por|los|las|de|la|el|que|un|una|mi|mis|favor|si|ni|se|en|con|para|nada|sin|es|su|sus",
    subject=(
        r"rec+[rui]{1,4}t|reclut|cazatalent|caza ?talent|hunter|oferta|propuesta|seleccion|consultor|"
        r"empleo|trabajo"
        r"|laboral"
        r"|rr ?hh|recursos humanos|candidat|vacante|oportunidad|contact|escrib|puesto|linkedin|interes|"
        r"fichar|agencia"
        r"|talento"
        r"|captar|captador|entrevista|tu cliente|reto\b|\bxo\b|bases? de"
        r"|curro|chamba|pega\b|laburo|inmail|molest"
    ),
    words={
        "H": r"siempre (?:abierta?|abierto)|mandamela|sin avisar|charlar|cuanto mas|adelante|escribeme|"
        r"a vuestra disposicion|"
        r"bienvenid\w*(?<!no bienvenidos)|encantad\w*|abiert\w* a|no dud\w*|con gusto"
        "|pueden escribirme|cuando quieran|sin problema",
        "G": r"reembols\w*|descuento|rebaja|plantilla|termina hoy|"
        r"hilo|novela|pelicula|encuesta|corrige|explicad\w*|traduccion|que hacen|podcast|aprendiendo|"
        r"analizador|estadisticas|"
        r"herramienta|api|biblioteca|curso|tesis|experiencia|por que|como(?! reclut)|lo que|antigu\w*"
        "|ex|soy|modelo de|planificador|registros|charla|neuronas|para que las|de beca|este ano",
        "U": "hay|habia|ha|han|me ha|me han|fue|fueron|hubo|respondio|contesto|llamo|contacto|escribio"
        r"|llamaron|contactaron|escribieron|soy|tengo|disponible|somos|necesit\w*",
        "V": r"tratamos directamente|vacante en nuestr\w*|nuestra (?:editorial|empresa|cooperativa)|"
        r"postulate|candidaturas a|inscribete|se busca|"
        "(?:buscamos|contratamos|estamos contratando|seleccionamos)|nuestra (?:vacante|oferta)"
        "|esta vacante|este puesto|para nuestr[ao] (?:equipo|empresa|cooperativa|oficina|estudio)",
        "T": "excepto|salvo|menos|a excepcion de|pero no",
        "P": r"supresion|borrado|cancelacion|baja|suprim\w*|"
        r"retir\w*|elimin\w*|borr\w*|saqu\w*|quit\w*|olvid\w*|sac\w*|tach\w*",
        "X": r"exijo|solicito|sin preguntarme|sin permiso|nunca (?:di|he dado)|"
        "(?:me )?opongo|no autorizo|no consiento|no doy (?:mi )?(?:consentimiento|permiso)|rechazo"
        r"|prohib\w*|no permito|no (?:\w{1,12} )?autoriz\w*|niego|sin mi (?:consentimiento|permiso)",
        "K": r"(?:no|sin) (?:\w{1,10} )?(?:interesad[oa]s?|interesan?|interes|abiert[oa])(?: (?:en|por|a))?"
        "|no me va|cero interes(?: en)?|ningun interes(?: en)?",
        "E": r"no (?:\w{1,10} )?(?:busco|buscando|quiero|necesito|en busqueda de)(?: (?:otro|nuevo"
        "|cambiar de|de))?(?: (?:trabajo|empleo|curro|laburo|chamba|puesto))"
        r"|no (?:pienso|quiero|voy a) cambiar\w*|(?:estoy|soy) (?:muy )?(?:content\w*|feliz|bien)"
        "|no disponible|fuera del mercado|no estoy (?:en el mercado|disponible)",
        "W": r"no lo intent\w*|ni lo (?:penseis|piensen|intenteis)|no lo hagas|no lo hagan|no lo hagais|"
        r"mejor dejarlo|dejadme|dejenme|dejame|en paz|no perdais|perdida de tiempo|pierd\w* el tiempo|"
        r"guard(?:ad|en|ate|aos|ense)\w*|ni te molestes|ni se molesten|dejadlo|paso\b|"
        r"no (?:\w{1,10} )?(?:insist\w*|pregunt\w*|molest\w*|perdais|pierdan|pierdas)|ahorr\w*"
        r"|ni lo intent\w*|no hace falta|mejor no|ni pregunt\w*|dejen de \w+",
        "R": r"nada para|aqui no hay|otro lado|otra puerta|puerta cerrada|"
        r"no les (?:contesto|respondo|abro)|silencio|cuelgo|no soy (?:candidat|mercancia)\w*|"
        r"a otro perro|no cuenten|no contad|no es para|"
        r"circul\w*|no es el perfil|no toqu\w*|lejos de|a otra parte|otra puerta|no estoy en venta|"
        r"no se vende|no esta en venta|puerta equivocada|denuncia|aepd|la respuesta es no|es que no|"
        r"ni en broma|ni loc[oa]|ni hablar|ya tengo (?:jefe|trabajo|curro)|sin cobertura|"
        r"no soy vuestro|mejor no|no gracias|nanai|nones|que no|bloqueo|baneo|no abro|ni caso|lo borro|"
        r"las borro|los borro|se borra\w*|"
        r"absten\w*|abstengan\w*|no (?:son |sois )?(?:bienvenid|gracias|molest|insist)\w*|no,? gracias"
        r"|gracias,? pero no|pero no|no(?=\W{0,3}(?:$|\n))|fuera(?! a| de)|(?:seran?|son|sera|quedan"
        r"|acaban|van|iran|se van)(?: \w+)? (?:ignorad|bloquead|borrad|eliminad|reportad|denunciad"
        r"|descartad)\w*|se (?:\w{1,10} )?(?:borran|ignoran|eliminan|bloquean|descartan)"
        "|siga[ns]? de largo|sigue de largo|pasen? de largo|pasad de largo|pase de largo|circulen"
        r"|papelera|basura|spam|ahorr\w*|ignorad\w*|bloquead\w*|alejense|largo de aqui|largo"
        "|fuera de aqui|ni se acerquen|no contesto|no respondo|sin respuesta|al spam|media vuelta"
        r"|no pierdan|no pasar|prohibid\w*|vayan a otro|busquen en otro|no hace falta|ni os molesteis"
        "|no os molesteis",
        "I": r"absten\w*|abstenerse|fuera|nada de|cero|basta de|hart[oa] de|cansad[oa] de|alergic[oa] a"
        "|ignoro|bloqueo|borro|odio|no mas|no a|anti|paso de|elimino",
        "Q": "si|quien|quienes|estimad[oa]s?|querid[oa]s?|a los|a todos los|para los",
        "O": r"seleccionar (?:personal|candidat\w*)|cambiar de (?:trabajo|empresa|curro)|"
        r"procesos? de seleccion|"
        r"xo|(?:ofrecerme|ofrecer|proponerme|venderme) (?:un |otro )?(?:puesto|trabajo|curro|empleo)|"
        r"vacantes?(?! en nuestr)|ofertas? (?:de trabajo|de curro|laboral\w*|por)|"
        r"entrevistas? de trabajo|(?:un |otro )?(?:curro|trabajo|empleo) nuevo|"
        r"(?:nuevo|otro) (?:curro|trabajo|empleo|reto|puesto)|tu cliente|su cliente|vuestro cliente|"
        r"oportunidad(?:es)? (?:laboral|unica|profesional|increible)\w*|nuevos retos|"
        r"(?:ofertas?|propuestas?|oportunidades?|vacantes?) (?:de (?:\w+ )?(?:empleos?|trabajos?"
        "|puestos?|curro)|laborales|por (?:linkedin|correo|mail|privado|dm))|ofertas laborales"
        r"|(?:mensajes?|correos?|mails?|llamadas?|spam|inmails?) de (?:reclut\w*|cazatalentos"
        "|head ?hunters?|consultoras?|seleccion)|in-?mails?|reclutamiento|seleccion de personal"
        "|busqueda de (?:candidatos|talento)|captacion de talento|ofertas(?= por)",
        "A": r"captar (?:programador|talento|desarrollador|ingenier|gente|personal)\w*|captador\w*|"
        r"dedican a (?:captar|reclutar|fichar)|empresas? de (?:rrhh|captacion|colocacion)|"
        r"intermediarios|talent (?:acquisition|partner|scout)s?|headhunting|"
        r"(?:de|en|los de|gente de) (?:rrhh|recursos humanos)|buscatalentos|herramientas? de sourcing|"
        rf"(?:{RECRUITER})|reclutador\w*|recruiters?|caza ?talentos|consultoras?(?: de \w+(?: \w+)?)?"
        "|empresas? de (?:seleccion|reclutamiento|trabajo temporal)"
        "|agencias?(?: de (?:empleo|reclutamiento|colocacion|talento))?|departamentos? de seleccion"
        r"|ett|rr ?hh|recursos humanos|carnicas?|charcuteras?|seleccionador\w*|trabajas? en seleccion",
        "S": r"bases? de (?:datos|talento|candidatos|perfiles)\w*(?: de \w+)?|bolsas? de \w+|"
        r"bases? de datos(?: de \w+)?|listas?(?: de \w+)?|bolsas? de (?:empleo|trabajo|talento)"
        r"|candidat\w*|plataformas? de \w+(?: de \w+)?|crm|ficheros? de \w+",
        "D": r"(?:mi|mis) (?:\w{1,12} )?(?:perfil|datos|nombre|correo|direccion|informacion|cuenta|cv"
        "|email|numero|telefono)|este perfil|esta (?:cuenta|pagina)",
        "B": r"errores|dudas|codigo|parches|correcciones|incidencia\w*|soporte|ayuda|foro|instalacion|fotos"
        "|copia|politica|becas?|pruebas|rama|gestor",
        "J": r"trabajos?|empleos?|ofertas?|propuestas?|oportunidades?|vacantes?|puestos?|laboral\w*"
        "|seleccion|linkedin|curro",
        "Z": r"nono|sin|nada de|ningun\w*|cero|ni",
        "N": "no|eviten?|evitar|dejen de|deja de|dejad de|nunca|jamas|ni|ruego no|prefiero que no"
        r"|absteng\w* de",
        "F": "quiero|deseo|acepto|aceptamos|admito|recibo|recibir|contesto|respondo|atiendo|leo|hablo"
        "|trabajo con|se aceptan|gustaria|ser|que|a|de|con|en|por|para|los|las|la|el|mas|un|una|al"
        "|del|favor",
        "C": r"toqu\w*|llame\w*|insist\w*|mandarme|escribirme|llamarme|enviarme|contactarme|intent\w*|"
        r"tent\w*|"
        r"contact(?!o\b|aron)\w*|escrib(?!io\b|ieron)\w*|envi(?!o\b|aron)\w*|mand(?!o\b|aron)\w*"
        r"|llam(?!o\b|aron)\w*|molest\w*|recluten?|busqu\w*|mensajes?|correos?|ofrezc\w*|propong\w*"
        r"|agreg\w*|dm",
        "L": r"inclu\w*|anad\w*|agreg\w*|list(?:en|ar)|guard\w*|regist\w*|index\w*|aparecer|aparezca"
        r"|figur\w*|almacen\w*|recop\w*|proces\w*|tratamiento|utili\w*|us(?:en|ar|es)|puntu\w*"
        r"|clasific\w*",
        "M": "me|mi|nos|yo|(?<=[a-z])me",
        "Y": r"vuestr[ao]s?|usted|"
        "ustedes|sus|su|te|os|vosotros|tu",
    },
    rules=(*EUROPE_RULES, ("no_recruiters", r"N[wF]{0,4}[AO](?!w?U)")),
)
