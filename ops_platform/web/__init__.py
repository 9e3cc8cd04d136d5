"""What every page and every API of the platform shares: views by role, navigation, errors, tables, charts, formats.

Knows no business app and no user table: who acts is `request.actor`, set by the identity app's middleware.
"""
