"""Times as people say them."""

import pytest

from ops_platform.web import formats


@pytest.mark.parametrize(
    ("hours", "words"),
    [(None, "—"), (0, "0 秒"), ("0.0001", "不到 1 秒"), ("0.005", "18 秒"), ("0.5", "30 分钟"), (26.4, "26.4 小时")],
)
def test_a_duration_in_words(hours: object, words: str) -> None:
    assert formats.duration(hours) == words
