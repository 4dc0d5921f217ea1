"""Templates: the Jinja environment, and the few words that every template knows."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket

from server.policies import Language
from server.web import words
from server.web.marks import mark
from server.web.shelf import Shelf
from server.web.words import Catalogues, reading


class Addresses:
    """Makes the address of a route by its name, and keeps `?lang=` where the reader chose it there."""

    def __init__(self, paths: Mapping[str, str]) -> None:
        self._paths = dict(paths)

    def url(self, name: str, /, query: Mapping[str, object] | None = None, **params: object) -> str:
        """The path of a route; what is no part of the path goes into the query. Raises KeyError for an unknown one."""
        if not params and not query and not reading().in_address:
            return self._paths[name]
        path = self._paths[name]
        asked = dict(query or {})
        for key, value in params.items():
            slot = "{" + key + "}"
            if slot in path:
                path = path.replace(slot, quote(str(value), safe=""))
            else:
                asked[key] = value
        now = reading()
        if now.in_address and "lang" not in asked:
            asked["lang"] = now.language.code
        return f"{path}?{urlencode(asked)}" if asked else path


@dataclass(frozen=True, slots=True)
class LanguageLink:
    """One entry of the language switcher."""

    code: str
    native_name: str
    dir: str
    href: str
    current: bool


class HasLanguage(Protocol):
    """What the switcher needs to know of a visit."""

    @property
    def shown_at(self) -> str:
        """The address of the page that is open, as one would open it again."""
        ...

    @property
    def query(self) -> Mapping[str, str]:
        """The query of the page that is open."""
        ...


class _Templates(Environment):
    """Jinja's environment with plain dictionaries for globals.

    Its own chain of maps is walked key by key whenever a template imports a macro: a tenth of a page's cost.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """What a template knows besides its context."""
        return {**self.globals, **(d or {})}


class _CompiledOnce(BytecodeCache):
    """What a process has compiled, for every house in it: compiling is nearly all of what a boot takes.

    In memory only. The same words of a template are the same code; other words, under the same name, are other code.
    """

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what was compiled before."""
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled now."""
        if bucket.code is not None:
            self._code[bucket.key, bucket.checksum] = bucket.code


_COMPILED = _CompiledOnce()


class Pages:
    """Renders templates in the language of the present reading."""

    def __init__(
        self,
        folder: Path,
        *,
        shelf: Shelf,
        catalogues: Catalogues,
        addresses: Addresses,
        parts: tuple[str, ...] = ("",),
    ) -> None:
        """`parts`: how the names begin of the templates that are made ready at boot; all of them by default."""
        self.catalogues = catalogues
        self.addresses = addresses
        self._environment = _Templates(
            loader=FileSystemLoader(folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            bytecode_cache=_COMPILED,
        )
        known: dict[str, Callable[..., object]] = {
            "_": catalogues.marked,
            "ngettext": catalogues.marked_number,
            "url": addresses.url,
            "asset": shelf.address,
            "day": catalogues.day,
            "date_of": catalogues.date_of,
            "number": words.number,
            "clock_time": words.clock_time,
            "full_day": words.full_day,
            "exact_time": words.exact_time,
            "zone_name": words.zone_name,
            "language_name": words.language_name,
            "language_dir": words.language_dir,
            "mark": mark,
            "said_of": catalogues.said,
        }
        shared: dict[str, Any] = self._environment.globals
        shared.update(known)
        for name in self._environment.list_templates(extensions=["html"]):
            if name.startswith(parts):
                self._environment.get_template(name)  # all at boot: a newer file must not meet an older program

    def render(self, template: str, context: Mapping[str, object]) -> str:
        """The page as HTML."""
        return self._environment.get_template(template).render(context)

    def pieces(self, template: str, context: Mapping[str, object]) -> Iterator[str]:
        """The same for something long, as it is made: what it is made from may come from an iterator."""
        stream = self._environment.get_template(template).stream(context)
        stream.enable_buffering(200)
        yield from stream

    def switcher(self, visit: HasLanguage) -> list[LanguageLink]:
        """Every language of the interface, each as a link to this same page."""
        current = reading().language
        return [self._link(language, visit, current=language == current) for language in self.catalogues.languages]

    def _link(self, language: Language, visit: HasLanguage, *, current: bool) -> LanguageLink:
        asked = visit.query
        query = urlencode({**asked, "lang": language.code}) if asked else f"lang={language.code}"
        return LanguageLink(language.code, language.native_name, language.dir, f"{visit.shown_at}?{query}", current)
