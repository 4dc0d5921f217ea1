"""What things in the room are called, for people."""

from collections.abc import Mapping

from server.errors import Sentence, say
from server.private.consents import Consent
from server.private.desks import Topic
from server.private.facts import State, Support
from server.private.routing import INTAKE, INTERPRETER

TOPICS: Mapping[Topic, Sentence] = {
    Topic.QUESTION: say("A question"),
    Topic.HELP_NEEDED: say("Help that I need"),
    Topic.COMPLAINT: say("A problem with the help"),
    Topic.THANKS: say("Thanks, or an idea"),
    Topic.FRAUD: say("Somebody took money, cheated or kept what was for others"),
    Topic.ABUSE: say("Somebody used their power against people"),
    Topic.SEA: say("Somebody wanted sex, touched or hurt someone, or gave help only in return"),
}
WHO: Mapping[str, Sentence] = {
    "": say("I do not want to say"),
    "self": say("About me"),
    "agreed": say("About somebody who knows that I write"),
    "unknowing": say("About somebody who does not know that I write"),
    "witness": say("I saw or heard it"),
    "staff": say("I work here and must tell it"),
}
NOBODY_BARRED, OFFICE, ONLY_OUTSIDE = "nobody", "office", "outside"
EXCLUDE: Mapping[str, Sentence] = {
    NOBODY_BARRED: say("Nobody in particular"),
    OFFICE: say("Somebody at one office, or one kind of worker"),
    ONLY_OUTSIDE: say("Everybody here: only an office outside may read it"),
}
STATES: Mapping[State, Sentence] = {
    State.RECEIVED: say("it has arrived"),
    State.ACKNOWLEDGED: say("somebody has read it"),
    State.TRIAGE: say("we look at what can be done"),
    State.NEED_INFO: say("we have a question for you"),
    State.REFERRED: say("passed on to the organisation concerned"),
    State.INVESTIGATING: say("somebody looks into it"),
    State.SUBSTANTIATED: say("looked into: it was found to be so"),
    State.NOT_SUBSTANTIATED: say("looked into: it could not be shown"),
    State.INSUFFICIENT: say("looked into: too little is known"),
    State.OUT_OF_SCOPE: say("not something that this place can look into"),
    State.FEEDBACK_GIVEN: say("you have been told what came of it"),
    State.CLOSED: say("closed"),
    State.REOPENED: say("opened again"),
    State.WITHDRAWN: say("taken back by you"),
    State.LEGAL_HOLD: say("kept, because the law asks for it"),
}
SUPPORTS: Mapping[Support, Sentence] = {
    Support.NOT_ASKED: say("not spoken of yet"),
    Support.OFFERED: say("help is offered to you"),
    Support.ACCEPTED: say("you want help, and it is on its way"),
    Support.DECLINED: say("you do not want help now"),
    Support.REFERRED: say("a service has been asked to help you"),
    Support.CONFIRMED: say("you have been helped"),
    Support.CLOSED: say("finished"),
}
CONSENTS: Mapping[Consent, Sentence] = {
    Consent.SERVICES: say("Pass what is needed to a service that can help me"),
    Consent.INVESTIGATOR: say("Show it, without my name, to whoever looks into it"),
    Consent.AGENCY: say("Pass it, without my name, to the organisation concerned"),
    Consent.INTERPRETER: say("Let a certified interpreter read it"),
    Consent.OUTSIDE: say("Let an office outside read it, if nobody answers in time"),
}
DUTIES: Mapping[str, Sentence] = {
    "": say("I read what people write, and answer"),
    INTERPRETER: say("I only put it into another language"),
    INTAKE: say("I only write down what others tell me"),
}
"""What somebody does at a desk, by the word for it on the officers' paper."""
SCRIPTS: Mapping[Consent, Sentence] = {
    Consent.SERVICES: say(
        "“Some services could help you. May we tell them what they need to know to help? You can say no, and you can "
        "change your mind later.”"
    ),
    Consent.INVESTIGATOR: say(
        "“Somebody may look into what happened. May they see what you said, without your name? If you say no, we still "
        "help you.”"
    ),
    Consent.AGENCY: say(
        "“The organisation that this is about may have to know. May we tell it, without your name? Think of who works "
        "there, and whether they would know that it was you.”"
    ),
    Consent.INTERPRETER: say(
        "“Perhaps nobody who reads this knows your language. May a certified interpreter read it, who tells nobody?”"
    ),
}
"""What is said aloud when somebody else writes it down, before each yes or no."""
DESKS: Mapping[str, Sentence] = {
    "questions": say("Questions"),
    "services": say("Help and services"),
    "fraud": say("Fraud"),
    "abuse_of_authority": say("Abuse of authority"),
    "sea": say("Protection from sexual exploitation and abuse"),
    "independent": say("Independent office"),
}
PRACTICE = say(
    "This is invented, for you to practise. A man at the water point said that I get more if I come to his house in "
    "the evening. I said no. Now my family is left out when the cards are called. I am afraid that he hears of this. "
    "What can you do?"
)
"""What a practice case says."""
