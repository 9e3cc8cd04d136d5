"""Set-up of the web layer: the words of its forms and of the API, and the readiness checks that need no other app."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "ops_platform.web"
    label = "web"

    def ready(self) -> None:
        from ops_platform.web import api_words, converters, form_words, health

        form_words.install()
        api_words.install()
        converters.register()
        health.register_readiness("database", health.database_answers)
        health.register_readiness("broker", health.broker_answers)
