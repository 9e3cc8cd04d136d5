"""The door of the documents app.

An owning app registers its kind of matter once (`register_owner`), takes files by `DocumentsField` (or `request.FILES` in
an API), adds them in the transaction of its own deed (`attach`), and shows them with templates/documents/list.html.
"""

from ops_platform.documents.downloads import download_of
from ops_platform.documents.forms import DocumentsField
from ops_platform.documents.gate import CheckedFile
from ops_platform.documents.owners import register_owner
from ops_platform.documents.selectors import DocumentFacts, documents_of
from ops_platform.documents.services import attach

__all__ = ["CheckedFile", "DocumentFacts", "DocumentsField", "attach", "documents_of", "download_of", "register_owner"]
