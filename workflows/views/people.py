"""Forms in which one searches for a person."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from ops_platform.web.pages import FormPage
from workflows.forms.people import FIND, PersonSearchField


class PersonFormPage(FormPage):
    """A form with a `PersonSearchField`: its search comes by GET while one types, or by the button that sends all back."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if FIND in request.POST:
            return self.render_to_response(self.get_context_data(form=self._as_entered()))
        return super().post(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        asked = self.request.POST if self.request.method == "POST" else self.request.GET
        return {**super().get_form_kwargs(), "asked": asked}

    def get_initial(self) -> dict[str, Any]:
        chosen = {name: self.request.GET[name] for name in self._searched() if name in self.request.GET}
        return {**super().get_initial(), **chosen}

    def _searched(self) -> list[str]:
        return [name for name, field in self._fields().items() if isinstance(field, PersonSearchField)]

    def _fields(self) -> dict[str, forms.Field]:
        form_class: Any = self.form_class
        return dict(form_class.base_fields)

    def _as_entered(self) -> forms.Form:
        """The form with what was entered, not checked."""
        given = self.get_form_kwargs()
        posted = given.pop("data")
        given.pop("files")
        entered = {
            name: posted.getlist(name) if isinstance(field, forms.MultipleChoiceField) else posted.get(name)
            for name, field in self._fields().items()
            if name in posted
        }
        form: forms.Form = self.form_class(**{**given, "initial": entered})  # type: ignore[misc]
        return form
