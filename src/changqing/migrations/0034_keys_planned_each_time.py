"""Whether customer keys lead somewhere is planned for as many as there are, each time."""

from django.db import migrations

LOCK = "3148, 1"
# A plan that was kept for a handful of keys would go through all accounts for each of a hundred thousand.
LEAD = f"""
CREATE OR REPLACE FUNCTION changqing_keys_lead_somewhere() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    missing text;
BEGIN
    PERFORM pg_advisory_xact_lock_shared({LOCK});
    EXECUTE 'SELECT ''account '' || f.account_id FROM fresh f '
        'WHERE NOT EXISTS (SELECT FROM changqing_account a WHERE a.id = f.account_id) LIMIT 1' INTO missing;
    IF missing IS NULL THEN
        EXECUTE 'SELECT ''account '' || f.made_id FROM fresh f WHERE f.made_id <> f.account_id '
            'AND NOT EXISTS (SELECT FROM changqing_account a WHERE a.id = f.made_id) LIMIT 1' INTO missing;
    END IF;
    IF missing IS NULL THEN
        EXECUTE 'SELECT ''source '' || n.source_id FROM (SELECT DISTINCT source_id FROM fresh) n '
            'WHERE NOT EXISTS (SELECT FROM changqing_source s WHERE s.id = n.source_id) LIMIT 1' INTO missing;
    END IF;
    IF missing IS NOT NULL THEN
        RAISE foreign_key_violation
        USING MESSAGE = format('a customer key names %s, which is not there', missing);
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ("changqing", "0033_keys_in_a_row"),
    ]

    operations = [migrations.RunSQL(LEAD, migrations.RunSQL.noop)]
