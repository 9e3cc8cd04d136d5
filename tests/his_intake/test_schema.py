"""The OpenAPI page lets a vendor integrate without asking: each dataset's address shows that dataset's fields."""

import json

import pytest
from django.test import Client

from ops_platform.his_intake.datasets.catalogue import DATASETS
from ops_platform.his_intake.schema import xml_example_of


@pytest.fixture(scope="module")
def schema() -> dict[str, dict[str, dict[str, object]]]:
    return json.loads(Client().get("/api/schema/?format=json").content)


@pytest.mark.parametrize("code", sorted(DATASETS))
def test_each_address_describes_its_own_dataset(code: str, schema) -> None:
    dataset = DATASETS[code]
    post = schema["paths"][f"/api/v1/intake/{code}/"]["post"]
    assert post["operationId"] == f"intake_{code.replace('-', '_')}"
    assert dataset.title in post["summary"]
    reference = post["requestBody"]["content"]["application/json"]["schema"]["$ref"].split("/")[-1]
    row = schema["components"]["schemas"][reference]["properties"]["rows"]["items"]["$ref"].split("/")[-1]
    described = schema["components"]["schemas"][row]
    assert set(described["properties"]) == {field.name for field in dataset.fields} | {"op"}
    assert set(described["required"]) == {field.name for field in dataset.fields if field.required}
    xml = post["requestBody"]["content"]["application/xml"]
    assert xml["schema"]["properties"]["row"]["items"]["$ref"].split("/")[-1] == row
    assert next(iter(xml["examples"].values()))["value"] == xml_example_of(dataset)
    assert {"200", "201", "400", "401", "403", "404", "409", "413", "415", "422", "429"} <= set(post["responses"])
