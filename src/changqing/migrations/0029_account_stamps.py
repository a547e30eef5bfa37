"""The database notes when somebody may see other accounts, and finds words of two Chinese characters."""

import changqing.base.lookups
import django.contrib.postgres.indexes
from django.db import migrations, models

# Told by a single statement, by whichever door, a change is one row, however many accounts it touches. What
# is older than a day tells nobody anything: no process keeps what it worked out that long ago and unasked.
NOTED = """
CREATE FUNCTION changqing_account_noted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO changqing_accountstamp (made_by, at)
    VALUES (pg_current_xact_id()::text::bigint, statement_timestamp()) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        DELETE FROM changqing_accountstamp WHERE id IN (
            SELECT id FROM changqing_accountstamp WHERE at < now() - interval '1 day'
            ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED
        );
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER noted_when_they_come_or_go AFTER INSERT OR DELETE OR TRUNCATE ON changqing_account
    FOR EACH STATEMENT EXECUTE FUNCTION changqing_account_noted();
CREATE TRIGGER noted_when_changed AFTER UPDATE ON changqing_account
    FOR EACH ROW WHEN (
        (OLD.department_id, OLD.owner_id, OLD.backup_id, OLD.is_sealed, OLD.archived_at, OLD.withdrawn,
         OLD.merged_into_id, OLD.industry, OLD.region, OLD.tags)
        IS DISTINCT FROM
        (NEW.department_id, NEW.owner_id, NEW.backup_id, NEW.is_sealed, NEW.archived_at, NEW.withdrawn,
         NEW.merged_into_id, NEW.industry, NEW.region, NEW.tags)
    ) EXECUTE FUNCTION changqing_account_noted();
"""
NOT_NOTED = """
DROP TRIGGER noted_when_they_come_or_go ON changqing_account;
DROP TRIGGER noted_when_changed ON changqing_account;
DROP FUNCTION changqing_account_noted();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('changqing', '0028_stamps'),
    ]

    operations = [
        migrations.CreateModel(
            name='AccountStamp',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('made_by', models.BigIntegerField()),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.AddIndex(
            model_name='account',
            index=django.contrib.postgres.indexes.GinIndex(changqing.base.lookups.OneByOne('search'), name='account_characters'),
        ),
        migrations.AddConstraint(
            model_name='accountstamp',
            constraint=models.UniqueConstraint(fields=('made_by', 'at'), name='one_account_stamp_a_statement'),
        ),
        migrations.RunSQL(NOTED, NOT_NOTED),
    ]
