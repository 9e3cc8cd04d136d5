"""Where webhooks may go: public addresses over https, and inside only what the settings list."""

from typing import Any

import pytest

from ops_platform.kernel import Invalid
from ops_platform.notifications.addresses import resolve, target_of


def refused(url: str) -> str:
    with pytest.raises(Invalid) as refusal:
        resolve(target_of(url))
    return refusal.value.code.removeprefix("notifications.")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0.0.0.0",  # noqa: S104
        "localhost",
        "169.254.169.254",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fec0::1]",
        "[fd00::1]",
        "[ff02::1]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:1::1]",
    ],
)
def test_addresses_inside_are_refused_in_whatever_form(host: str) -> None:
    assert refused(f"https://{host}/hook") == "webhook_refused"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "oa.hospital.cn/hook",
        "ftp://oa.hospital.cn/",
        "file:///etc/passwd",
        "https://",
        "https://user:secret@oa.hospital.cn/",
        "https://oa.hospital.cn/#part",
        "https://oa.hospital.cn/a b",
        "https://oa.hospital.cn\\@127.0.0.1/",
        "https://oa.hospital.cn/\r\nX: y",
        "https://oa.hospital.cn:99999/",
        "https://医院.cn/",
        "https://[::1%25lo]/",
        "https://oa.hospital.cn/" + "a" * 500,
    ],
)
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    assert refused(url) == "webhook_address"


def test_http_is_refused_unless_the_settings_allow_it(settings: Any) -> None:
    assert refused("http://1.1.1.1/") == "webhook_https"
    settings.WEBHOOK_ALLOW_HTTP = True
    assert resolve(target_of("http://1.1.1.1/")) == "1.1.1.1"


def test_a_name_that_leads_nowhere_is_named(settings: Any) -> None:
    assert refused("https://nowhere.invalid/") == "webhook_unresolved"


def test_a_public_address_is_fine(settings: Any) -> None:
    target = target_of("https://1.1.1.1:8443/hook?token=a")
    assert (target.host, target.port, target.path) == ("1.1.1.1", 8443, "/hook?token=a")
    assert resolve(target) == "1.1.1.1"
    assert resolve(target_of("https://[2606:4700:4700::1111]/")) == "2606:4700:4700::1111"


def test_a_list_lets_in_what_it_names_and_nothing_else(settings: Any) -> None:
    settings.WEBHOOK_ALLOWED_HOSTS = ["10.1.0.0/16", "192.168.3.4"]
    assert resolve(target_of("https://10.1.2.3/")) == "10.1.2.3"
    assert resolve(target_of("https://192.168.3.4/")) == "192.168.3.4"
    for other in ("10.2.0.1", "192.168.3.5", "1.1.1.1", "127.0.0.1"):
        assert refused(f"https://{other}/") == "webhook_refused"


def test_a_listed_name_never_opens_the_way_to_the_machine_itself(settings: Any) -> None:
    settings.WEBHOOK_ALLOWED_HOSTS = ["localhost", ".local"]
    assert refused("https://localhost/") == "webhook_refused"
    settings.WEBHOOK_ALLOWED_HOSTS = ["127.0.0.0/8", "::1"]
    assert resolve(target_of("https://127.0.0.1/")) == "127.0.0.1"


def test_a_listed_name_may_lead_to_a_private_address(settings: Any) -> None:
    # names that need no name server: the system's resolver takes them for 10.9.8.7 and 127.0.0.1
    assert refused("https://0x0a090807/") == "webhook_refused"
    settings.WEBHOOK_ALLOWED_HOSTS = ["0x0a090807", ".2055", "0x7f000001"]
    assert resolve(target_of("https://0x0a090807/")) == "10.9.8.7"
    assert resolve(target_of("https://10.9.2055/")) == "10.9.8.7"
    assert refused("https://0x0a090808/") == "webhook_refused"
    assert refused("https://0x7f000001/") == "webhook_refused"
