"""How people ask recruiters to stay away, in English, and the rules it shares with the other languages of Europe.

See `spiders.clients.wordings` for the letters.
"""

import re
from typing import Final

from spiders.clients.wordings import ENGLISH_COMMON, Language

RULES: Final = (
    # no recruiters; no spam, bots or agencies; no messages from recruiters
    ("no_recruiters", r"(?<!U)(?<!U[wF])Z,?(?:[wFJYBCqL],?Z?,?){0,5}?[AO](?![wN]{0,2}U)"),
    ("no_recruiters", r"(?<![YQ])N[wF]{0,3}F[AO]"),
    # anything but recruiters
    ("no_recruiters", r"T(?:[wFJBC],?){0,6}?[AO]"),
    # recruiters: go away; messages of recruiters are deleted; recruiters? no thanks
    ("no_recruiters", r"[AO][^.HGU]{0,12}?(?<!N)R|[AO][^.HGUE]{0,6}W"),
    ("no_recruiters", r"A(?:,A){0,4}[?:,]{1,2}w?[.]?w?[ZNKPWE](?![wZC]*[HUBFJ])"),
    ("no_recruiters", r"A(?:,A){0,4}[:,?][^.HG]{0,8}E"),
    ("no_recruiters", r"[AO][^.HGU]{0,8}?N[wFMY]{0,4}(?:[CLM](?!w{0,2}B)|F[.,?]|F$)"),
    ("no_recruiters", r"[AO][?:.,][^.HG]{0,10}[.,]?[^.HG]{0,3}[RW]"),
    # if you are a recruiter, don't; whoever offers me a job: no
    ("no_recruiters", r"Q[^.HG]{0,9}[AO][^.HG]{0,14}?(?:N[^.H]{0,5}[CLFDSM]|N[.?,]?$|N[.,]|[RWPZK])"),
    ("no_recruiters", r"Q[^.HG]{0,6}[JS][^.HG]{0,9}?(?:N[^.HB]{0,3}(?:Cw?M|L[MD]|M[^.HB]{0,4}C)|W)"),
    ("no_recruiters", r"Q[^.HG]{0,5}q[^.HG]{0,6}N[^.H]{0,3}[CW]|Q[^.HG]{0,5}q[^.HG]{0,6}W"),
    ("no_recruiters", r"[AO][^.HG]{0,7}[.,]Qw?[^.HG]{0,7}[RWPN]"),
    # I ignore recruiters; hands off, recruiters
    ("no_recruiters", r"I[wYFMCQ,]{0,4}[AO]|A[:,][^.HGU]{0,4}I(?![^.]{0,3}[AO])|[AO][wF]{0,3}[.]NC(?!M?[wF]{0,3}B)"),
    # not interested in job offers; I do not answer recruiters; I do not want your job
    ("no_recruiters", r"K[^.HGBA:]{0,7}?[AOJ]"),
    ("no_recruiters", r"K[.,][^.G]{0,8},?[AY]Y?,?w?A"),
    ("no_recruiters", r"(?<![YQ])N[wF]{0,4}F(?:[wFYMZCJL],?){0,6}?[AO](?![wN]{0,2}U)"),
    ("no_recruiters", r"N[wF]{0,2}F[wFM]{0,2}YJ"),
    # not looking, don't ask
    ("no_recruiters", r"E[^HGB]{0,16}?[WR]"),
    # do not contact me about jobs; no mail about jobs; stop mailing me
    ("no_contact", r"N[^.HB]{0,3}C[^.HB]{0,8}?[AOJ](?!w?U)"),
    ("no_contact", r"N[^.HBC]{0,3}A[wF]{0,2}C"),
    ("no_contact", r"[AOJ][^.HBG]{0,8}?N[^.HB]{0,3}Cw?M"),
    ("no_contact", r"Z[w,]{0,3}C[^.HBGU]{0,7}?(?:FJ|[AO])"),
    ("no_contact", r"N[wFYN]{0,3}CM(?=[w,]{0,2}(?:[.?]|$))"),
    ("no_contact", r"NCMFq"),
    # write to me about music, not about jobs
    ("no_contact", r"C[^.HG]{0,14}[.,]w?N[wFC]{0,2}F[JOA]"),
    ("no_contact", r"CM[^.]{0,5},NF[wDY]{0,3}[AOJ]"),
    # do not list me; I object to being listed; take me off your lists
    ("not_listed", r"N[wFY]{0,4}L[^.HB]{0,4}?[MD](?![wFB]{0,3}[BU])"),
    ("not_listed", r"N[^.HB]{0,5}[LC](?=[^.]{0,7}[MDY])[^.HB]{0,7}?S|N[MDwF]{1,4}L[wFY]{0,4}S"),
    ("not_listed", r"[MD][^.HB]{0,8}?N[^.HB]{0,4}?(?:S|L[^.HB]{0,6}[SAO])"),
    ("not_listed", r"P[wYF]{0,2}[MD][^.HB]{0,7}?[SA]"),
    ("not_listed", r"[SAL][^.HBG]{0,9}?(?:P[MD]|MP)"),
    ("not_listed", r"X[^.HB]{0,16}?(?:[MD][^.HB]{0,16}?[AOSJL]|L[^.HB]{0,16}?[AOS])"),
    ("not_listed", r"[AOS][^.HBG]{0,14}?X|D[^.HB]{0,14}?X[^.BGH]{0,12}[AOSL]|LX?[^.HBG]{0,9}[AO][^.HBG]{0,9}X"),
    ("not_listed", r"X[^.HB]{0,14}?[AOS]"),
)  # fmt: skip

