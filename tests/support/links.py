"""What a page offers its reader must open for that reader."""

import re
from html import unescape
from typing import Any

from django.test import Client

HREF = re.compile(r'<a\b[^>]*\bhref="([^"#][^"]*)"')


def dead_links(client: Client, page: Any) -> dict[str, int]:
    """The addresses in the body of a page that this reader may not open, or that are not there, with what they answer."""
    body = page.content.decode()
    main = body[body.index("<main") : body.index("</main>")]
    found = {}
    for href in dict.fromkeys(map(unescape, HREF.findall(main))):
        address = page.request["PATH_INFO"] + href if href.startswith("?") else href
        status = client.get(address).status_code
        if status >= 400:
            found[address] = status
    return found
