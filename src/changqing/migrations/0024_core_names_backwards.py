"""The names and sounds that accounts are compared by, found at half the cost and the same to the letter.

A legal form stands at the end. Looked for from the front, the expression is tried at every letter; read
backwards it stands at the start and is tried once. The indexes over both functions stay valid.
"""

from django.db import migrations

WEST = 'dtloc|dtl|detimil|detaroprocni|cni|cll|hbmg|noitaroproc|proc|ynapmoc|clp'
NAME = rf"""
CREATE OR REPLACE FUNCTION changqing_core_name(said text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
SELECT coalesce(nullif(reverse(regexp_replace(reverse(plain),
    '^(?:司公限有份股|司公任责限有|司公限有|司公团集|司公总|司公|团集|份股|{WEST})+', '')), ''), plain)
FROM (SELECT regexp_replace(lower(normalize(said, NFKC)),
    '[[:space:][:punct:]·・、。，；：？！…—–‘’“”《》〈〉【】「」『』]+', '', 'g') AS plain) p
$$
"""
SOUND = rf"""
CREATE OR REPLACE FUNCTION changqing_core_sound(said text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
SELECT coalesce(nullif(reverse(regexp_replace(reverse(plain),
    '^(?:isgnognaixuoynefug|isgnognereznaixuoy|isgnognaixuoy|isgnognautij|isgnoggnoz|isgnog|nautij|nefug|{WEST})+', '')), ''), plain)
FROM (SELECT regexp_replace(replace(said, ' ', ''), '[[:space:][:punct:]（）]+', '', 'g') AS plain) p
$$
"""


class Migration(migrations.Migration):
    dependencies = [("changqing", "0023_counted")]
    operations = [
        # what they were before finds the same, so that there is nothing to take back
        migrations.RunSQL(NAME, migrations.RunSQL.noop),
        migrations.RunSQL(SOUND, migrations.RunSQL.noop),
    ]
