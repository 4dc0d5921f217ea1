"""The model card: what the weights learnt from, how well they do, and their limits."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from moderation.corpus import SOURCES, Licence
from moderation.evaluate import CaseLine, Line, ProbeLine, case_table, mean_auc, probe_table, table

LIMITS = """
- A score sorts a queue. It never removes, bans or strikes; people decide, and can be appealed to.
- No score at all for Swahili, Somali, Tigrinya, Pashto, Kurdish, Urdu in Arabic script, Ukrainian,
  Burmese, Arabic and Hindi in Latin letters (Roman Urdu is covered), and every language that is not
  in the table: there is no honest test for them here. The same when the language of a text is in
  doubt, as with very short ones.
- The test texts come from the same collections as the training texts (tweets, comments, Instagram).
  Expect 5 to 15 points less AUC on a new forum. Nothing here was written by refugees on a forum.
- French (335 test texts), Farsi, Spanish, Italian and German are thin. A threshold at 1 % false
  alarms rests on a handful of their harmless development texts. Spanish toxicity is about women and
  immigrants only. Dari and Afghan Persian ride on Iranian Instagram Farsi and are untested.
- Arabic `cyber2021` and Turkish `hatc_tr` take their two classes from different places, Russian
  pairs are rewritten sentences: the high numbers of those three languages flatter.
- Testimony ("they burned our house") is the most harmful false alarm. Screening lets such a text
  raise and never hold by the model alone, but recognises only listed ways of telling.
- The thresholds were chosen on the probes and calm cases below, among others: that these are quiet is
  no independent test. Cases and training sentences were written by one hand, cases first; a test keeps
  them apart, but not their style. Expect less from other people's sentences.
- What is only implied passes: four of five implied threats in the English cases are not raised, and one
  in four of the harmless ones with negations, taken-back words or homonyms is. A milder attack on
  people passes in a sentence that names an agency. Reports by members matter more than scores.
- The model is told the language that was recognised; a wrong guess is a wrong judgement. The name Amina
  once scored as a Turkish swear word; names were then added to our sentences, and the one probe with
  that name is no independent test.
- The four sub-labels are hints for a moderator, confused across languages; threats were learnt from
  Bengali and from sentences written for the purpose.
- Probes and our own sentences in Hindi, Bengali, Amharic and Roman Urdu were not read by native
  speakers; nor were the cases and sentences in the other languages, English apart.
- Augmentation is named `aug_…` and was learnt by both models.
""".strip()


@dataclass(frozen=True, slots=True)
class Measured:
    """A trained model's name and file, and its numbers."""

    name: str
    size: int
    sha256: str
    learnt_from: tuple[str, ...]
    lines: Mapping[str, Line]
    probe_lines: Mapping[str, ProbeLine]
    cases: Mapping[str, CaseLine]


def first_line(shipped: Measured) -> str:
    """What the model learnt from, in one sentence, before anything else is said."""
    restricted = [name for name in shipped.learnt_from if _is_restricted(name)]
    if not restricted:
        return "This model learnt only from sources with clear and permissive licences."
    kinds = {
        Licence.NON_COMMERCIAL: "for non-commercial use only",
        Licence.NOT_STATED: "that state no licence",
        Licence.UNCLEAR: "whose licence could not be verified",
    }
    counts = [f"{sum(SOURCES[name].licence is kind for name in restricted)} {words}" for kind, words in kinds.items()]
    return (
        f"This model learnt from {len(shipped.learnt_from)} sources, among them "
        f"{', '.join(counts[:-1])} and {counts[-1]}; "
        "`--sources permissive` trains one without them."
    )


def _is_restricted(name: str) -> bool:
    return name in SOURCES and SOURCES[name].licence is not Licence.PERMISSIVE


def _sources(names: Iterable[str]) -> Iterator[str]:
    yield "| source | data set | licence as found | class |"
    yield "|---|---|---|---|"
    for name in names:
        source = SOURCES.get(name)
        if source:
            yield f"| {name} | {source.title} | {source.terms} | {source.licence} |"
        else:
            yield f"| {name} | sentences written for this model | ours | {Licence.OWN} |"


def _numbers(title: str, model: Measured) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield f"`{model.name}`, {model.size:,} bytes, sha256 `{model.sha256}`."
    yield ""
    yield "Thresholds: the lowest that keep false alarms on the dev split at most at 15 % (raise) and 1 %"
    yield "(hold), and on our own calm sentences at most at 4 %, of neutral ones 3 %, and none. All else is"
    yield "measured on the test split. `% scored`: texts that the language gate lets through; each text is"
    yield "in the language that it guesses."
    yield ""
    yield from table(model.lines)
    yield ""
    yield "False alarms on harmless sentences, raised and in brackets held:"
    yield ""
    yield from probe_table(model.probe_lines)
    yield ""
    yield "Functional cases at the raise threshold (`moderation/cases`), 40 of a kind in English and 10"
    yield "elsewhere; harmless ones should not be raised, harmful ones should:"
    yield ""
    yield from case_table(model.cases)
    yield ""


def card(shipped: Measured, other: Measured, *, seed: int) -> str:
    """The whole card as Markdown; `shipped` is the model beside it."""
    parts = [
        first_line(shipped),
        "",
        "# Model card",
        "",
        "Two opinions, averaged. The first: hashed letter sequences (2 to 5, inside words) and words (1 to",
        "2), in 2^21 buckets for all languages and 2^22 for each language alone, naive-Bayes-weighted",
        "logistic regression. The second knows word order: hashed pieces of words, convolutions over one",
        "and three words, the strongest and the sum of each, one hidden layer. One byte a weight. Their sum",
        "is calibrated language by language on the dev split, as if 40 % of texts were toxic. Four heads for",
        f"insult, threat, identity attack and profanity, given toxicity. Trained with seed {seed}. At run",
        "time numpy only. The words shown to moderators are those of the first opinion, exactly.",
        f"Mean AUC over languages: {mean_auc(shipped.lines):.3f} as shipped,",
        f"{mean_auc(other.lines):.3f} for the other choice of sources.",
        "",
        *_numbers("As shipped", shipped),
        *_numbers("The other choice of sources", other),
        "## Limits",
        "",
        LIMITS,
        "",
        "## Learnt from",
        "",
        *_sources(shipped.learnt_from),
        "",
        f"`{other.name}` learnt from: {', '.join(other.learnt_from)}.",
    ]
    return "\n".join(parts) + "\n"
