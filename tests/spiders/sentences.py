"""Sentences of special categories as people write them of themselves; nobody in particular wrote these."""

FORBIDDEN = (
    "I am autistic.", "Living with ADHD and loving it.", "Diagnosed with type 1 diabetes in 2010.",
    "Cancer survivor.", "Wheelchair user.", "I'm a deaf developer.", "I have bipolar disorder.",
    "Long covid since 2021.", "Sober since 2019.", "Dyslexic thinker.", "Neurodivergent.",
    "I suffer from depression.", "I am disabled.", "Christian.", "Devout Muslim.", "Proud Catholic father.",
    "I am Jewish.", "Practising Buddhist.", "Atheist.", "My faith in God guides me.", "Hindu.",
    "I serve at my church.", "African-American engineer.", "Latina in tech.", "Black woman who codes.",
    "Of Kurdish descent.", "Refugee.", "Indigenous technologist.", "Afro-Brazilian.", "Person of color.",
    "Gay.", "Lesbian mum.", "Queer and proud.", "LGBTQ+ advocate.", "Trans woman.", "Non-binary.",
    "Pronouns: she/her.", "they/them", "Bisexual.", "Republican.", "Democrat.", "Socialist.",
    "I vote for the Green Party.", "Libertarian.", "Anarchist.", "MAGA.", "Black Lives Matter.",
    "Feminist.", "Union member.", "Shop steward.", "IG Metall.", "Trade unionist.",
    "Member of the works council.", "Teamsters.", "Ich bin schwul.", "Soy católica.", "Je suis juive.",
    "Ich bin evangelisch.", "I am pregnant.", "Immigrant.", "Recovering from burnout.", "Mormon.", "Sikh.",
    "Pansexual.", "Asexual.", "Marxist.", "Pro-life.", "I am a Christian and a father.", "christian developer",
)  # fmt: skip
MORE_ENGLISH = (
    "I live with epilepsy.", "I'm autistic and I like compilers.", "I use a wheelchair.",
    "Diagnosed with ADHD in 2019.", "Living with multiple sclerosis.", "I have type 1 diabetes, so I am diabetic.",
    "Hard of hearing.", "Recovering from depression.", "HIV positive and fine.", "Long covid since spring.",
    "Practising Catholic.", "Proud Muslim.", "Hindu by birth.", "Buddhist on weekends.",
    "I go to church every Sunday.", "Evangelical Christian.", "Transgender.", "Proud Latina.",
    "I am a refugee from a war.",
    "Of Afghan descent.", "Native American.", "Openly gay.", "Queer and loud.", "Registered Republican.", "They/them.",
    "I am a lesbian.", "I voted for the Green Party.", "Member of the communist party.", "Conservative voter.",
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
EVERY = (*FORBIDDEN, *MORE_ENGLISH, *OTHER_LANGUAGES)
WORK = (
    "Ich arbeite an Compilern und Kernen.", "Wir lösen SPD-Matrizen auf GPUs.",
    "J'écris des moteurs d'inférence.",
    "Trabajo en sistemas distribuidos.", "Trabalho com compiladores.", "Lavoro sui modelli linguistici.",
    "Ik bouw databases.", "Piszę kompilatory.", "Пишу компиляторы и ядра.", "我做编译器和推理引擎。",
    "推論エンジンを作っています。",
    "Détection du cancer du sein par apprentissage profond.", "Doctorado en Madrid.",
)  # fmt: skip
"""What stays: work, in the same languages."""
