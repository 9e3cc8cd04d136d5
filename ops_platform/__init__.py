"""The ground of the platform. Each sub-package is a rung of the ladder in docs/architecture.md."""
