"""Choosing a person by a search, since there may be hundreds."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.forms.models import ModelChoiceIterator

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


class PersonSearchField(forms.ModelChoiceField):
    """A colleague, shown with the roles people know them by, found by a search among all who may be chosen."""

    widget = PersonPicker

    def __init__(self, queryset: Any, **kwargs: Any) -> None:
        super().__init__(queryset, **kwargs)
        self._roles: dict[int, str] = {}

    def find(self, people: QuerySet[User], name: str, asked: Mapping[str, Any], near: int | None = None) -> None:
        """Accept these people; show those that fit the words asked for, and whoever was chosen already."""
        words = str(asked.get(search_name(name), ""))[:LONGEST_SEARCH].strip()
        found = selectors.find_people(people, words, near)
        picker: Any = self.widget
        picker.words, picker.total = words, found.count()
        shown = list(found[:LISTED])
        chosen = number_of(str(asked.get(name, "")))
        if chosen and chosen not in {one.pk for one in shown}:
            shown = [*people.filter(pk=chosen), *shown]
        self.queryset = people
        self._roles = {post.person.pk: post.roles for post in selectors.posts(shown)}
        picker.choices = [(ModelChoiceIterator(self).choice(one)) for one in shown]

    def label_from_instance(self, obj: User) -> str:
        roles = self._roles.get(obj.pk, "")
        return f"{obj.display_name}({roles})" if roles else obj.display_name
