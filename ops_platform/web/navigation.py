"""The side bar. Apps announce their entry pages; everybody sees those that their roles may open.

navigation.register("成本核算", _("科室成本"), "costing:departments", icon="building-hospital", roles=(…), order=10)

Behind an entry there may be more pages than the bar has room for; `register_finds` lets the finder know them by name.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import TextChoices
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Actor, Role


class Section(TextChoices):
    """Sections of the side bar, in the order in which they stand."""

    OVERVIEW = "总览", _("总览")
    APPROVAL = "审批", _("审批")
    INTAKE = "数据采集", _("数据采集")
    LEDGER = "账务", _("账务")
    COSTING = "成本核算", _("成本核算")
    METHODS = "成本方法", _("成本方法")
    RESPONSIBILITY = "成本责任", _("成本责任")
    USE = "采购与使用", _("采购与使用")
    SETTLEMENT = "医保结算", _("医保结算")
    NIGHTLY = "夜间运行", _("夜间运行")
    MASTERDATA = "主数据", _("主数据")
    SYSTEM = "系统", _("系统")


@dataclass(frozen=True, slots=True)
class Entry:
    """One announced page. Without roles everybody who is signed in sees it."""

    section: Section
    title: str | Promise
    url_name: str
    icon: str = "point"
    roles: tuple[Role, ...] = ()
    order: int = 100

    def shown_to(self, actor: Actor) -> bool:
        return not self.roles or actor.has(*self.roles)


@dataclass(frozen=True, slots=True)
class Item:
    """One link as it is shown."""

    title: str | Promise
    url: str
    icon: str
    active: bool


@dataclass(frozen=True, slots=True)
class Find:
    """A page behind an entry, which only the finder shows; it is found by its title and by `words`."""

    title: str | Promise
    url: str
    words: str | Promise = ""


@dataclass(frozen=True, slots=True)
class Group:
    """One section with the links that the reader may open. It folds where there are many links in all; the section of the
    page that is shown stands open."""

    section: Section
    items: tuple[Item, ...]
    active: bool
    folds: bool
    finds: tuple[Find, ...] = ()

    @property
    def title(self) -> str | Promise:
        return self.section.label


FEW = 15
"""So many links stand below each other on a laptop's screen without scrolling."""

_entries: dict[str, Entry] = {}
_finds: dict[str, Callable[[], Iterable[Find]]] = {}


def register(
    section: str,
    title: str | Promise,
    url_name: str,
    *,
    icon: str = "point",
    roles: tuple[Role, ...] = (),
    order: int = 100,
) -> None:
    """Announce a page. A second announcement of the same URL name replaces the first."""
    _entries[url_name] = Entry(Section(section), title, url_name, icon, tuple(roles), order)


def register_finds(url_name: str, finds: Callable[[], Iterable[Find]]) -> None:
    """Let the finder know the pages behind an announced page; who may open that may open them."""
    _finds[url_name] = finds


def entries() -> tuple[Entry, ...]:
    """All announced pages in the order of the side bar."""
    sections = list(Section)
    return tuple(sorted(_entries.values(), key=lambda e: (sections.index(e.section), e.order, e.url_name)))


def for_actor(actor: Actor | None, current: str = "") -> tuple[Group, ...]:
    """What the actor's side bar holds. `current` is the page's path; the longest fitting link is the active one."""
    if actor is None:
        return ()
    shown = [(entry, reverse(entry.url_name)) for entry in entries() if entry.shown_to(actor)]
    fitting = [url for _entry, url in shown if current == url or (url != "/" and current.startswith(url))]
    active_url = max(fitting, key=len, default="")
    folds = len(shown) > FEW
    groups = []
    for section in Section:
        here = [(entry, url) for entry, url in shown if entry.section is section]
        if not here:
            continue
        items = tuple(Item(entry.title, url, entry.icon, url == active_url) for entry, url in here)
        finds = (
            find for entry, _url in here if folds and entry.url_name in _finds for find in _finds[entry.url_name]()
        )
        groups.append(Group(section, items, any(item.active for item in items), folds, tuple(finds)))
    return tuple(groups)
