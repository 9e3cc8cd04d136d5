"""What a newcomer looks up first says what it is: apps, models, and the functions of the doors and layers."""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps

from ops_platform.his_intake.datasets.catalogue import COST_ITEMS, DATASETS, METRICS
from ops_platform.kernel import Role
from ops_platform.masterdata.models import CostClass, InstitutionKind, ItemClass, PeriodState, SourceMark
from ops_platform.nightly.models import StepState
from tests.architecture.source import ROOT, ladder, modules, name_of, table_rows, tree

LAYERS = {"public", "services", "selectors"}
APPS = [rung for rung in ladder() if (ROOT / rung.replace(".", "/")).is_dir()]
SAME_WORD = {"运营管理中心"}  # the role bears the name of the centre
ABSTRACT = {"ops_platform.orm", "ops_platform.kernel", "ops_platform.web"}  # explained in docs/architecture.md


def _layer_modules() -> list[Path]:
    """public, services and selectors, as modules or packages."""
    return [path for path in modules() if LAYERS & {path.stem, path.parent.name}]


def _undocumented(path: Path) -> Iterator[str]:
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            if not ast.get_docstring(node):
                yield f"{path}:{node.lineno} {node.name}"
            if isinstance(node, ast.ClassDef):
                methods = [
                    one for one in node.body if isinstance(one, ast.FunctionDef) and not one.name.startswith("_")
                ]
                yield from (
                    f"{path}:{one.lineno} {node.name}.{one.name}" for one in methods if not ast.get_docstring(one)
                )


def test_every_app_says_what_it_is() -> None:
    packages = {name_of(path): path for path in modules() if path.name == "__init__.py"}
    assert APPS
    assert [app for app in APPS if not ast.get_docstring(tree(packages[app]))] == []


def test_every_app_has_a_page_of_its_own() -> None:
    """README.md: what question it answers, its terms, main flow, tables, what it never does."""
    for app in set(APPS) - ABSTRACT:
        readme = ROOT / app.replace(".", "/") / "README.md"
        assert readme.is_file(), f"{readme} is missing"
        heads = [
            line.removeprefix("## ") for line in readme.read_text(encoding="utf-8").splitlines() if line[:3] == "## "
        ]
        assert heads == ["Terms", "Main flow", "Tables", "What it never does"], readme


def test_readme_names_exactly_the_tables_of_the_app() -> None:
    for config in (config for config in apps.get_app_configs() if config.name in APPS and config.name not in ABSTRACT):
        text = (ROOT / config.name.replace(".", "/") / "README.md").read_text(encoding="utf-8")
        lines = text.partition("## Tables")[2].partition("\n## ")[0].splitlines()
        listed = {line.split("`")[1] for line in lines if line.startswith("| `")}
        assert listed == {model.__name__ for model in config.get_models()}, config.name


def test_every_model_says_what_a_row_is() -> None:
    models = [model for config in apps.get_app_configs() if config.name in ladder() for model in config.get_models()]
    assert models
    # Django writes "Name(field, field)" where there is no docstring
    assert [model.__name__ for model in models if (model.__doc__ or "").startswith((f"{model.__name__}(", " "))] == []
    assert [model.__name__ for model in models if not model.__doc__] == []


def test_every_function_of_doors_and_layers_says_what_it_does() -> None:
    assert _layer_modules()
    assert [fault for path in _layer_modules() for fault in _undocumented(path)] == []


def test_every_module_of_doors_and_layers_has_a_docstring() -> None:
    assert [str(path) for path in _layer_modules() if not ast.get_docstring(tree(path))] == []


def test_glossary_has_one_english_word_for_each_chinese_term() -> None:
    rows = list(table_rows("glossary.md"))
    assert [row for row in rows if len(row) != 3 or not all(row)] == []
    for column in (0, 1):
        words = [row[column] for row in rows]
        assert {word for word in words if words.count(word) > 1} - SAME_WORD == set()


def test_glossary_knows_every_state_role_and_dataset() -> None:
    terms = {word.strip("`") for row in table_rows("glossary.md") for word in (row[0], row[1])}
    assert set(map(str, Role)) - terms == set()
    assert set(DATASETS) - terms == set()
    kinds = (InstitutionKind, CostClass, ItemClass, PeriodState, StepState, SourceMark)
    labels = {str(label) for kind in kinds for label in kind.labels}
    assert labels | {title for _, title in COST_ITEMS} | {title for _, title in METRICS} <= terms
