"""Set-up of the documents app."""

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "ops_platform.documents"
    label = "documents"
    verbose_name = "附件"

    def ready(self) -> None:
        from ops_platform.audit.public import register_actions, register_check
        from ops_platform.documents import integrity

        register_actions(documents__attached="上传附件")
        register_check("documents.contents", "附件内容", integrity.verify)
