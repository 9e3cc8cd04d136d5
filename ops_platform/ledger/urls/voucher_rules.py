"""Addresses of voucher rules and of their editor."""

from django.urls import path

from ops_platform.ledger.views import rule_drafts, voucher_rules

urlpatterns = [
    path("voucher-rules/", voucher_rules.Rules.as_view(), name="voucher-rules"),
    path("voucher-rules/versions/<int:version>/", voucher_rules.RulesVersion.as_view(), name="voucher-rules-version"),
    path(
        "voucher-rules/versions/<int:version>/compare/",
        voucher_rules.RulesComparison.as_view(),
        name="compare-voucher-rules",
    ),
    path("voucher-rules/versions/<int:version>/file/", voucher_rules.RulesFile.as_view(), name="voucher-rules-file"),
    path("voucher-rules/proposals/<int:pk>/", voucher_rules.ProposalPage.as_view(), name="voucher-rules-proposal"),
    path("voucher-rules/draft/", rule_drafts.Draft.as_view(), name="voucher-rules-draft"),
    path("voucher-rules/draft/begin/", rule_drafts.BeginDraft.as_view(), name="begin-voucher-rules-draft"),
    path("voucher-rules/draft/arrange/", rule_drafts.ArrangePosting.as_view(), name="arrange-posting"),
    path("voucher-rules/draft/discard/", rule_drafts.DiscardDraft.as_view(), name="discard-voucher-rules-draft"),
    path("voucher-rules/draft/upload/", rule_drafts.UploadRules.as_view(), name="upload-voucher-rules"),
    path("voucher-rules/draft/preview/", rule_drafts.PreviewDraft.as_view(), name="preview-voucher-rules-draft"),
    path("voucher-rules/draft/<str:event_type>/new/", rule_drafts.NewPosting.as_view(), name="new-posting"),
    path("voucher-rules/draft/<str:event_type>/<int:number>/", rule_drafts.EditPosting.as_view(), name="posting"),
]
