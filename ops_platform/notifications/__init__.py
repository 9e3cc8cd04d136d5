"""The outbox by which a transaction hands work to the background. Messages to people follow with the workflows."""
