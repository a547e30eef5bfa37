"""Who writes customer keys and who takes away what they name stand in line by one lock, not by one a row."""

from django.db import migrations

# The lock of writers, shared, and of who takes an account or a source away, alone; then each sees what the
# other has done, and looks.
LOCK = "3148, 1"
LEAD = f"""
CREATE OR REPLACE FUNCTION changqing_keys_lead_somewhere() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    missing text;
BEGIN
    PERFORM pg_advisory_xact_lock_shared({LOCK});
    SELECT 'account ' || f.account_id INTO missing FROM fresh f
    WHERE NOT EXISTS (SELECT FROM changqing_account a WHERE a.id = f.account_id) LIMIT 1;
    IF NOT FOUND THEN
        SELECT 'account ' || f.made_id INTO missing FROM fresh f WHERE f.made_id <> f.account_id
        AND NOT EXISTS (SELECT FROM changqing_account a WHERE a.id = f.made_id) LIMIT 1;
    END IF;
    IF NOT FOUND THEN
        SELECT 'source ' || n.source_id INTO missing FROM (SELECT DISTINCT source_id FROM fresh) n
        WHERE NOT EXISTS (SELECT FROM changqing_source s WHERE s.id = n.source_id) LIMIT 1;
    END IF;
    IF FOUND THEN
        RAISE foreign_key_violation
        USING MESSAGE = format('a customer key names %s, which is not there', missing);
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION changqing_no_keys_meanwhile() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock({LOCK});
    RETURN NULL;
END $$;
CREATE TRIGGER no_keys_meanwhile BEFORE DELETE ON changqing_account
    FOR EACH STATEMENT EXECUTE FUNCTION changqing_no_keys_meanwhile();
CREATE TRIGGER no_keys_meanwhile BEFORE DELETE ON changqing_source
    FOR EACH STATEMENT EXECUTE FUNCTION changqing_no_keys_meanwhile();
"""
NO_LOCK = """
DROP TRIGGER no_keys_meanwhile ON changqing_account;
DROP TRIGGER no_keys_meanwhile ON changqing_source;
DROP FUNCTION changqing_no_keys_meanwhile();
"""


class Migration(migrations.Migration):

    dependencies = [
        ("changqing", "0032_moved_keys"),
    ]

    operations = [migrations.RunSQL(LEAD, NO_LOCK)]
