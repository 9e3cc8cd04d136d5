"""Approval of anything: definitions, running instances, the people whose turn it is, and the record of what they did."""
