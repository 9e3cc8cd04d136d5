"""Abstract models and the query set that starts every list from what its reader may see."""

from typing import Any, ClassVar, Self

from django.db import models

from ops_platform.kernel import Actor, Role

READ_AND_APPEND = ("SELECT", "INSERT")
READ_APPEND_PRUNE = ("SELECT", "INSERT", "DELETE")  # a trigger of the app says what may go
READ_APPEND_CHANGE = ("SELECT", "INSERT", "UPDATE")


class ScopedQuerySet(models.QuerySet):
    """Rows of institutions. `visible_to(actor)` is where every list begins (DESIGN.md section 8)."""

    institution_path = "institution"

    def visible_to(self, actor: Actor, *roles: Role) -> Self:
        """Rows of institutions in which the actor holds one of the roles (any role when none is named)."""
        institutions = actor.institutions(*roles)
        if institutions is None:
            return self
        return self.filter(**{f"{self.institution_path}__in": institutions})


class AppendOnly(models.Model):
    """A table whose rows are never changed or removed.

    The app role may only SELECT and INSERT; migrations add triggers by `orm.operations.RefuseChange` that refuse
    UPDATE, DELETE and TRUNCATE also to the owner.
    """

    app_privileges: ClassVar[tuple[str, ...]] = READ_AND_APPEND

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError(f"{type(self).__name__} is append-only")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)
