"""The form of an agreement: only the fields that its kind needs."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from costing.models import Agreement, AgreementKind, PartyRole
from costing.services.agreements import WantedAgreement, WantedParty
from ops_platform.his_intake.public import ALLIANCE_SERVICE_KINDS, FEE_CLASSES
from ops_platform.kernel import Period
from ops_platform.masterdata.models import Institution, SourceMark
from ops_platform.masterdata.selectors import parameter_value

HUNDRED = Decimal(100)
SHARES = {
    # field: (role, title, parameter with the default)
    "receiver_share": (PartyRole.RECEIVER, _("接受方(基层)分担(%)"), "costing.expert_base_share"),
    "pool_share": (PartyRole.POOL, _("医联体统筹分担(%)"), "costing.expert_pool_share"),
    "county_share": (PartyRole.COUNTY, _("县级分担(%)"), "costing.three_level_county_share"),
    "township_share": (PartyRole.TOWNSHIP, _("乡级分担(%)"), "costing.three_level_township_share"),
    "village_share": (PartyRole.VILLAGE, _("村级分担(%)"), "costing.three_level_village_share"),
    "base_rate": (PartyRole.BASE, _("基层检查收入计提(%)"), "costing.joint_exam_base_rate"),
    "upper_rate": (PartyRole.UPPER, _("上级诊断收入计提(%)"), "costing.joint_exam_upper_rate"),
}
COMMON = ("code", "name", "effective_from")
OF_KIND = {
    AgreementKind.EXPERT: ("service_kind", "unit_cost", "receiver_share", "pool_share", "holder"),
    AgreementKind.SHARED_CENTRE: (
        "provider",
        "by_full_cost",
        "department",
        "service_kind",
        "unit_cost",
        "receiver_share",
        "pool_share",
        "holder",
    ),
    AgreementKind.THREE_LEVEL: ("service_kind", "unit_cost", "county_share", "township_share", "village_share"),
    AgreementKind.JOINT_EXAM: ("bases", "base_rate", "upper", "upper_rate", "holder", "fee_classes", "items"),
}
LAST = ("source_mark", "source_text", "ended")
FIXED_KIND = {AgreementKind.EXPERT: "expert"}


def _share(title: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=title, min_value=0, max_value=100, max_digits=7, decimal_places=4, required=False, initial=0
    )


class AgreementForm(forms.Form):
    """An agreement of a kind, or the next version of one."""

    code = forms.CharField(
        label=_("协议编号"), max_length=40, help_text=_("字母、数字、- 和 _；协作服务按此编号报送。")
    )
    name = forms.CharField(label=_("名称"), max_length=120)
    effective_from = forms.CharField(
        label=_("生效月份"),
        help_text=_("自该月 1 日起；此前的月份仍按旧版本，已结账的月份不受影响。"),
        widget=forms.DateInput(attrs={"type": "month"}),
    )
    provider = forms.ModelChoiceField(Institution.objects.none(), label=_("中心所在机构"))
    by_full_cost = forms.BooleanField(
        label=_("按中心科室的全成本和使用量分摊"),
        required=False,
        help_text=_("不选则按服务量 × 单位成本。"),
    )
    department = forms.CharField(
        label=_("中心科室代码"), max_length=40, required=False, help_text=_("按全成本分摊时必填。")
    )
    service_kind = forms.ChoiceField(label=_("服务类别"), choices=[("", "—"), *ALLIANCE_SERVICE_KINDS], required=False)
    unit_cost = forms.DecimalField(
        label=_("单位成本(元)"),
        min_value=0,
        max_digits=18,
        decimal_places=6,
        required=False,
        help_text=_("人工与交通等；服务记录自带单位成本或金额的，以记录为准。"),
    )
    holder = forms.ModelChoiceField(
        Institution.objects.none(),
        label=_("代管机构"),
        required=False,
        help_text=_("资金池建立之前，医联体统筹部分在其账上承担或收取。"),
    )
    bases = forms.ModelMultipleChoiceField(
        Institution.objects.none(), label=_("基层机构"), widget=forms.CheckboxSelectMultiple
    )
    upper = forms.ModelChoiceField(Institution.objects.none(), label=_("上级诊断机构"))
    fee_classes = forms.MultipleChoiceField(
        label=_("检查收入的费用类别"),
        choices=[one for one in FEE_CLASSES if one[0] in ("examination", "laboratory")],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    items = forms.CharField(
        label=_("或按收费项目代码"),
        required=False,
        max_length=2000,
        help_text=_("多个代码用空格或逗号分开；与费用类别只选其一。"),
    )
    source_mark = forms.ChoiceField(label=_("来源"), choices=SourceMark.choices, initial=SourceMark.SEED)
    source_text = forms.CharField(
        label=_("依据"), max_length=200, help_text=_("协议文号、会议纪要等；审计时以此为准。")
    )
    ended = forms.BooleanField(label=_("自生效月份起终止本协议"), required=False)

    def __init__(self, *args: Any, kind: str, former: Agreement | None = None, **kwargs: Any) -> None:
        self.kind, self.former = AgreementKind(kind), former
        self.other_rates: dict[str, Decimal] = {}
        super().__init__(*args, **kwargs)
        own: dict[str, Any] = {name: _share(title) for name, (_role, title, _key) in SHARES.items()}
        self.fields.update(own)
        wanted = (*COMMON, *OF_KIND[self.kind], *LAST)
        self.fields = {name: self.fields[name] for name in wanted}
        institutions = Institution.objects.order_by("code")
        for name in ("provider", "holder", "upper", "bases"):
            if name in self.fields:
                choice: Any = self.fields[name]
                choice.queryset = institutions
        if self.kind in FIXED_KIND:
            self.fields["service_kind"].widget = forms.HiddenInput()
            self.fields["service_kind"].initial = FIXED_KIND[self.kind]
        if former is None:
            del self.fields["ended"]
            self._defaults()
        else:
            self.fields["code"].disabled = True
            self._as_before(former)

    def _defaults(self) -> None:
        """Shares of the parameters in force; a shared centre is borne by who uses it."""
        today = timezone.localdate()
        for name, (_role, _title, key) in SHARES.items():
            if name in self.fields:
                self.fields[name].initial = f"{(parameter_value(key=key, day=today) * HUNDRED).normalize():f}"
        if self.kind is AgreementKind.SHARED_CENTRE:
            self.fields["receiver_share"].initial, self.fields["pool_share"].initial = 100, 0
        self.fields["effective_from"].initial = str(Period.of(today))

    def _as_before(self, former: Agreement) -> None:
        shares = list(former.shares.all())
        first = {one.role: one for one in shares}
        rates = list(former.rates.all())
        rate = rates[0] if rates else None
        self.other_rates = {one.service_kind: one.unit_cost for one in rates[1:]}
        initial: dict[str, Any] = {
            "code": former.code,
            "name": former.name,
            "effective_from": str(Period.of(timezone.localdate())),
            "by_full_cost": former.by_full_cost,
            "department": former.department.code if former.department else "",
            "service_kind": rate.service_kind if rate else "",
            "unit_cost": rate.unit_cost.normalize() if rate else None,
            "bases": [one.institution_id for one in shares if one.role == PartyRole.BASE],
            "fee_classes": former.fee_classes,
            "items": " ".join(former.items),
            "source_mark": former.source_mark,
        }
        for name, role in (("provider", PartyRole.PROVIDER), ("holder", PartyRole.POOL), ("upper", PartyRole.UPPER)):
            initial[name] = first[role].institution_id if role in first else None
        for name, (role, _title, _key) in SHARES.items():
            initial[name] = (first[role].share * HUNDRED).normalize() if role in first else 0
        if self.other_rates:
            kinds = dict(ALLIANCE_SERVICE_KINDS)
            told = "、".join(f"{kinds[code]} {value.normalize():f} 元" for code, value in self.other_rates.items())
            self.fields["unit_cost"].help_text = _("其余单位成本沿用：%(told)s。要修改请用协议文件(.xlsx)。") % {
                "told": told
            }
        for name, value in initial.items():
            if name in self.fields:
                self.fields[name].initial = f"{value:f}" if isinstance(value, Decimal) else value

    def clean_effective_from(self) -> Any:
        try:
            return Period.parse(self.cleaned_data["effective_from"]).first_day
        except ValueError as error:
            raise forms.ValidationError(_("应为月份，如 2026-03。")) from error

    def wanted(self) -> WantedAgreement:
        """What is asked for."""
        given = self.cleaned_data
        kind, unit_cost = given.get("service_kind"), given.get("unit_cost")
        return WantedAgreement(
            code=given["code"],
            name=given["name"],
            kind=self.kind.value,
            effective_from=given["effective_from"],
            source_mark=given["source_mark"],
            source_text=given["source_text"],
            parties=tuple(self._parties(given)),
            unit_costs=self.other_rates | ({kind: unit_cost} if kind and unit_cost is not None else {}),
            fee_classes=given.get("fee_classes", ()),
            items=given.get("items", "").replace("，", " ").replace(",", " ").split(),
            by_full_cost=given.get("by_full_cost", False),
            department=given.get("department", "") if given.get("by_full_cost") else "",
            ended=given.get("ended", False),
        )

    def _parties(self, given: dict[str, Any]) -> list[WantedParty]:
        found = []
        if given.get("provider"):
            found.append(WantedParty(PartyRole.PROVIDER.value, given["provider"].code))
        shares = {role: (given.get(name) or Decimal(0)) / HUNDRED for name, (role, _title, _key) in SHARES.items()}
        for role in (PartyRole.RECEIVER, PartyRole.COUNTY, PartyRole.TOWNSHIP, PartyRole.VILLAGE):
            if shares[role]:
                found.append(WantedParty(role.value, "", shares[role]))
        for base in given.get("bases", ()):
            found.append(WantedParty(PartyRole.BASE.value, base.code, shares[PartyRole.BASE]))
        if given.get("upper"):
            found.append(WantedParty(PartyRole.UPPER.value, given["upper"].code, shares[PartyRole.UPPER]))
        holder = given.get("holder")
        if holder and (shares[PartyRole.POOL] or self.kind is AgreementKind.JOINT_EXAM):
            found.append(WantedParty(PartyRole.POOL.value, holder.code, shares[PartyRole.POOL]))
        elif shares[PartyRole.POOL]:
            found.append(WantedParty(PartyRole.POOL.value, "", shares[PartyRole.POOL]))
        return found
