"""Only keys that are another's than the account made for them are looked for by it."""

import django.db.models.deletion
from django.db import migrations, models

STILL_LEAD = """
CREATE OR REPLACE FUNCTION changqing_keys_still_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM gone g JOIN changqing_customerkey k ON k.account_id = g.id
        UNION ALL
        SELECT FROM gone g JOIN changqing_customerkey k ON k.made_id = g.id AND k.made_id <> k.account_id
    ) THEN
        RAISE foreign_key_violation USING MESSAGE = 'a customer key names an account that is taken away';
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('changqing', '0031_customer_keys'),
    ]

    operations = [
        migrations.AlterField(
            model_name='customerkey',
            name='made',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='changqing.account'),
        ),
        migrations.AddIndex(
            model_name='customerkey',
            index=models.Index(condition=models.Q(('made', models.F('account')), _negated=True), fields=['made'], name='customer_key_moved'),
        ),
        migrations.RunSQL(STILL_LEAD, migrations.RunSQL.noop),
    ]
