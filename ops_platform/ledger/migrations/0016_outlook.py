"""What booking a month would do is worked out in the background, too."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0015_final_by_another'),
    ]

    operations = [
        migrations.AlterField(
            model_name='errand',
            name='kind',
            field=models.CharField(choices=[('booking', '业务生成凭证'), ('preview', '凭证规则试算'), ('export', '凭证导出'), ('outlook', '待生成预览')], max_length=10),
        ),
    ]
