"""`manage.py group_cases --scheme FILE INPUT.csv OUTPUT.csv`: groups a file without touching the database."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from insurance_settlement.case_files import group_file, load_scheme
from ops_platform.kernel import DomainError


class Command(BaseCommand):
    """A thin shell around case_files."""

    help = "按分组方案给 CSV 病例分组；诊断、手术编码表取自方案所在的文件夹。不使用数据库。"
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--scheme", required=True, type=Path, metavar="FILE", help="分组方案(JSON)")
        parser.add_argument("input", type=Path, metavar="INPUT.csv", help="病例")
        parser.add_argument("output", type=Path, metavar="OUTPUT.csv", help="结果")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            summary = group_file(load_scheme(options["scheme"]), options["input"], options["output"])
        except DomainError as error:
            raise CommandError(str(error)) from error
        counts = ",".join(f"{status} {count}" for status, count in sorted(summary.by_status.items()))
        self.stdout.write(f"已分组 {summary.rows} 例：{counts or '无'}。结果在 {options['output']}。")
