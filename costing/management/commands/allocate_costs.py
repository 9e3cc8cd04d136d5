"""Compute an allocation model given as a file: the engine of the platform, for auditors and other tools."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from costing.engine.allocation import allocate
from costing.model_files import read_model, write_result
from ops_platform.kernel import DomainError


class Command(BaseCommand):
    help = "科室成本分摊：读取模型文件 MODEL.json，计算后写入 OUTPUT.json，不使用数据库。"
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model", type=Path, metavar="MODEL.json")
        parser.add_argument("output", type=Path, metavar="OUTPUT.json")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            allocation = allocate(read_model(options["model"]))
            write_result(allocation, options["output"])
        except DomainError as error:
            raise CommandError(str(error), returncode=1) from error
        if allocation.blocked:
            messages = "\n".join(finding.message for finding in allocation.findings)
            raise CommandError(f"模型不能计算，结论已写入 {options['output']}:\n{messages}", returncode=2)
