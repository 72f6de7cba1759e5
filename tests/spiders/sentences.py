"""Sentences of special categories as people write them of themselves; nobody in particular wrote these."""

MORE_ENGLISH = (
    "I live with epilepsy.", "I'm autistic and I like compilers.", "Wheelchair user.",
    "Diagnosed with ADHD in 2019.", "Cancer survivor.", "I have type 1 diabetes, so I am diabetic.",
    "Hard of hearing.", "Recovering from depression.", "HIV positive and fine.", "Long covid since spring.",
    "Practising Catholic.", "Proud Muslim.", "Hindu by birth.", "Buddhist on weekends.",
    "I go to church every Sunday.", "Atheist.", "African-American engineer.", "Proud Latina.", "Refugee.",
    "Of Kurdish descent.", "Native American.", "Openly gay.", "Queer and loud.", "Bisexual.", "They/them.",
    "Non-binary.", "I voted for the Green Party.", "Libertarian.", "Socialist.",
    "Card-carrying member of a trade union.", "On strike.",
)  # fmt: skip
OTHER_LANGUAGES = (
    "Ich bin lesbisch.", "Ich habe eine Depression.", "Ich bin schwerbehindert und behindert gemeldet.",
    "Praktizierender Katholik.", "Gläubige Muslimin.", "Ich bin Jüdin.", "Mitglied der Gewerkschaft.",
    "SPD-Mitglied seit 1999.", "Ich bin Autist.", "Kind mit Migrationshintergrund.", "Je suis homosexuel.",
    "Je suis handicapée.", "Je suis autiste.", "Catholique pratiquant.", "Musulmane.", "Je suis athée.",
    "D'origine maghrébine.", "Réfugiée politique.", "Militante socialiste.", "Syndiqué à la CGT.",
    "Soy lesbiana.", "Soy bisexual.", "Tengo depresión.", "Persona con discapacidad.", "Católico practicante.",
    "Soy musulmana.", "Soy judío.", "Soy ateo.", "Refugiado.", "Delegada sindical.", "Sou lésbica.",
    "Pessoa com deficiência.", "Tenho depressão.", "Sou autista.", "Católica.", "Sou muçulmano.", "Sou ateu.",
    "Afrodescendente.", "Membro do sindicato.", "Comunista.", "Sono omosessuale.", "Sono disabile.",
    "Soffro di depressione.", "Cattolico praticante.", "Sono musulmana.", "Sono ebreo.", "Sono credente.",
    "Rifugiato.", "Iscritto alla CGIL.", "Sono lesbica.", "Ik ben biseksueel.", "Ik ben gehandicapt.",
    "Ik ben autistisch.", "Ik heb epilepsie.", "Katholiek.", "Ik ben moslim.", "Joodse ouders.", "Vluchteling.",
    "Lid van de vakbond.", "Partijlid.", "Jestem gejem.", "Jestem lesbijką.", "Osoba niepełnosprawna.",
    "Mam depresję.", "Choruję na epilepsję.", "Katolik.", "Jestem muzułmanką.", "Jestem ateistą.", "Uchodźca.",
    "Członek partii.", "Я гей.", "Я лесбиянка.", "Я инвалид.", "У меня депрессия.", "Болею эпилепсией.",
    "Православный.", "Я мусульманин.", "Я еврей.", "Беженец.", "Член профсоюза.", "我是同性恋。",
    "我有抑郁症。", "我是残疾人。",
    "我有自闭症。", "基督徒。", "穆斯林。", "佛教徒。", "少数民族。", "中共党员。", "工会会员。",
    "同性愛者です。", "うつ病です。", "障害者手帳があります。", "自閉症です。",
    "クリスチャンです。", "仏教徒です。", "在日三世です。", "難民でした。", "共産党員です。",
    "労働組合の役員です。",
)  # fmt: skip
WORK = (
    "Ich arbeite an Compilern und Kernen.", "Wir lösen SPD-Matrizen auf GPUs.",
    "J'écris des moteurs d'inférence.",
    "Trabajo en sistemas distribuidos.", "Trabalho com compiladores.", "Lavoro sui modelli linguistici.",
    "Ik bouw databases.", "Piszę kompilatory.", "Пишу компиляторы и ядра.", "我做编译器和推理引擎。",
    "推論エンジンを作っています。",
    "Détection du cancer du sein par apprentissage profond.", "Doctorado en Madrid.",
)  # fmt: skip
"""What stays: work, in the same languages."""
