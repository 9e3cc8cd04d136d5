"""低效设备与共享: use of devices, proposals for sharing, pay by use."""

from decimal import Decimal
from typing import Any

from django.http import Http404
from django.utils.translation import gettext_lazy as _

from costing.selectors import devices, purchases
from costing.tables.devices import DeviceDayTable, DeviceTable, KindTable, SharingTable
from costing.views.purchases import SpanPage, worded
from ops_platform.his_intake.public import device_days

USES = "equipment-uses"
WITH_COST = ("cost", "per_hour", "per_service")


class Devices(SpanPage):
    """All devices of the chosen institutions, by kind."""

    title = _("设备使用与共享")
    template_name = "costing/devices.html"
    dataset = USES
    empty_title = _("还没有设备使用记录")
    empty_hint = _("请按数据集「设备使用记录」报送每台设备每日的使用机时和可用机时，或在「上传数据」页导入。")

    def table(self) -> DeviceTable:
        return DeviceTable(devices.devices(institutions=self.span.chosen, days=self.span.days).devices, span=self.span)

    def figures(self) -> dict[str, Any]:
        found = devices.devices(institutions=self.span.chosen, days=self.span.days)
        with_cost = any(one.cost is not None for one in found.devices)
        return {
            "found": found,
            "table": DeviceTable(found.devices, span=self.span, exclude=() if with_cost else WITH_COST),
            "kinds": KindTable(devices.kinds(found)),
            "sharing": SharingTable(found.sharing, names=self.span.names) if found.sharing else None,
            "threshold": purchases.marked(key="costing.low_use_threshold", day=self.span.days[1]),
            "target": purchases.marked(key="costing.device_target_rate", day=self.span.days[1]),
            "with_cost": with_cost,
        }


class Device(Devices):
    """One device day by day; the hours add up to those of the list."""

    title: Any = ""
    template_name = "costing/device.html"

    def find(self) -> devices.DeviceUse:
        """The device asked for."""
        card = worded(self.request, "card")
        if self.span.institution is None or not card:
            raise Http404
        found = devices.devices(institutions=self.span.chosen, days=self.span.days)
        own = next((one for one in found.devices if one.sums.card == card), None)
        if own is None:
            raise Http404
        return own

    def rows(self, own: devices.DeviceUse) -> Any:
        """Its days."""
        return device_days(institution=own.sums.institution, card=own.sums.card, days=self.span.days)

    def table(self) -> Any:
        own = self.find()
        self.title = f"{own.sums.name}-{own.sums.card}"
        return DeviceDayTable(self.rows(own), request=self.request)

    def figures(self) -> dict[str, Any]:
        own = self.find()
        rows = self.rows(own)
        services = self.request.GET.get("measure") == "services"
        if services:
            whole, expected = Decimal(sum(row.services or 0 for row in rows)), Decimal(own.sums.services or 0)
        else:
            whole, expected = sum((row.used for row in rows), Decimal(0)), own.sums.used
        return {
            "own": own,
            "table": DeviceDayTable(rows, request=self.request),
            "services": services,
            "whole": whole,
            "expected": expected,
            "agrees": whole == expected,
            "title": f"{own.sums.name} {own.sums.card}",
        }
