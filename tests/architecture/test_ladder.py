"""The ladder of DESIGN.md section 3: who may point at whom, and that no new module is left without a door.

import-linter checks the imports themselves (`make lint`); here stands what it cannot see: foreign keys, and that its
lists are complete.
"""

from collections.abc import Iterator

from django.apps import AppConfig, apps
from django.db import models

from tests.architecture.source import ROOT, contracts, importlinter, ladder, modules, name_of

# Entered at any module: every app reads their models and names what it refers to (DESIGN.md section 3).
OPEN_APPS = {"ops_platform.masterdata", "ops_platform.identity"}
# The ground under the apps: no tables of the trade, no door.
GROUND = {"ops_platform.kernel", "ops_platform.orm", "ops_platform.web", "ops_platform.urls"}
DOORS = {"public", "urls", "api_urls"}


def own_apps() -> list[AppConfig]:
    """The apps of the platform."""
    return [config for config in apps.get_app_configs() if config.name in ladder()]


def relations() -> Iterator[tuple[AppConfig, AppConfig, models.Field]]:
    """Every foreign key and many-to-many of our models, with the app it stands in and the one it points at.

    Tables that Django makes for a many-to-many are left out: their rows go with either end by design.
    """
    for config in own_apps():
        for model in config.get_models():
            for field in (*model._meta.local_fields, *model._meta.local_many_to_many):
                if field.remote_field:
                    yield config, field.related_model._meta.app_config, field


def test_every_app_stands_on_the_ladder() -> None:
    strangers = [config.name for config in apps.get_app_configs() if (ROOT / config.name.replace(".", "/")).is_dir()]
    assert set(strangers) - set(ladder()) == set()


def test_apps_are_installed_from_the_bottom_up() -> None:
    names = [config.name for config in own_apps()]
    assert names == sorted(names, key=ladder().index)


def test_foreign_keys_point_downwards_only() -> None:
    rank = ladder().index
    upwards = [str(field) for own, target, field in relations() if rank(target.name) > rank(own.name)]
    assert upwards == []


def test_foreign_keys_protect_what_they_point_at() -> None:
    keys = [field for _, _, field in relations() if not field.many_to_many]
    assert [str(field) for field in keys if field.remote_field.on_delete is not models.PROTECT] == []


def test_no_app_grows_an_attribute_on_the_models_of_another() -> None:
    foreign = [field for own, target, field in relations() if own is not target]
    assert foreign
    assert [str(field) for field in foreign if not (field.remote_field.related_name or "").endswith("+")] == []


def test_every_module_but_the_door_is_protected() -> None:
    protected = {module for contract in contracts("protected") for module in contract["protected_modules"]}
    guarded = [rung for rung in ladder() if rung not in OPEN_APPS | GROUND]
    parts = {(rung, name_of(path)) for rung in guarded for path in modules() if name_of(path).startswith(rung + ".")}
    children = {f"{rung}.{name.removeprefix(rung + '.').split('.')[0]}" for rung, name in parts}
    children |= {f"{rung}.migrations" for rung in guarded if (ROOT / rung.replace(".", "/") / "migrations").is_dir()}
    doors = {child for child in children if child.rpartition(".")[2] in DOORS}
    assert sorted(children - doors - protected) == [], "add it to the app's contract in pyproject.toml"
    assert sorted(protected - children) == [], "named in pyproject.toml, but there is no such module, or it is a door"


def test_a_protected_module_is_entered_by_its_own_app_only() -> None:
    for contract in contracts("protected"):
        (own,) = contract["allowed_importers"]
        assert all(module.startswith(own + ".") for module in contract["protected_modules"]), contract["name"]


def test_every_engine_is_under_the_contract_of_purity() -> None:
    pure = next(contract for contract in contracts("forbidden") if "ops_platform.kernel" in contract["source_modules"])
    engines = {name_of(path) for path in modules() if path.parent.name == "engine" and path.name == "__init__.py"}
    assert engines == set(pure["source_modules"]) - {"ops_platform.kernel"}
    assert {"django", "rest_framework", "celery", "psycopg2", "redis"} <= set(pure["forbidden_modules"])


def test_no_import_is_excused() -> None:
    assert [contract["name"] for contract in importlinter()["contracts"] if "ignore_imports" in contract] == []
