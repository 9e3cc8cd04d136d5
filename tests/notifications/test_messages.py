"""Messages to people: one matter is one message, everybody sees the own ones only."""

import pytest
from django.test import Client

from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import NotFound, Role
from ops_platform.notifications import selectors, services
from ops_platform.notifications.models import Message
from ops_platform.notifications.public import Note, notify, settle
from tests.support import trade

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> User:
    return trade.person("clerk", Role.FINANCE_OFFICER, trade.alliance()["T1"])


def about_data(person: User, title: str = "隔离区 3 行", key: str = "data:T1") -> Note:
    return Note(person.pk, key, "his_intake.findings", title, url="/intake/quarantine/")


def test_the_same_matter_in_the_same_words_is_told_once(clerk: User) -> None:
    assert notify([about_data(clerk)]) == 1
    services.read_all(actor_of_user(clerk))
    assert notify([about_data(clerk)]) == 0
    assert selectors.unread(actor_of_user(clerk)) == 0


def test_a_matter_whose_words_change_is_told_anew(clerk: User) -> None:
    notify([about_data(clerk)])
    services.read_all(actor_of_user(clerk))
    assert notify([about_data(clerk, "隔离区 5 行")]) == 1
    message = selectors.messages(actor=actor_of_user(clerk)).get()
    assert (message.title, message.read_at) == ("隔离区 5 行", None)


def test_a_matter_that_is_done_asks_nobody_any_more(clerk: User) -> None:
    notify([about_data(clerk), about_data(clerk, key="data:T2")])
    assert settle(["data:T1"]) == 1
    assert selectors.unread(actor_of_user(clerk)) == 1


def test_opening_a_message_leads_to_its_page_and_marks_it_read(clerk: User, client: Client) -> None:
    notify([about_data(clerk)])
    client.force_login(clerk)
    assert 'class="counter"' in client.get("/messages/").content.decode()
    answer = client.post(f"/messages/{Message.objects.get().pk}/open/")
    assert (answer.status_code, answer["Location"]) == (302, "/intake/quarantine/")
    page = client.get("/messages/").content.decode()
    assert 'class="counter"' not in page
    assert "隔离区 3 行" in page


def test_another_persons_message_does_not_exist(clerk: User, client: Client) -> None:
    notify([about_data(clerk)])
    stranger = trade.person("stranger", Role.AUDITOR)
    with pytest.raises(NotFound):
        services.open_message(actor_of_user(stranger), message_id=Message.objects.get().pk)
    client.force_login(stranger)
    assert client.post(f"/messages/{Message.objects.get().pk}/open/").status_code == 404
    assert "隔离区 3 行" not in client.get("/messages/").content.decode()


def test_a_hundred_notes_cost_the_queries_of_one(clerk: User, django_assert_max_num_queries: object) -> None:
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        notify([about_data(clerk, key=f"data:{number}") for number in range(100)])


def test_on_a_telephone_every_title_stands_at_the_left_however_short(clerk: User, client: Client) -> None:
    notify([about_data(clerk)])
    client.force_login(clerk)
    assert '<td class="stack-block stack-name"' in client.get("/messages/").content.decode()
