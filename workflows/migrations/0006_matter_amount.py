"""The amount of a matter in a column of its own; matters that exist take it from their values."""

from django.db import migrations

import ops_platform.orm.fields

FROM_VALUES = r"""
    UPDATE workflows_matter SET amount = (values ->> 'amount')::numeric
    WHERE values ->> 'amount' ~ '^-?[0-9]{1,16}([.][0-9]+)?$'
"""


class Migration(migrations.Migration):

    dependencies = [
        ("workflows", "0005_once"),
    ]

    operations = [
        migrations.AddField(
            model_name="matter",
            name="amount",
            field=ops_platform.orm.fields.MoneyField(blank=True, decimal_places=2, max_digits=18, null=True),
        ),
        migrations.RunSQL(FROM_VALUES, migrations.RunSQL.noop),
    ]
