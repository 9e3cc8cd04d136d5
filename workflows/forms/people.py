"""Choosing a person by a search, since there may be hundreds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.forms.models import ModelChoiceIterator
from django.utils.translation import gettext as _now

from ops_platform.identity.models import User
from ops_platform.web.numbers import number_of
from workflows.selectors import matters as selectors

LISTED = 20
LONGEST_SEARCH = 60
FIND = "find"


class PersonPicker(forms.RadioSelect):
    """A search above the people found. With htmx they change while one types; without scripts the button sends the form
    back with what was found and keeps what was entered."""

    template_name = "workflows/person_picker.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.words, self.total = "", 0

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        shown = {"words": self.words, "total": self.total, "listed": LISTED, "longest": LONGEST_SEARCH, "find": FIND}
        return {**super().get_context(name, value, attrs), **shown, "search": search_name(name)}


def search_name(name: str) -> str:
    """The entry that holds the words searched for, beside the field of that name."""
    return f"{name}_search"


@dataclass(frozen=True, slots=True)
class Found:
    """What a search brought: the first of those found, with their roles, and how many there are."""

    posts: Sequence[selectors.Post]
    total: int


class Among:
    """People among whom somebody searches, those of the institution `near` first. Fields that show the same search share
    its queries."""

    def __init__(self, everybody: QuerySet[User], near: int | None = None) -> None:
        self.everybody, self.near = everybody, near
        self._found: dict[str, Found] = {}

    def find(self, words: str) -> Found:
        """Those whom the words fit."""
        if words not in self._found:
            fitting = selectors.find_people(self.everybody, words, self.near)
            self._found[words] = Found(selectors.posts(fitting[:LISTED]), fitting.count())
        return self._found[words]


class PersonSearchField(forms.ModelChoiceField):
    """A colleague, shown with the roles people know them by, found by a search among all who may be chosen."""

    widget = PersonPicker

    def __init__(self, queryset: Any, **kwargs: Any) -> None:
        super().__init__(queryset, **kwargs)
        self._roles: dict[int, str] = {}

    def find(self, people: QuerySet[User], name: str, asked: Mapping[str, Any], near: int | None = None) -> None:
        """`search` among these people."""
        self.search(Among(people, near), name, asked)

    def search(self, among: Among, name: str, asked: Mapping[str, Any], kept: str = "") -> None:
        """Accept these people; show whoever is chosen (`kept`: was before), then those that fit the words asked for."""
        words = str(asked.get(search_name(name), ""))[:LONGEST_SEARCH].strip()
        found = among.find(words)
        shown, chosen = list(found.posts), self._chosen(among.everybody, str(asked.get(name, kept)))
        if chosen is not None:
            first = [post for post in shown if post.person == chosen] or selectors.posts([chosen])
            shown = [*first, *(post for post in shown if post.person != chosen)]
        self.queryset = among.everybody
        self._roles = {post.person.pk: post.roles for post in shown}
        picker: Any = self.widget
        picker.words, picker.total = words, found.total
        picker.choices = [ModelChoiceIterator(self).choice(post.person) for post in shown]

    def _chosen(self, people: QuerySet[User], key: str) -> User | None:
        if self.to_field_name:
            return people.filter(**{self.to_field_name: key.replace("\0", "")}).first() if key else None
        number = number_of(key)
        return people.filter(pk=number).first() if number else None

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.replace("\0", "") if isinstance(value, str) else value)

    def label_from_instance(self, obj: User) -> str:
        known_by = self._roles.get(obj.pk, "") if obj.is_active else _now("已停用")
        return f"{obj.display_name}({known_by})" if known_by else obj.display_name
