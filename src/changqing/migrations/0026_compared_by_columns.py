"""The names and sounds that accounts are compared by become columns.

Computed anew for each row that was entered in an index, they were a third of what a new account cost. Whoever
writes many accounts at once says them; for all others the database does, and no name changes without it.
"""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


# Said by who inserts, or found here; after a change of name or sound always found here.
COMPARED = """
CREATE FUNCTION changqing_compared() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.core_name := changqing_core_name(NEW.name);
    NEW.core_sound := changqing_core_sound(NEW.pinyin);
    RETURN NEW;
END $$;
CREATE TRIGGER compared_when_new BEFORE INSERT ON changqing_account
    FOR EACH ROW WHEN (NEW.core_name = '' OR NEW.core_sound = '') EXECUTE FUNCTION changqing_compared();
CREATE TRIGGER compared_when_renamed BEFORE UPDATE ON changqing_account
    FOR EACH ROW WHEN (
        NEW.name IS DISTINCT FROM OLD.name OR NEW.pinyin IS DISTINCT FROM OLD.pinyin
        OR NEW.core_name IS DISTINCT FROM OLD.core_name OR NEW.core_sound IS DISTINCT FROM OLD.core_sound
    ) EXECUTE FUNCTION changqing_compared();
UPDATE changqing_account SET core_name = changqing_core_name(name), core_sound = changqing_core_sound(pinyin);
"""
NOT_COMPARED = """
DROP TRIGGER compared_when_new ON changqing_account;
DROP TRIGGER compared_when_renamed ON changqing_account;
DROP FUNCTION changqing_compared();
"""
COMPUTED = """
CREATE INDEX account_core_name ON changqing_account (changqing_core_name(name));
CREATE INDEX account_core_sound ON changqing_account (changqing_core_sound(pinyin));
"""


class Migration(migrations.Migration):

    dependencies = [
        ('changqing', '0025_named_and_seen'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='account',
            name='note_change',
        ),
        migrations.AddField(
            model_name='account',
            name='core_name',
            field=models.TextField(blank=True, db_default='', default='', editable=False),
        ),
        migrations.AddField(
            model_name='account',
            name='core_sound',
            field=models.TextField(blank=True, db_default='', default='', editable=False),
        ),
        migrations.RunSQL("DROP INDEX account_core_name; DROP INDEX account_core_sound", COMPUTED),
        migrations.RunSQL(COMPARED, NOT_COMPARED),
        migrations.AlterField(
            model_name='customerkey',
            name='source',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='customers', to='changqing.source'),
        ),
        migrations.AddIndex(
            model_name='account',
            index=models.Index(models.F('core_name'), name='account_core_name'),
        ),
        migrations.AddIndex(
            model_name='account',
            index=models.Index(models.F('core_sound'), name='account_core_sound'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='account',
            trigger=pgtrigger.compiler.Trigger(name='note_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (current_setting('changqing.books', true) IS DISTINCT FROM 'on')", func="PERFORM changqing_note_change('Account', TG_OP, coalesce(NEW.id, OLD.id)::text, coalesce(NEW.id, OLD.id), to_jsonb(OLD) - ARRAY['core_name', 'core_sound', 'created_at', 'edited', 'pinyin', 'search', 'touched_at', 'version']::text[], to_jsonb(NEW) - ARRAY['core_name', 'core_sound', 'created_at', 'edited', 'pinyin', 'search', 'touched_at', 'version']::text[]); RETURN NULL;", hash='7a2e7ca30df65e47acb37df02be66c115a84dfc1', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_note_change_8003e', table='changqing_account', when='AFTER')),
        ),
    ]
