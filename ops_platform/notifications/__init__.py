"""The outbox by which a transaction hands work to the background; messages to people, by mail too; webhooks."""
