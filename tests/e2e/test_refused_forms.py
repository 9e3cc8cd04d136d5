"""A form that was refused begins, on a telephone too, at what is wrong."""

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import Community

pytestmark = [pytest.mark.browser, pytest.mark.services]


def test_a_refused_form_shows_and_focuses_the_first_field_that_is_wrong(community: Community, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 500}, locale="zh-CN")
    page = context.new_page()  # of its own: the browser's console complains of the refusal itself
    community.sign_in(page, "finance-director")
    page.goto(f"{community.platform.url}/costing/driver-rules/new/")
    form = page.locator("main form")
    form.evaluate("form => { form.noValidate = true; form.effective_from.value = ''; }")
    form.get_by_role("button", name="提交审批").click()
    expect(page.locator("main [aria-invalid=true]").first).to_be_focused()
    message = page.locator("main .field-errors").first
    expect(message).to_be_in_viewport()
    expect(message).to_have_attribute("role", "alert")
    context.close()
