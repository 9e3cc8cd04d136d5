"""The datasets of purchase and use: moves of drugs and materials, and hours of devices."""

from ops_platform.his_intake.datasets import months
from ops_platform.his_intake.datasets.declaration import Check, Dataset
from ops_platform.his_intake.datasets.fields import Choice, CodeList, Day, Number, Reference, Text
from ops_platform.his_intake.models import EquipmentUse, GoodsMove

MOVE_KINDS = (
    ("purchase", "采购入库"),
    ("purchase_return", "退货给供应商"),
    ("issue", "科室领用"),
    ("issue_return", "科室退库"),
    ("transfer_out", "调出至成员单位"),
    ("transfer_in", "从成员单位调入"),
    ("gain", "盘盈"),
    ("loss", "盘亏报损"),
    ("use", "患者使用"),
)
GOODS_CLASSES = (
    ("drug", "药品"),
    ("chargeable_material", "单独收费卫生材料"),
    ("free_material", "不单独收费卫生材料"),
)
PROCUREMENTS = (("central", "集中带量采购"), ("sunshine", "阳光采购"), ("own", "自行采购"))
ORIGINS = (("imported", "进口"), ("domestic", "国产"))

DRUG_AND_MATERIAL_MOVES = Dataset(
    code="drug-and-material-moves",
    title="药品耗材进销存",
    hint="采购、领用、调拨、盘点和患者使用，每个单据行一行；数量不填负数，方向由类别决定。高值耗材逐件填条码。",
    model=GoodsMove,
    key=("document", "line"),
    month=months.BY_DATE,
    optional=True,
    fields=(
        Text(name="document", title="单据号", example="RK202603050001"),
        Number(name="line", title="行号", scale=0, digits=6, example="1"),
        Choice(name="move_kind", title="类别", choices=MOVE_KINDS, example="purchase"),
        Day(name="date", title="日期", example="2026-03-05"),
        Text(name="goods", title="统一物资编码", length=60, example="YP170013"),
        Text(name="name", title="品名规格", length=200, example="氯吡格雷片 75mg×7"),
        Choice(name="goods_class", title="物资类别", choices=GOODS_CLASSES, example="drug"),
        Reference(
            name="item",
            title="收费项目代码",
            to="item",
            column="item_id",
            required=False,
            example="170013",
        ),
        Text(name="unit", title="计量单位", length=20, example="盒"),
        Reference(name="department", title="科室", to="department", column="department_id", required=False),
        Text(name="supplier", title="供应商", length=120, required=False, example="省医药集团"),
        Choice(name="procurement", title="采购方式", choices=PROCUREMENTS, required=False, example="central"),
        Choice(name="origin", title="产地", choices=ORIGINS, required=False, example="domestic"),
        Text(name="lot", title="批号", required=False, example="B260301"),
        Text(name="barcode", title="单件条码", length=80, required=False),
        Number(name="quantity", title="数量", scale=4, example="100"),
        Number(name="price", title="单价(元)", scale=4, example="14.61"),
        Number(name="amount", title="金额(元)", digits=12, example="1461.00"),
        Number(name="reference_price", title="集采前价格(元)", scale=4, required=False, example="17.82"),
        Reference(name="encounter_no", title="就诊号", to="encounter", column="encounter", required=False),
        Reference(
            name="counterparty", title="往来机构代码", to="institution", column="counterparty_id", required=False
        ),
    ),
    checks=(
        Check(
            "his_intake.amount_mismatch",
            "amount",
            "金额不等于数量 × 单价(四舍五入到分)，请核对",
            "s.amount <> round(s.quantity * s.price, 2)",
        ),
        Check(
            "his_intake.barcode_quantity",
            "quantity",
            "填了单件条码的行数量应为 1，一件一行",
            "s.barcode IS NOT NULL AND s.quantity <> 1",
        ),
        Check(
            "his_intake.move_without_department",
            "department",
            "领用、退库和患者使用须填科室",
            "s.move_kind IN ('issue', 'issue_return', 'use') AND s.department_id IS NULL",
        ),
        Check(
            "his_intake.move_without_supplier",
            "supplier",
            "采购入库和退货须填供应商和采购方式",
            "s.move_kind IN ('purchase', 'purchase_return') AND (s.supplier IS NULL OR s.procurement IS NULL)",
        ),
        Check(
            "his_intake.move_encounter",
            "encounter_no",
            "患者使用须填就诊号，其他类别不填",
            "(s.move_kind = 'use') <> (s.encounter IS NOT NULL)",
        ),
        Check(
            "his_intake.move_counterparty",
            "counterparty",
            "成员单位之间的调出、调入须填往来机构，其他类别不填",
            "(s.move_kind IN ('transfer_out', 'transfer_in')) <> (s.counterparty_id IS NOT NULL)",
        ),
        Check(
            "his_intake.goods_item",
            "item",
            "药品和单独收费卫生材料须填收费项目代码，不单独收费卫生材料不填",
            "(s.goods_class = 'free_material') <> (s.item_id IS NULL)",
        ),
        Check(
            "his_intake.goods_other_class",
            "goods_class",
            "物资类别与收费项目的类别不一致，请核对",
            "s.item_id IS NOT NULL AND s.goods_class <> 'free_material'"
            " AND EXISTS (SELECT FROM masterdata_chargeitemterm t WHERE t.item_id = s.item_id)"
            " AND NOT EXISTS (SELECT FROM masterdata_chargeitemterm t WHERE t.item_id = s.item_id"
            " AND t.item_class = s.goods_class)",
        ),
    ),
)

EQUIPMENT_USES = Dataset(
    code="equipment-uses",
    title="设备使用记录",
    hint="每台设备每日一行：使用机时、可用机时和完成例数；设备类别相同的才互相比较。",
    model=EquipmentUse,
    key=("card", "date"),
    month=months.BY_DATE,
    optional=True,
    fields=(
        Text(name="card", title="资产卡片号", example="SB000128"),
        Day(name="date", title="日期", example="2026-03-05"),
        Reference(name="department", title="科室", to="department", column="department_id", example="NK01"),
        Text(name="name", title="设备名称", length=120, example="64 排螺旋CT"),
        Text(name="kind", title="设备类别", length=60, example="CT"),
        Number(name="used_hours", title="使用机时(小时)", digits=2, example="6.50"),
        Number(name="available_hours", title="可用机时(小时)", digits=2, example="8"),
        Number(name="services", title="完成例数", scale=0, digits=6, required=False, example="26"),
        CodeList(name="items", title="该设备完成的收费项目代码", required=False, example="080005|080006"),
    ),
    checks=(
        Check(
            "his_intake.hours_of_a_day",
            "used_hours",
            "一天的使用机时和可用机时不能超过 24 小时",
            "s.used_hours > 24 OR s.available_hours > 24",
        ),
    ),
)