RECRUITER: Final = r"rec+[rui]{1,4}t+[eo]rs?|rekruters?|head hunters?|headhunters?"
"""Borrowed by every other language, and often misspelt."""

ENGLISH: Final = Language(
    code="en",
    common=ENGLISH_COMMON,
    subject=(
        r"rec+[rui]{1,4}t|hunt(?:er|ing|ed)|agenc|agent|sourc(?:er|ing)|talent|staffing|candidate|"
        r"in-?mail|outreach"
        r"|linkedin|\bjobs?\b|\broles?\b|positions?\b|hiring|\bhire|employ|career|opportunit|vacanc|"
        r"offers?\b"
        r"|for work|to work|not looking|solicit|cold |approach|poach|relocat|pitch|contact|e-?mail|"
        r"message|consent"
        r"|people.(?:search|analytics)|your client|interview|series [a-e]|\bhr\b|likely to|job market|"
        r"placement|placing|\bxo\b|filling"
        r"|(?:short|long)list|\bcrm|spreadsheet|prospect"
        r"|scrap(?:e|ing)|databases?|\blists?|leave me|spare me|if your"
        r"|\bats\b|\bmy (?:profile|data|details|information)"
    ),
    words={
        "H": r"no need to \w{3,5} first|calendar link|"
        r"(?:love|enjoy|like|appreciate) (?:hearing|getting|talking|it when|your \w{1,8})|talk to us|"
        r"get in touch|contact us|call us|talk to our|no matter|"
        r"(?<!n't )(?<!not )use (?:the|this) form|"
        r"go ahead|try your luck|any ?time|all ears|bring it on|"
        r"send (?:it|them|those) (?:to me|my way|over)|keep them coming|yours to|"
        r"inbox is (?:yours|open)|still talking|still open|be nice|reach out,|i'm listening|say hi|"
        r"everything else|"
        "(?<!not )(?<!n't )(?<!un)welcome|hesitate|(?:do not|don't|dont|never) mind|happy to|glad to"
        "|feel free|yes please|yes(?!,)|fine|love to|open to (?!work)|gladly|by all means|shy"
        "|be afraid",
        "G": r"job listings (?:failing|not|page)|"
        r"recruiter (?:turned|learning|by day)|"
        r"(?:as|am|was|i'm|become|became|not|being) an? (?:\w{1,12} )?(?:recruit|headhunt|sourc)\w*|"
        r"phd|postdoc\w{0,3}|internships?|new clients|band|commissions|patients|badge|discord|"
        r"in my game|i find it|"
        r"template|posting|posted on|etiquette|"
        r"fix(?:es|ed)?|crash|bot that|test(?:s|ed)? (?:that|whether|for)|migration|endpoint|schema|"
        r"column|refactor|changelog|review of|novel|thriller|episode|interviewed|survey|statistics|"
        r"i argue|interview with|translated|translation|thesis|course|tutorial|simulates|generator|"
        r"generates|classif\w{1,7}|dashboard|i think she's|i think he's|"
        "tools?(?! (?:emails?|outreach))|filters?|plugin|extension|library|software|simulator|app"
        "|crawler|scraper|season|experience|background|dataset|my talk|a talk"
        "|recruiter (?:inbox|ui|dashboard|roles?|portal|view|accounts?)|why|how(?! not)|a model of"
        "|studied|we studied|(?:i|we) wrote|paper|phrase|bios|ex|former|formerly|used to work"
        "|i used to|policy|strategy|pipeline keeps|startup helps|said|cycle|fees?|participants"
        "|volunteers|students|users who|parser",
        "U": r"in (?:the|our|my|this) (?:group|team|lab|company|project|department|office)|"
        r"this (?:year|term|semester|month)|at (?:the|this) (?:moment|time)|yet|"
        "(?:get|got|gets|had|have|receive|received) no|was|were|has|had|ever|can|could|would|needed"
        "|required|necessary|involved|understand|understands|called|asked|found(?! me| my| this)"
        "|will not be contacted|saw|met|knew|got|at the|there are|there is|there's|needs?(?! not)"
        "|(?<!who )have|answer from|reply from|reached|who ever|is needed|knowledge|skills|answered"
        "|replied",
        "V": r"(?:cvs?|resumes|applications|candidates|profiles) from|"
        r"(?:we're|we are) an? (?:\w{1,12} )?(?:team|company|startup|studio|lab|shop)|"
        r"job applications?|"
        r"applications? from|direct applicants|"
        r"(?:cvs?|resumes|applications|candidates) (?:sent|submitted|sourced|supplied)|no fee|"
        r"our (?:team|company) of|to join us|we (?:need|want) (?:a|an|two|someone)|"
        r"apply (?:by|with|through)|applicants|send us your|"
        "(?:we're|we are|we|is|are|now|currently|company is) (?:hiring|looking for|recruiting)"
        "|we fill|our (?:vacanc(?:y|ies)|openings?|open roles?|open positions?|jobs|roles?)"
        "|(?:this|the) (?:vacancy|opening)|apply directly|apply here|apply by|apply at|apply via"
        "|join our team|for this (?:role|position)",
        "T": "except(?: for)?|apart from|other than|but not|excluding|excluded"
        "|as long as you(?:'re| are) not|unless you are|anyone but|anybody but|everyone but|not from"
        "|but no",
        "P": r"drop|erase|purge|wipe|scrub|take (?=that|this|it|my|any|me|us)|get me off|pull|deletion|"
        r"erasure|removal|omit|exclude|strike|"
        "remove|delete|erase|forget|unlist|unsubscribe"
        "|(?:leave|keep|count|take|strike|drop)(?= (?:me|my|us))",
        "X": r"(?:have|had|was|were|i) never (?:given?|gave|granted) (?:\w{1,10} ){0,2}(?:permission|consent)|"
        r"without my (?:consent|permission|knowledge)|didn't sign up|did not sign up|never signed up|"
        r"never agreed|revoke|(?:right|request) (?:to|of|for) (?:erasure|be forgotten|deletion|object)|"
        r"article (?:17|21)|art\. (?:17|21)|ccpa|"
        "(?:i|we|hereby|strongly|explicitly) object|object to|objecting to|objection|(?:do not|don't"
        r"|dont|never|not|no) (?:\w{1,12} )?(?:consent|agree|permission|authori[sz]e|permit|allow)"
        "|withhold (?:my )?consent|withdraw (?:my )?consent|opt(?:ed|ing)? out|refuse|forbid"
        "|prohibited|forbidden|not permitted|not allowed",
        "K": "(?:not|isn't|n't|no longer|never|un|aren't|zero|no"
        r"|ain't) (?:\w{2,12} )?(?:interest(?:ed)?(?: in| for)?|open (?:to|for)|accepting"
        "|entertaining|considering|taking|up for|responding to|answering|available (?:to|for)"
        "|seeking|in the market for|after|into|for (?=recruit|head|agenc|staffing|sourc|talent))"
        "|uninterested in|closed (?:to|for)|have no (?:interest|desire|use|need) (?:in|for)"
        "|no need for",
        "E": r"(?:have|got|love|like) (?:a|my|the) (?:job|desk|employer|team)|off the market|"
        "not looking|not actively looking|(?:not|n't|no longer) (?:open to work|available"
        "|on the market|in the market|job hunting|job searching|moving|leaving|for hire)"
        "|happily employed|happy (?:where i am|at my|in my|with my)|not open(?! (?:to|for))"
        "|(?:do not|don't|dont) (?:need|want) (?:a|another|any|new) (?:new )?(?:job|role|position)"
        "|love my (?:current )?job|off the market|not passively|no plans to (?:leave|move)",
        "W": r"(?:do not|don't|dont|never|please don't) (?:even )?(?:bother|try|write|knock|start|"
        r"ask)(?= ?(?:[.,!;)]|$|\n))|no point|pointless|futile|in vain|waste of (?:time|"
        r"your time|our time)|don't waste|leave it at that|leave (?:me|us|my inbox|this inbox|"
        r"it) (?:out|alone|be|in peace)|let me (?:be|code|work) in peace|not worth your|"
        "(?:do not|don't|dont|never|stop|quit) (?:even )?(?:ask|asking|bother|bothering|waste|try"
        r"|trying|insist)(?! (?:about|for|if|before|until|whether) (?!job|role|work)| to|\w)"
        "|(?:can )?save (?:us|me|yourself|yourselves|themselves|your|their|it"
        r"|both)[\w\s]{0,12}(?:time|effort|breath|trouble|energy)?"
        r"|no need to (?:ask|write|contact|reach)|not listening|please don't(?=\W*$)"
        "|leave me (?:alone|be)|don't @ me|go away",
        "R": r"(?:isn't|is not|aren't|are not) (?:meant |intended |there |here )?for (?:you|recruit\w{2,6}|"
        r"agencies|hiring|sourcing)|"
        r"the exit|the door|(?:doesn't|don't|does not|do not) need (?:my|me)|unread|dev/null|"
        r"won't be \w{4,12}|keep (?:\w{1,14} ){1,3}(?:out|away|off)(?: of)?|deleted|trashed|binned|"
        r"junked|violation|my lawyer|legal action|will be (?:treated|considered) as|disappoint\w*|"
        r"a violation|"
        r"elsewhere|somebody else|someone else|nobody else|silence|telemarketers?|"
        r"same (?:answer|treatment|fate) as|close (?:it|this|the)(?: \w{1,6})?|lose (?:it|this|me)|"
        r"want none of|dni|will be (?:asked|made|sent|forwarded|met|treated)|(?:am|i'm|not) taken|"
        r"still no|not a (?:lead|prospect|candidate|resource|commodity)|can wait|don't exist for|"
        r"not available for|no one home|nobody home|out of office|a hard no|no reply|unanswered|"
        r"none of|"
        r"sit (?:this|that|it) (?:one )?out|sit out|"
        r"keep (?:it|them|that|those|yours|your \w{1,12}|this) (?:to yourself|to yourselves|away|out)|"
        r"keep your distance|stay (?:out|off|clear|home)|steer clear|"
        r"nothing (?:to discuss|for you|to see|to talk about|to say|here for|to offer)|not for sale|"
        r"not up for grabs|wrong (?:place|person|address|door|number|inbox|tree)|unfollow|"
        r"disallow(?:ed)?|hunted back|free (?:zone|inbox|space|area)|go home|"
        r"find (?:someone|somebody) else|try (?:elsewhere|somewhere else|someone else)|somewhere else|"
        r"complaint(?: filed)?|picture of a|lose my|take a hike|jog on|bugger off|sod off|hit the road|"
        r"kindly leave|don't have to|doesn't have to|do not have to|needn't|save (?:it|your)|no dice|"
        r"no can do|not happening|nothing doing|dealbreaker|declined|decline|denied|invoice|"
        r"auto(?:matically)? (?:deleted|archived|declined)|"
        r"never (?:get|receive|see) (?:a|an) (?:reply|answer|response)|"
        r"don't (?:get|expect) (?:a|an) (?:reply|answer|response)|"
        r"won't (?:get|receive) (?:a|an) (?:reply|answer|response)|"
        r"no (?:reply|answer|response) (?:from me|here|guaranteed|will)|respect that|my answer|"
        r"persona non grata|forbidden|trespass\w{0,3}|turned away|off duty|x'd out|not interested|"
        r"not today|never again|not now,? not ever|no means no|"
        r"(?:are|is) (?:not|n't) (?:\w{2,12} )?(?:welcome|wanted|appreciated|read|answered)"
        "|(?:not|isn't|aren't|un) ?(?:welcome|wanted|appreciated|desired)|need not|(?:please "
        "|kindly |just )?(?:go away|stay away|keep out|keep away|look elsewhere|move on|move along"
        "|keep (?:walking|moving|scrolling)|pass by|pass on|walk on|scroll on|scroll past|swipe left"
        "|turn (?:around|back)|get lost|begone|piss off|fuck off|buzz off|back off|shoo|nope"
        r"|skip (?:me|my|this)|skip|beware|abstain|not you|no thank\w*|thanks but no"
        "|thank you,? but no|no way|leave me|leave us|hard pass|pass|close this|unsubscribe)|(?:will"
        "|shall|would|to|gets?|are|is|be|being|been|all)(?: (?:be|get))?(?: (?:all|silently|always"
        "|promptly|immediately|automatically|simply|just|auto|permanently))? (?:ignored|blocked"
        "|deleted|reported|trashed|unanswered|discarded|binned|muted|filtered|archived|rejected"
        r"|shamed|not \w{0,6} ?(?:answered|read|replied)|removed|banned|bounced|dropped|refused"
        "|declined|marked as spam|unread|invoiced|billed|charged|mocked)|(?:will|shall|are|is|do|can"
        r"|to) ?not (?:be )?(?:answered|replied|read|considered|respond\w*|get|receive|apply)|(?:go"
        "|goes|end up|ends up|ends|lands?|straight|directly|sent|routed|forwarded|filed|moved?|fed"
        "|piped?)(?: (?:up|right|straight|directly|in|on|to|into|under|my|the|a|as)){0,5} (?:trash"
        "|spam|bin|junk|garbage|rubbish|/?dev/null|null|void|shredder|blackhole|black hole|blocklist"
        r"|wastebasket|dumpster)\w*|/dev/null"
        "|(?:marked|treated|reported|flagged) as (?:spam|junk|abuse)"
        "|(?:instant|insta|auto|immediate|automatic|a) ?(?:block|ban|mute|delete|ignore|report|no)"
        "|blocked|get blocked|ignored|i (?:charge|bill|invoice|will charge|will block|will report)"
        "|not (?:for you|interested)|(?:the |my )?answer is (?:still |always )?no(?! longer)"
        "|off the market|unwelcome|off limits|out of bounds"
        r"|(?:please |kindly )?(?:don't|do not|dont)(?= ?(?:[.!\n]|$))",
        "I": "(?:i|i'll|we|will) (?:always |usually |just |automatically )?(?:ignore|block|report|delete"
        "|mute|bin|trash|blacklist|filter)|allerg(?:y|ic) to|tired of|sick of|fed up with|spare me"
        "|hands off|hate|can't stand|enough of|enough with|death to|down with|anti"
        "|stop (?:the|with the|all)|had enough|opted? out of|opting out of|immune to|go away"
        "|get lost|begone|shoo|blocking|ignoring|had it with|no time for|no patience for"
        "|out of (?:bounds|reach) (?:for|to)|off limits (?:for|to)",
        "Q": "if|unless|in case|whoever|anyone|anybody|those who|to all|to any|dear",
        "O": r"(?:messages?|e?mails?|calls?|dms?|notes?|inquiries|pings) about (?:\w{1,10} ){0,2}(?:roles?|"
        r"jobs?|positions?|vacanc(?:y|ies)|contracts?|opportunit(?:y|ies)|openings?)|"
        r"hiring (?:algorithms?|ai|bots?|decisions?|processes?)|job boards?|"
        r"agency (?:e?mails?|calls?|spam|outreach|messages?)|people data|"
        r"pitches(?! deck)|"
        r"salary expectations|candidate experience|job (?:ads?|adverts?|market|boards?)|"
        r"interview(?:ing|s)? (?:with|for) (?:your|you)|react jobs|"
        r"xo|your client(?= (?:in|is|are|who|needs?|wants?|at|has|s)\b|[.,!?]|$)|clients?' roles?|"
        r"your series [a-e]|"
        r"(?:your|an?|the|any|some|these|those|new|more) (?:open|next|exciting|amazing|vacant|urgent|"
        r"hot) (?:\w{1,12} )?(?:roles?|positions?|jobs?|hires?|vacanc(?:y|ies))|"
        r"open (?:roles?|positions?|vacanc(?:y|ies)|reqs?)|"
        r"job (?:interviews?|oportunit\w{1,3}|opening\w?|leads?|alerts?|specs?|suggestions?|pitch)|"
        r"(?:interview|screening|intro|discovery) (?:requests?|invit\w*|calls?)|phone screens?|"
        r"career (?:moves?|changes?|steps?|talks?|chats?|advice|oportunit\w*)|"
        r"fill(?:ing)? (?:\w{1,10} )?(?:vacanc(?:y|ies)|roles?|positions?|seats?|pipelines?)|"
        r"vacanc(?:y|ies)|"
        r"hiring (?:outreach|signals?|pipelines?|sequences?|campaigns?|purposes?|funnels?|drives?)|"
        r"(?:people|talent|developer|engineer|candidate|profile) (?:search|ranking|matching|scoring|graph|"
        r"insights?|sourcing|discovery|mapping|intelligence)\w*|"
        r"hire me|head ?hunted|likely to (?:move|leave|switch)|"
        r"looking for a (?:change|new challenge|move)|passive (?:candidates?|talent)|"
        r"next (?:role|challenge|career move|big role|employer|job)|dream (?:jobs?|roles?)|"
        r"(?:great|perfect|good|strong) (?:fit|match)|job market|counter ?offers?|poach(?:ing|ed)?|"
        r"(?:take|have|grab) a (?:quick |short )?(?:call|chat) about|"
        r"(?:unsolicited|cold|recruit\w{2,6}|headhunt\w{2,3}|sourcing|talent|agency|job|employment"
        "|career|hiring|linkedin|staffing) (?:(?:job|work|linkedin|employment|hiring) )?(?:offers?"
        "|e?-?mails?|mails?|messages?|msgs?|calls?|inmails?|pitch(?:es)?|dms?|pms?|outreach"
        "|inquir(?:y|ies)|enquir(?:y|ies)|requests?|proposals?|approach(?:es)?|spam|solicitations?"
        "|descriptions?|contact(?! me| us)|invites?|invitations?|opportunit(?:y|ies)|ads?|adverts?"
        "|postings?|noise|propositions?|ops|opps)(?! (?:for|from|about) (?:bugs|support))|in ?mails?"
        "|(?:exciting|amazing|great|new) opportunit(?:y|ies)|work offers?|recruitment|solicitations?"
        "|unsolicited (?:work|roles?|positions?)",
        "A": r"(?:companies|firms|teams|startups|employers) looking for (?:staff|people|talent|engineers|developers)|"
        r"people analytics \w{3,12}|(?:anyone|anybody|everyone) hiring|hirers|"
        r"hiring (?:managers?|folks|people|teams?|tools?|platforms?|software|vendors?)|"
        r"talent(?= (?:agenc|scout|partner|lead|people|team|acqui|sourc))\w* \w{4,12}|"
        r"(?:people|folks|anyone|somebody|someone|those|whoever|companies|"
        r"firms) (?:who (?:are )?)?(?:filling|hiring|recruiting|headhunting|placing|sourcing)|"
        r"(?:title|job title|role) (?:has|contains|includes|says) (?:talent|recruit\w*|sourc\w*|xo)|"
        r"title has x|sourcing (?:tools?|bots?|software|platforms?|engines?|scripts?)|"
        r"contingency (?:firms?|search\w*)|executive search\w*|rpo|body leas\w*|"
        r"headhunting (?:firms?|agenc\w*|compan\w*)|hr(?= (?:people|folks|bots?|team|depart\w*))|"
        r"placement (?:firms?|agenc\w*)|"
        rf"(?:{RECRUITER})|recruiting|(?:third party |tech |it |external )?(?:recruit\w{{2,6}}|staffing|employment"
        "|hiring|sourcing|placement|talent|executive search|head hunting|search) (?:agenc(?:y|ies)"
        "|agents?|firms?|consultants?|consultanc(?:y|ies)|compan(?:y|ies)|teams?|people|managers?"
        "|partners?|scouts?|acquisition|acquirers?|sourcers?|hunters?|specialists?|folks"
        "|professionals?|bots?|platforms?|products?|services?|vendors?|startups?|databases?"
        "|software vendors)|agencies|agency(?= ?(?:[,.!:]|please|thank|calls?|mails?|$))|sourcers?"
        "|talent (?:intelligence|scouts?)|third party (?:agents?|firms?)|body ?shops?|bodyleasers?"
        "|(?:hr|talent) people|poach(?:ers?|ing)|headhunting"
        r"|sourcing or \w{2,12} intelligence (?:products?|tools?)|candidate (?:search|sourcing)\w*",
        "S": r"(?:candidate|talent|recruit\w{2,6}|job|hiring) (?:newsletters?|spreadsheets?|sheets?|mailings?|"
        r"alerts?|digests?|trackers?)|"
        r"prospect(?:s|ing)?|leads|"
        r"(?:your )?(?:shortlists?|short lists?|longlists?|outreach (?:lists?|sequences?|campaigns?)|"
        r"sequences?|cadences?|drip campaigns?|applicant tracking\w*|ats)|"
        r"(?:on|in)to your|any (?:talent|candidate|people|hiring) \w{3,12}|"
        r"(?:candidate|talent|recruit\w{2,6}|sourcing|prospect|hiring|lead|applicant)s? (?:databases?"
        "|lists?|crms?|pools?|pipelines?|systems?|files?|profiles?|index|indexes|tools?"
        "|spreadsheets?|funnels?|ats|platforms?)|crms?|candidates?|(?:your|any|all) (?:lists?"
        "|databases?|records?|systems?|pipelines?|books?|crms?|spreadsheets?|ats|mailing lists?"
        "|outreach lists?)|talent pools?|people search",
        "D": r"my (?:github|gitlab|code|work|handle|username|history|graph|stars|blog|site|website|"
        r"commit\w{0,3}|research)|"
        r"my (?:\w{2,12} )?(?:profile|data|records?|name|info|information|details|account|e?-?mail|mail"
        "|address|contact|personal|cv|resume|number|phone|activity|contributions?|commits?|page"
        "|repos?)(?: data| details| information| address)?|this (?:profile|page|account|address|site)"
        "|the address",
        "B": "bugs?|support|questions?|patch(?:es)?|reviews?|reviewer|issues?|tickets?|pull requests?|pr"
        "|code|thesis|maintainer|release|crypto|seo|sales(?! (?:jobs?|roles?|positions?))|marketing"
        r"|blockchain|advertis\w*|press|homework|tests?|awesome|crate|feature requests?|usage|help"
        r"|install\w*|cc|authors|credits|faq|tracker|thread|file|array|settings|referrals|contributors"
        "|feature|releases",
        "J": r"contracts?(?= in| for|[.,!]|$)|contracting|"
        "jobs?|roles?|positions?|employment|career|opportunit(?:y|ies)|vacanc(?:y|ies)|hiring|hire"
        "|hired|offers?|work(?! with)|linkedin|openings?|opportunities|gig|gigs|startup",
        "Z": r"nothing(?= (?:here|on this|in this|of this|from))|"
        "no|nono|nope|zero|neither|nor|never any|not a single|not any|non",
        "N": "(?:do|does|did|may|must|should|shall|will|would|can|could) ?(?:not|n't)|don't|dont|won't"
        "|wont|shouldn't|can't|cannot|wouldn't|didn't|never|not|stop|avoid|quit|refrain from|refrain"
        "|cease|desist from|rather not|refuse to|no need to|n't",
        "F": "wants?|wish|need|like|care|accept|take|read|see|receive|get|hear|respond|reply|answer|talk"
        "|speak|work with|deal|engage|interact|entertain|look at|consider|even|ever|usually|generally"
        "|want to|bother|try|to|with|from|about|for|be|being|interested|looking|in",
        "C": r"knock(?:ing|s)?|phon(?:e|ing)|dm(?:ing|ed|'ing)|writing|typing|forward(?:ing|ed)?|"
        r"submit(?:ting)?|represent(?:ing)?|slide into|use the contact form|use this form|"
        r"tell me about|talk to me about|hear about|follow up|chase|chasing|connecting|inviting|invite|"
        r"paste|pasting|nudge|drop me|"
        "contact(?:ing|ed)?|e?-?mail(?:s|ing|ed)?|mail(?:s|ing|ed)?|messages?|messag(?:ing|ed)|dms?"
        "|pms?|approach(?:ing|ed|es)?|reach(?:ing|ed)? (?:out(?: to)?)?|reach|writ(?:e|ing)(?: to)?"
        "|head ?hunt(?:ing|ed)?|poach(?:ing|ed)?|pitch(?:ing|ed)?|solicit(?:ing|ed)?|ping(?:ing)?"
        "|recruit(?:ed)?|spam(?:ming)?|calls?(?! the| it| this)|calling|bother(?:ing)?|pester(?:ing)?|"
        "send(?:ing)?"
        r"|offer(?:ing)?|ask(?:ing)?|connect(?:ing)?|text(?:ing)?|cold [ce]\w*|outreach|find|add",
        "L": r"paste(?: me)?|pasting|resold|sold|sell(?:ing)?|put|end up|appear|show up|turn up|filed?|"
        r"recorded|kept|retain(?:ed|ing)?|hold(?:ing)?|match(?:ed|ing)?|flag(?:ged|ging)?|feed|fed|"
        r"import(?:ed|ing)?|export(?:ed|ing)?|mined|train|"
        "list(?:ed|ing)?|index(?:ed|ing)?|includ(?:e|ed|ing)|add(?:ed|ing)?|stor(?:e|ed|ing)"
        "|scrap(?:e|ed|ing)|crawl(?:ed|ing)?|profil(?:ed|ing)|catalog(?:ue|ued)?"
        "|collect(?:ed|ing|ion)?|harvest(?:ed|ing)?|sell|rank(?:ed|ing)?|scor(?:e|ed|ing)"
        "|sav(?:e|ed|ing)|process(?:ed|ing)?|keep|track(?:ed|ing)?|enrich(?:ed|ing)?|rat(?:e|ed|ing)"
        "|analy[sz](?:e|ed|ing)|shortlist(?:ed)?|aggregat(?:e|ed|ing)|resell|mine|assess(?:ed)?"
        "|sourced?|sourcing(?= me)|use|used|pool(?:ed)?",
        "M": "me|i|whether",
        "Y": "you|your|yours|you're|you'd",
    },
    rules=RULES,
)

OPEN: Final = re.compile(
    r"\brecruiters? (?:are |very |always |most )*welcome|\bopen to (?:recruiters|messages from recruiters)"
    r"|\bhappy to (?:hear from|chat with|talk to) recruiters"
)
