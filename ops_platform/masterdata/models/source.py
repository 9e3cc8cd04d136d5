"""Where a figure or a rule comes from: the mark that pages show beside it."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SourceMark(models.TextChoices):
    """Only SEED and a government page behind WEB may be called official (domain.md section 0)."""

    SEED = "seed", _("文件依据")
    WEB = "web", _("公开网页")
    RECALL = "recall", _("待核对")
    DEFAULT = "default", _("系统默认")
