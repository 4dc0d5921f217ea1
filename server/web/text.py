"""Member-written text becomes HTML here, and only here: Markdown subset, then the sanitiser.

Rendered once and stored beside the text, with RENDERER, so that a better renderer can find what is old.
Links show their domain, and tell the other side nothing.
"""

import html
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

RENDERER = 1
"""Raise when the output changes: stored HTML of an older number is made anew when it is next written."""
TAGS = {"p", "br", "em", "strong", "ul", "ol", "li", "blockquote", "code", "pre", "a", "bdi", "span", "hr"}
POLICY_TAGS = TAGS | {"h2", "h3", "table", "thead", "tbody", "tr", "th", "td"}
SCHEMES = {"http", "https"}
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]")
_MARKED = re.compile(
    r"[*_`\[\]<>&\\@\x00]|//|[.:](?=\S)"  # marks of Markdown, signs that HTML must escape, what links begin with
    r"|(?:\A|\n)(?:[-+]|\d{1,9}[.)])"  # lists
    r"|\A\s|\n[ ]|[ ]\n|\s\Z|[^\S \n]"  # space that means something, or that Markdown would take away
)
"""What makes a text more than paragraphs and lines. Most messages have none of it."""


class _Renderer(RendererHTML):
    """Adds the domain after each link, isolated so that it cannot be disguised by direction marks."""

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        href = str(tokens[idx].attrGet("href") or "")
        env.setdefault("links", []).append(href)
        return f'<a href="{html.escape(href)}"><bdi>'

    def link_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        links = env.get("links") or [""]
        domain = _domain(links.pop())
        return f'</bdi></a> <span class="domain" dir="ltr">({html.escape(domain)})</span>'


def _domain(href: str) -> str:
    """The host as machines read it (ASCII), so that look-alike letters give themselves away."""
    host = urlsplit(href).hostname or "?"
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host.encode("punycode").decode("ascii")


class _Parser(MarkdownIt):
    """Makes links of whole web addresses only: a link into this site could sign its reader out."""

    def validateLink(self, url: str) -> bool:  # noqa: N802  markdown-it's name
        """Whether an address may become a link; otherwise it stays as it was written."""
        return url.lower().startswith(("http://", "https://"))


def _markdown(rules: list[str]) -> MarkdownIt:
    parser = _Parser("zero", {"html": False, "linkify": True, "breaks": True}, renderer_cls=_Renderer)
    return parser.enable(rules)


_SUBSET = ["emphasis", "backticks", "blockquote", "list", "link", "autolink", "linkify", "newline", "escape", "entity"]
_MESSAGES = _markdown(_SUBSET)
_POLICIES = MarkdownIt("commonmark", {"html": False}).enable(["table"])


def rendered(text: str) -> Markup:
    """A message as safe HTML. Anything that is not in the subset stays as the person wrote it."""
    visible = _INVISIBLE.sub("", text)
    try:
        made = _paragraphs(visible) if visible and not _MARKED.search(visible) else _MESSAGES.render(visible)
    except (ValueError, RecursionError):  # hostile nesting or addresses: show it as plain text
        made = f"<p>{html.escape(text)}</p>"
    return Markup(_MESSAGE_CLEANER.clean(made))


def _paragraphs(plain: str) -> str:
    """What Markdown makes of a text without any marks, in a tenth of the time."""
    paragraphs = (part.replace("\n", "<br />\n") for part in re.split(r"\n{2,}", plain))
    return "".join(f"<p>{paragraph}</p>\n" for paragraph in paragraphs)


def rendered_policy(text: str) -> Markup:
    """A policy text, written by the operator, as safe HTML with headings and tables."""
    return Markup(_POLICY_CLEANER.clean(_POLICIES.render(text)))


def plain_excerpt(text: str, *, characters: int = 80) -> str:
    """The beginning of a text on one line, for a quotation."""
    line = " ".join(_INVISIBLE.sub("", text).split())
    return line if len(line) <= characters else line[: characters - 1].rstrip() + "…"


def stored(fragment: str) -> Markup:
    """HTML that `rendered` made earlier and the database kept."""
    return Markup(fragment)


def is_clean(fragment: str) -> bool:
    """Whether HTML that comes from elsewhere is such as `rendered` makes: the sanitiser finds nothing to change."""
    return _MESSAGE_CLEANER.clean(fragment) == fragment


def _only_ours(tag: str, attribute: str, value: str) -> str | None:
    if (tag, attribute) == ("span", "class"):
        return value if value == "domain" else None
    return value


def _cleaner(tags: set[str]) -> nh3.Cleaner:
    """The sanitiser, made ready once: to tell it anew what it lets through costs more than a message."""
    return nh3.Cleaner(
        tags=tags,
        attributes={"a": {"href"}, "span": {"class", "dir"}},
        attribute_filter=_only_ours,
        url_schemes=SCHEMES,
        link_rel="nofollow ugc noopener noreferrer",
        strip_comments=True,
    )


_MESSAGE_CLEANER = _cleaner(TAGS)
_POLICY_CLEANER = _cleaner(POLICY_TAGS)
