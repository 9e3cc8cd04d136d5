"""Asking by the approval API to release more quarantined rows than one person may settle alone."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from ops_platform.his_intake.models import QuarantineRelease
from ops_platform.his_intake.services.release import ask_release
from ops_platform.kernel import Actor
from workflows.public import Beginning

MOST_ROWS = 5000


class ReleaseFields(serializers.Serializer):
    """Quarantined rows of one institution and dataset, and what is to become of them."""

    rows = serializers.ListField(
        child=serializers.IntegerField(min_value=1), min_length=1, max_length=MOST_ROWS, help_text="隔离数据的编号"
    )
    deed = serializers.ChoiceField(choices=QuarantineRelease.Deed.choices, help_text="处理方式")
    reason = serializers.CharField(min_length=4, max_length=300, help_text="理由，至少 4 个字")


def _ask(actor: Actor, given: Mapping[str, Any]) -> int:
    return ask_release(actor, row_ids=given["rows"], deed=given["deed"], reason=given["reason"])


RELEASE = Beginning(ReleaseFields, _ask)
