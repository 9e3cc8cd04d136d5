"""`manage.py price_cases --rules RULES.json INPUT.csv OUTPUT.csv`: prices a file without touching the database."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from insurance_settlement.price_files import load_rule_book, price_file
from ops_platform.kernel import DomainError


class Command(BaseCommand):
    """A thin shell around price_files."""

    help = "按规则库给已分组的 CSV 病例计价，写出支付、基金、类别和计算过程。不使用数据库。"
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rules", required=True, type=Path, metavar="RULES.json", help="规则库(JSON)")
        parser.add_argument("input", type=Path, metavar="INPUT.csv", help="已分组的病例")
        parser.add_argument("output", type=Path, metavar="OUTPUT.csv", help="结果")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            summary = price_file(load_rule_book(options["rules"]), options["input"], options["output"])
        except DomainError as error:
            raise CommandError(str(error)) from error
        counts = ",".join(f"{kind} {count}" for kind, count in sorted(summary.by_kind.items()))
        self.stdout.write(f"已计价 {summary.rows} 例：{counts or '无'}。结果在 {options['output']}。")
