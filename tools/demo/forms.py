"""What the forms of a page are filled with, read as a browser would send it back."""

from html.parser import HTMLParser

Attributes = list[tuple[str, str | None]]


class _Forms(HTMLParser):
    """Collects the fields of every form of a page; the first selected or checked value of a name counts."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._select, self._area = "", ""

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        """One more field, or an option of the list that is open."""
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "select":
            self._select = "" if "disabled" in given else name
        elif tag == "textarea":
            self._area = name
        elif tag == "option" and self._select and "selected" in given:
            self.fields.setdefault(self._select, value)
        elif tag == "input" and name and "disabled" not in given:
            ticked = given.get("type") not in ("checkbox", "radio") or "checked" in given
            if ticked:
                self.fields.setdefault(name, value)

    def handle_data(self, data: str) -> None:
        """The words of a text field."""
        if self._area:
            self.fields[self._area] = self.fields.get(self._area, "") + data

    def handle_endtag(self, tag: str) -> None:
        """A list or text field ends."""
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""


def entered(page: str) -> dict[str, str]:
    """Names and values of all fields of the page's forms."""
    reader = _Forms()
    reader.feed(page)
    return reader.fields
