"""What the parts of the approval API share."""

from ops_platform.kernel import Role

TAGS = ["审批"]
PERSONS = tuple(role for role in Role if role is not Role.HIS_CLIENT)
