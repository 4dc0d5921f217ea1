"""What the desk says: reasons, advice, measures. Stock sentences, so that each is there in every language."""

from moderation.verdict import Rule
from server.errors import Sentence, say
from server.review.forms import AboutAuthor, AboutTopic
from server.review.measures import Proposal
from server.review.models import Advice, RemovalReason, SkipReason
from server.review.shifts import Kind
from server.review.waiting import Show

WHY: dict[str, Sentence] = {
    Rule.FIRST_MESSAGE: say("First message here"),
    Rule.LINK_WHILE_NEW: say("Link by somebody new"),
    Rule.PRIVATE_DATA: say("Private details"),
    Rule.SCAM: say("Looks like a trick for money or favours"),
    Rule.DANGER_WORDS: say("Somebody may be in danger"),
    Rule.TOXICITY: say("The machine: may hurt somebody"),
    Rule.THREAT: say("The machine: may be a threat"),
    Rule.JUDGE_FAILED: say("The machine could not look"),
    Rule.JUDGE_SLOW: say("The machine could not look"),
    Rule.PREMODERATED: say("Every message waits in this space"),
    Rule.PICTURE: say("There is a picture in it"),
    "disclosure": say("Somebody tells of something that was done to them"),
    "together": say("Many new members flagged it at once: this may be an attack on its author"),
    "changed": say("Changed by its author, to be read again"),
    "hidden_since": say("A moderator had hidden it before an older copy was laid back"),
    "flag:moderator": say("Flag: about something that a moderator did"),
    "flag:danger": say("Flag: somebody may be in danger"),
    "flag:scam": say("Flag: a trick"),
    "flag:private_data": say("Flag: private details"),
    "flag:insult": say("Flag: insult or threat"),
    "flag:off_topic": say("Flag: does not belong here"),
    "flag:other": say("Flag: something else"),
}
REMOVAL_REASONS: dict[RemovalReason, Sentence] = {
    RemovalReason.INSULT: say("It insults or hurts somebody"),
    RemovalReason.HATE: say("It attacks people for who they are"),
    RemovalReason.THREAT: say("It threatens somebody"),
    RemovalReason.SCAM: say("It looks like a trick to get money, favours or papers"),
    RemovalReason.PRIVATE_DATA: say("It shows private details of somebody"),
    RemovalReason.OFF_TOPIC: say("It does not belong in this topic"),
    RemovalReason.OTHER: say("It does not follow the guidelines in another way"),
}
BANDS = ((0.85, say("The machine is rather sure: this may hurt somebody. It makes mistakes.")),)
UNSURE = say("The machine is not sure about this text.")
CALM = say("The machine sees nothing special in this text.")
NO_SCORE = say("No automatic score for this language.")
ADVICE: dict[Advice, Sentence] = {
    Advice.NAMES: say("Leave out what shows who or where somebody is"),
    Advice.KIND: say("Say it without words that hurt"),
    Advice.CLEAR: say("Say more clearly what you mean"),
    Advice.PLACE: say("Write it in a topic where it belongs"),
    Advice.OTHER_WORDS: say("Write it in other words"),
}
SKIPS: dict[SkipReason, Sentence] = {
    SkipReason.KNOWN: say("I know this person"),
    SkipReason.PRESSURE: say("I am under pressure"),
    SkipReason.COLLEAGUE: say("A colleague should decide this"),
}
AUTHOR: dict[AboutAuthor, Sentence] = {
    AboutAuthor.NOTHING: say("Nothing"),
    AboutAuthor.WARN: say("Ask them to keep to the rules"),
    AboutAuthor.LIMIT: say("A person reads each of their messages first, for some days"),
    AboutAuthor.PAUSE: say("They cannot write for some days"),
    AboutAuthor.SUSPEND: say("Propose that they cannot write for longer; a second person must agree"),
}
TOPIC: dict[AboutTopic, Sentence] = {
    AboutTopic.NOTHING: say("Nothing"),
    AboutTopic.SLOW: say("Slow it down: some minutes between two messages of one person"),
    AboutTopic.FAST: say("End the slow mode"),
    AboutTopic.LOCK: say("Close it: people can read it, and nobody can write in it"),
}
PROPOSED: dict[Proposal, Sentence] = {
    Proposal.WARN: say("Messages of this person were removed lately. You could ask them to keep to the rules."),
    Proposal.LIMIT: say("Several messages of this person were removed lately. A person could read theirs first."),
    Proposal.PAUSE: say(
        "Serious messages of this person were removed lately. You could stop them from writing for days."
    ),
    Proposal.SUSPEND: say(
        "Serious messages of this person were removed again and again. You could propose a long pause."
    ),
}
KINDS: dict[Kind, Sentence] = {
    Kind.DANGER: say("Somebody in danger, or something that was done to somebody"),
    Kind.THREAT: say("Threats"),
    Kind.HATE: say("Insults and hate"),
    Kind.SCAM: say("Tricks for money or favours"),
    Kind.PICTURE: say("Pictures"),
}
SHOWN: dict[Show, Sentence] = {
    Show.ALL: say("Everything"),
    Show.HELD: say("Held back"),
    Show.FLAGGED: say("Flagged"),
    Show.ESCALATED: say("Handed up"),
    Show.PROTECTION: say("For trained people"),
}
DECISIONS: dict[str, Sentence] = {
    "release": say("Released: %(day)s."),
    "remove": say("Removed: %(day)s."),
    "redact": say("Some words were hidden: %(day)s."),
    "return": say("Given back to its author: %(day)s."),
    "hide": say("Hidden until it is decided: %(day)s."),
    "escalate": say("Handed up: %(day)s."),
    "measures": say("Something was decided about the author or the topic: %(day)s."),
}
