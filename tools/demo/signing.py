"""Signing one's task of a matter, as on its page."""

import re

from tools.demo.browserless import PageRefused, Session

MATTER = "/workflows/matters/"
TASK = re.compile(r'name="task"\s+value="(\d+)"')


def sign(session: Session, matter: str, comment: str, act: str = "approve") -> None:
    """Approve, reject or return one's task; `matter` is where the asking led to, which must be a matter."""
    if not matter.startswith(MATTER):
        raise PageRefused(f"nobody was asked: led to {matter}")
    session.get(matter)
    task = TASK.search(session.page)
    if task is None:
        raise PageRefused(f"{matter} asks nothing of this person")
    session.post(f"{matter}sign/", task=task[1], act=act, comment=comment)
