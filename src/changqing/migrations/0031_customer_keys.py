"""Whose a customer key is, is looked at once a statement; lines of an account's search are no characters."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

import changqing.base.lookups

# What is named is held until the end, so that it cannot go before the keys are seen by whoever takes it away.
LEAD = """
CREATE FUNCTION changqing_keys_lead_somewhere() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    missing bigint;
BEGIN
    WITH named AS (
        SELECT account_id AS id FROM fresh UNION SELECT made_id FROM fresh WHERE made_id IS NOT NULL
    ), held AS (
        SELECT a.id FROM changqing_account a WHERE a.id IN (SELECT id FROM named) FOR KEY SHARE
    )
    SELECT n.id INTO missing FROM named n WHERE NOT EXISTS (SELECT FROM held h WHERE h.id = n.id) LIMIT 1;
    IF FOUND THEN
        RAISE foreign_key_violation USING MESSAGE = format('a customer key names account %s, which is not there', missing);
    END IF;
    WITH named AS (
        SELECT DISTINCT source_id AS id FROM fresh
    ), held AS (
        SELECT s.id FROM changqing_source s WHERE s.id IN (SELECT id FROM named) FOR KEY SHARE
    )
    SELECT n.id INTO missing FROM named n WHERE NOT EXISTS (SELECT FROM held h WHERE h.id = n.id) LIMIT 1;
    IF FOUND THEN
        RAISE foreign_key_violation USING MESSAGE = format('a customer key names source %s, which is not there', missing);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER new_keys_lead_somewhere AFTER INSERT ON changqing_customerkey
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION changqing_keys_lead_somewhere();
CREATE TRIGGER other_keys_lead_somewhere AFTER UPDATE ON changqing_customerkey
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION changqing_keys_lead_somewhere();
CREATE FUNCTION changqing_keys_still_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM gone g JOIN changqing_customerkey k ON k.account_id = g.id
        UNION ALL SELECT FROM gone g JOIN changqing_customerkey k ON k.made_id = g.id
    ) THEN
        RAISE foreign_key_violation USING MESSAGE = 'a customer key names an account that is taken away';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER keys_still_lead AFTER DELETE ON changqing_account
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION changqing_keys_still_lead();
CREATE FUNCTION changqing_keys_still_have_a_source() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM gone g JOIN changqing_customerkey k ON k.source_id = g.id) THEN
        RAISE foreign_key_violation USING MESSAGE = 'a customer key names a source that is taken away';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER keys_still_have_a_source AFTER DELETE ON changqing_source
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION changqing_keys_still_have_a_source();
"""
DO_NOT_LEAD = """
DROP TRIGGER keys_still_have_a_source ON changqing_source;
DROP TRIGGER keys_still_lead ON changqing_account;
DROP TRIGGER new_keys_lead_somewhere ON changqing_customerkey;
DROP TRIGGER other_keys_lead_somewhere ON changqing_customerkey;
DROP FUNCTION changqing_keys_still_have_a_source();
DROP FUNCTION changqing_keys_still_lead();
DROP FUNCTION changqing_keys_lead_somewhere();
"""


class Migration(migrations.Migration):

    dependencies = [
        ("changqing", "0030_lighter_accounts"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="account", name="account_characters"),
        migrations.AddIndex(
            model_name="account",
            index=django.contrib.postgres.indexes.GinIndex(
                changqing.base.lookups.OneByOne("search"), name="account_characters"
            ),
        ),
        migrations.AlterField(
            model_name="customerkey",
            name="account",
            field=models.ForeignKey(
                db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="changqing.account"
            ),
        ),
        migrations.AlterField(
            model_name="customerkey",
            name="made",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="changqing.account",
            ),
        ),
        migrations.AlterField(
            model_name="customerkey",
            name="source",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="customers",
                to="changqing.source",
            ),
        ),
        migrations.RunSQL(LEAD, DO_NOT_LEAD),
    ]
