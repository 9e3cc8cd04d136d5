"""WSGI entry point of the web server."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ops_platform.settings.production")
application = get_wsgi_application()

# What is loaded now stays for good: collections need not look at it again (half of a batch's pauses, docs/performance.md)
gc.collect()
gc.freeze()
