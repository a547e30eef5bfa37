"""The tables of a new book, as the migrations up to 0030_lighter_accounts leave them, made at once (decision 25).

A book that began with those goes on with them. Columns stand in the order that they came in, so that the two
are alike to the letter; src/changqing/base/test_migrating.py compares them.
"""

import changqing.base.lookups
import changqing.people.permissions
import changqing.records.models
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.fields.json
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.db.models.lookups
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from changqing.base.migrating import MadeAtOnce
from django.conf import settings
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

# All that one transaction does is one deed, whoever asks first for its number.
DEED = """
CREATE OR REPLACE FUNCTION changqing_deed() RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    said text := nullif(current_setting('changqing.deed', true), '');
BEGIN
    IF said IS NULL THEN
        said := gen_random_uuid()::text;
        PERFORM set_config('changqing.deed', said, true);
    END IF;
    RETURN said::uuid;
END $$
"""
# The columns that differ, with who said they were writing; an update that changes nothing told leaves nothing.
NOTE_CHANGE = """
CREATE OR REPLACE FUNCTION changqing_note_change(
    model text, op text, row_key text, account_id bigint, was jsonb, became jsonb
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    who jsonb := coalesce(nullif(current_setting('pghistory.context_metadata', true), ''), '{}')::jsonb;
BEGIN
    IF op = 'UPDATE' THEN
        SELECT jsonb_object_agg(o.key, o.value), jsonb_object_agg(o.key, n.value) INTO was, became
        FROM jsonb_each(was) o JOIN jsonb_each(became) n USING (key)
        WHERE o.value IS DISTINCT FROM n.value;
        IF was IS NULL THEN
            RETURN;
        END IF;
    END IF;
    INSERT INTO changqing_change
        (at, deed, model, row, account, kind, was, became, user_id, principal, door, because)
    VALUES (
        clock_timestamp(), changqing_deed(), model, row_key, account_id, lower(op), was, became,
        (who->>'user')::bigint, coalesce(who->>'principal', ''), coalesce(who->>'door', ''),
        coalesce(who->>'because', '')
    );
END $$
"""
# What is said is said: no way of asking, not even the library's own for ignoring triggers, changes a line.
APPEND_ONLY = """
CREATE OR REPLACE FUNCTION changqing_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table is append-only: neither update nor delete nor truncate';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON changqing_auditline
    FOR EACH ROW EXECUTE FUNCTION changqing_append_only();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON changqing_auditline
    FOR EACH STATEMENT EXECUTE FUNCTION changqing_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON changqing_auditseal
    FOR EACH ROW EXECUTE FUNCTION changqing_append_only();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON changqing_auditseal
    FOR EACH STATEMENT EXECUTE FUNCTION changqing_append_only();
"""
FREE = """
DROP TRIGGER append_only ON changqing_auditline;
DROP TRIGGER never_emptied ON changqing_auditline;
DROP TRIGGER append_only ON changqing_auditseal;
DROP TRIGGER never_emptied ON changqing_auditseal;
DROP FUNCTION changqing_append_only();
"""
# How a company's name is compared: one width and case, no blanks or punctuation, no legal form at its end. The
# form is looked for backwards: from the front the expression would be tried at every letter.
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
# The same by sound, from the pinyin that an account is sorted by.
SOUND = rf"""
CREATE OR REPLACE FUNCTION changqing_core_sound(said text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
SELECT coalesce(nullif(reverse(regexp_replace(reverse(plain),
    '^(?:isgnognaixuoynefug|isgnognereznaixuoy|isgnognaixuoy|isgnognautij|isgnoggnoz|isgnog|nautij|nefug|{WEST})+', '')), ''), plain)
FROM (SELECT regexp_replace(replace(said, ' ', ''), '[[:space:][:punct:]（）]+', '', 'g') AS plain) p
$$
"""
HOST = r"""
CREATE OR REPLACE FUNCTION changqing_host(said text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
SELECT lower(regexp_replace(regexp_replace(said, '^[a-z]+://', '', 'i'),
    '^(www[.])?([^/:?#]*).*$', '\2', 'i'))
$$
"""
FUNCTIONS = [
    (DEED, "DROP FUNCTION changqing_deed()"),
    (NOTE_CHANGE, "DROP FUNCTION changqing_note_change(text, text, text, bigint, jsonb, jsonb)"),
    (NAME, "DROP FUNCTION changqing_core_name(text)"),
    (SOUND, "DROP FUNCTION changqing_core_sound(text)"),
    (HOST, "DROP FUNCTION changqing_host(text)"),
]
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
"""
NOT_COMPARED = """
DROP TRIGGER compared_when_new ON changqing_account;
DROP TRIGGER compared_when_renamed ON changqing_account;
DROP FUNCTION changqing_compared();
"""
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
FOUND_BY = """
CREATE INDEX account_tax ON changqing_account (upper(tax_number)) WHERE tax_number <> '';
CREATE INDEX account_host ON changqing_account (changqing_host(website)) WHERE website <> '';
CREATE INDEX contact_domain ON changqing_contact (lower(split_part(email, '@', 2))) WHERE email <> '';
"""
# Made beside every unique text for searches that begin with one; nothing here asks so of keys.
NOT_FOUND_BY = "DROP INDEX changqing_account_key_d3e471fe_like"
# numbers of eight bytes do not shrink: do not try
AS_THEY_ARE = (
    "ALTER TABLE changqing_rankorder ALTER COLUMN accounts SET STORAGE EXTERNAL, "
    "ALTER COLUMN shares SET STORAGE EXTERNAL, ALTER COLUMN digests SET STORAGE EXTERNAL"
)


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('changqing', '0001_the_house'),
        ('changqing', '0002_history'),
        ('changqing', '0003_who_sees_what'),
        ('changqing', '0004_rates_and_bulk'),
        ('changqing', '0005_account_entries'),
        ('changqing', '0006_organisation'),
        ('changqing', '0007_what_accounts_are_worth'),
        ('changqing', '0008_audit_chain'),
        ('changqing', '0009_what_keys_are_called'),
        ('changqing', '0010_drafts'),
        ('changqing', '0011_what_settings_hold'),
        ('changqing', '0012_warnings'),
        ('changqing', '0013_persons'),
        ('changqing', '0014_merge_duplicates'),
        ('changqing', '0015_facts_notes_files'),
        ('changqing', '0016_receivables'),
        ('changqing', '0017_payment_warning'),
        ('changqing', '0018_what_tests_found'),
        ('changqing', '0019_what_reviews_decide'),
        ('changqing', '0020_inbox'),
        ('changqing', '0021_handover'),
        ('changqing', '0022_stored_in_bulk'),
        ('changqing', '0023_counted'),
        ('changqing', '0024_core_names_backwards'),
        ('changqing', '0025_named_and_seen'),
        ('changqing', '0026_compared_by_columns'),
        ('changqing', '0027_ranks_in_one_order'),
        ('changqing', '0028_stamps'),
        ('changqing', '0029_account_stamps'),
        ('changqing', '0030_lighter_accounts'),
    ]

    dependencies = [
    ]

    operations = [
        TrigramExtension(),
        *(migrations.RunSQL(function, gone) for function, gone in FUNCTIONS),
        MadeAtOnce(
            [
                migrations.CreateModel(
                    name='AccountStamp',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('made_by', models.BigIntegerField()),
                        ('at', models.DateTimeField()),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('made_by', 'at'), name='one_account_stamp_a_statement')],
                    },
                ),
                migrations.CreateModel(
                    name='Department',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name', models.CharField(max_length=120, verbose_name='名称')),
                        ('path', models.CharField(default='/', editable=False, max_length=400)),
                        ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='changqing.department')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(models.F('parent'), django.db.models.functions.text.Lower('name'), name='department_name_once', nulls_distinct=False)],
                    },
                ),
                migrations.CreateModel(
                    name='ExchangeRate',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('currency', models.CharField(max_length=3)),
                        ('day', models.DateField()),
                        ('rate', models.DecimalField(decimal_places=8, max_digits=18)),
                        ('said_by', models.CharField(blank=True, max_length=120)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('currency', 'day'), name='one_rate_a_day'), models.CheckConstraint(condition=models.Q(('rate__gt', 0)), name='rate_above_zero')],
                    },
                ),
                migrations.CreateModel(
                    name='JudgementStamp',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('at', models.DateTimeField(auto_now_add=True)),
                    ],
                ),
                migrations.CreateModel(
                    name='MethodVersion',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('pack', models.CharField(max_length=60)),
                        ('version', models.PositiveIntegerField()),
                        ('text', models.TextField()),
                        ('digest', models.CharField(max_length=64)),
                        ('in_force', models.BooleanField(default=True)),
                        ('because', models.TextField(blank=True)),
                        ('made_at', models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('pack', 'version'), name='method_version_once'), models.UniqueConstraint(condition=models.Q(('in_force', True)), fields=('pack',), name='one_method_version_in_force')],
                    },
                ),
                migrations.CreateModel(
                    name='OrganisationSettings',
                    fields=[
                        ('number', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                        ('version', models.PositiveIntegerField(default=1)),
                        ('name', models.CharField(blank=True, max_length=120, verbose_name='名称')),
                        ('fiscal_month', models.PositiveSmallIntegerField(default=1, verbose_name='财年从几月开始')),
                        ('language', models.CharField(choices=[('zh-hans', '中文'), ('en', 'English')], default='zh-hans', max_length=10, verbose_name='新用户的语言')),
                        ('second_factor_roles', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, default=list, size=None, verbose_name='必须有第二步验证的角色')),
                        ('idle_hours', models.PositiveSmallIntegerField(default=12, verbose_name='多少小时不操作就退出')),
                        ('longest_days', models.PositiveSmallIntegerField(default=14, verbose_name='一次登录最长几天')),
                        ('tries', models.PositiveSmallIntegerField(default=10, verbose_name='15 分钟内最多猜几次密码')),
                        ('retention_months', models.PositiveSmallIntegerField(default=36, verbose_name='联系人资料默认保留几个月')),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(('number', 1)), name='one_organisation'), models.CheckConstraint(condition=models.Q(('fiscal_month__gte', 1), ('fiscal_month__lte', 12)), name='fiscal_month_is_a_month'), models.CheckConstraint(condition=models.Q(('idle_hours__gte', 1), ('idle_hours__lte', 720)), name='idle_hours_within_a_month'), models.CheckConstraint(condition=models.Q(('longest_days__gte', 1), ('longest_days__lte', 90)), name='longest_days_within_90'), models.CheckConstraint(condition=models.Q(('tries__gte', 3), ('tries__lte', 10)), name='tries_from_3_to_10'), models.CheckConstraint(condition=models.Q(('retention_months__gte', 1), ('retention_months__lte', 120)), name='retention_within_ten_years')],
                    },
                ),
                migrations.CreateModel(
                    name='Person',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name', models.CharField(max_length=120, verbose_name='姓名')),
                        ('pinyin', models.CharField(blank=True, max_length=300)),
                        ('search', models.TextField(blank=True)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('erased_at', models.DateTimeField(blank=True, null=True, verbose_name='抹去于')),
                        ('merged_into', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='changqing.person', verbose_name='并入')),
                        ('version', models.PositiveIntegerField(default=1)),
                    ],
                    options={
                        'indexes': [django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(models.F('search'), name='gin_trgm_ops'), name='person_search')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='person_has_a_name')],
                    },
                ),
                migrations.CreateModel(
                    name='Source',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('code', models.SlugField(max_length=40, unique=True)),
                        ('name', models.CharField(max_length=120)),
                    ],
                ),
                migrations.CreateModel(
                    name='BookFit',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('as_of', models.DateField()),
                        ('parameters', models.JSONField()),
                        ('accounts', models.IntegerField()),
                        ('because', models.CharField(blank=True, max_length=200)),
                        ('in_force', models.BooleanField(default=True)),
                        ('made_at', models.DateTimeField(auto_now_add=True)),
                        ('method', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='changqing.methodversion')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(condition=models.Q(('in_force', True)), fields=('in_force',), name='one_fit_in_force')],
                    },
                ),
                migrations.CreateModel(
                    name='Erasure',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('because', models.CharField(max_length=200)),
                        ('at', models.DateTimeField(default=django.utils.timezone.now)),
                        ('person', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='changqing.person')),
                    ],
                ),
                migrations.CreateModel(
                    name='Product',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('key', models.CharField(max_length=160)),
                        ('name', models.CharField(blank=True, max_length=240)),
                        ('family', models.CharField(blank=True, max_length=120)),
                        ('subfamily', models.CharField(blank=True, max_length=120)),
                        ('unit_cost', models.DecimalField(decimal_places=4, max_digits=18, null=True)),
                        ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='products', to='changqing.source')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('source', 'key'), name='product_once')],
                    },
                ),
                migrations.CreateModel(
                    name='Ranking',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('period', models.CharField(choices=[('all', 'All'), ('36m', 'Three Years'), ('12m', 'One Year')], max_length=4)),
                        ('from_day', models.DateField(null=True)),
                        ('as_of', models.DateField(null=True)),
                        ('inputs', models.JSONField()),
                        ('results', models.JSONField()),
                        ('is_current', models.BooleanField(default=True)),
                        ('made_at', models.DateTimeField(auto_now_add=True)),
                        ('method', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='changqing.methodversion')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(condition=models.Q(('is_current', True)), fields=('period',), name='one_current_ranking_a_period')],
                    },
                ),
                migrations.CreateModel(
                    name='SourceFormat',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('accounts', '客户'), ('products', '产品'), ('orders', '订单'), ('invoices', '发票'), ('receipts', '回款'), ('costs', '服务成本'), ('openings', '期初余额'), ('rates', '汇率')], max_length=12)),
                        ('mapping', models.JSONField(default=dict)),
                        ('meaning', models.CharField(blank=True, choices=[('lines', '逐行更新'), ('orders', '整单更新'), ('period', '整段账期')], max_length=8)),
                        ('options', models.JSONField(default=dict)),
                        ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='formats', to='changqing.source')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('source', 'kind'), name='one_format_per_kind')],
                    },
                ),
                migrations.CreateModel(
                    name='User',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('password', models.CharField(max_length=128, verbose_name='password')),
                        ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                        ('username', models.CharField(max_length=80, unique=True, verbose_name='用户名')),
                        ('full_name', models.CharField(max_length=120, verbose_name='姓名')),
                        ('email', models.EmailField(blank=True, max_length=254, verbose_name='邮箱')),
                        ('role', models.CharField(choices=[('manager', '客户经理'), ('director', '部门负责人'), ('executive', '高管'), ('operator', '运营'), ('service', '客户服务'), ('finance', '财务'), ('compliance', '合规'), ('privacy', '隐私专员'), ('admin', '系统管理员'), ('auditor', '审计'), ('integration', '系统集成')], default='manager', max_length=20, verbose_name='角色')),
                        ('language', models.CharField(choices=[('zh-hans', '中文'), ('en', 'English')], default='zh-hans', max_length=10, verbose_name='语言')),
                        ('is_active', models.BooleanField(default=True)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='members', to='changqing.department', verbose_name='部门')),
                        ('acts_for', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='programs', to=settings.AUTH_USER_MODEL, verbose_name='代表')),
                        ('scopes', models.JSONField(blank=True, default=list, verbose_name='范围')),
                        ('must_change_password', models.BooleanField(default=False, verbose_name='要换密码')),
                        ('version', models.PositiveIntegerField(default=1)),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(('username', django.db.models.functions.text.Lower('username'))), name='username_is_lower_case'), models.CheckConstraint(condition=models.Q(('full_name', ''), _negated=True), name='user_has_a_name'), models.CheckConstraint(condition=models.Q(('role__in', ['manager', 'director', 'executive', 'operator', 'service', 'finance', 'compliance', 'privacy', 'admin', 'auditor', 'integration'])), name='user_role_is_known'), models.CheckConstraint(condition=models.Q(('acts_for__isnull', True), ('role', 'integration'), _connector='OR'), name='only_a_program_acts_for_another')],
                    },
                ),
                migrations.CreateModel(
                    name='Account',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('key', models.CharField(max_length=160, unique=True, verbose_name='编号')),
                        ('name', models.CharField(max_length=240, verbose_name='名称')),
                        ('short_name', models.CharField(blank=True, max_length=120, verbose_name='简称')),
                        ('pinyin', models.CharField(blank=True, max_length=600)),
                        ('search', models.TextField(blank=True)),
                        ('kind', models.CharField(choices=[('customer', '客户'), ('prospect', '潜在客户'), ('rival', '竞争对手'), ('partner', '合作伙伴')], default='customer', max_length=20, verbose_name='类别')),
                        ('industry', models.CharField(blank=True, max_length=120, verbose_name='行业')),
                        ('region', models.CharField(blank=True, max_length=200, verbose_name='地区')),
                        ('currency', models.CharField(blank=True, max_length=3, verbose_name='币种')),
                        ('tax_number', models.CharField(blank=True, max_length=60, verbose_name='税号')),
                        ('version', models.PositiveIntegerField(default=1)),
                        ('touched_at', models.DateTimeField(blank=True, null=True)),
                        ('edited', models.JSONField(blank=True, default=list)),
                        ('withdrawn', models.BooleanField(default=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('backup', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='后备负责人')),
                        ('owner', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='负责人')),
                        ('parent', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='changqing.account', verbose_name='上级客户')),
                        ('department', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='changqing.department', verbose_name='部门')),
                        ('is_sealed', models.BooleanField(db_default=False, default=False, verbose_name='封存')),
                        ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='归档于')),
                        ('merged_into', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='changqing.account', verbose_name='并入')),
                        ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None, verbose_name='标签')),
                        ('website', models.CharField(blank=True, max_length=200, verbose_name='网址')),
                        ('core_name', models.TextField(blank=True, db_default='', default='', editable=False)),
                        ('core_sound', models.TextField(blank=True, db_default='', default='', editable=False)),
                    ],
                    options={
                        'indexes': [django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(models.F('search'), name='gin_trgm_ops'), name='account_search'), django.contrib.postgres.indexes.GinIndex(fields=['tags'], name='account_tags'), models.Index(models.F('archived_at'), condition=models.Q(('archived_at__isnull', False)), name='account_archived'), models.Index(condition=models.Q(('merged_into__isnull', True), ('withdrawn', False)), fields=['id'], include=('department', 'owner', 'backup', 'is_sealed', 'archived_at'), name='account_live'), models.Index(condition=models.Q(('merged_into__isnull', True), ('withdrawn', False)), fields=['department'], include=('owner', 'backup', 'is_sealed', 'archived_at'), name='account_department'), models.Index(condition=models.Q(('merged_into__isnull', True), ('withdrawn', False)), fields=['pinyin', 'id'], include=('department', 'owner', 'backup', 'is_sealed', 'archived_at'), name='account_named'), models.Index(models.F('core_name'), name='account_core_name'), models.Index(models.F('core_sound'), name='account_core_sound'), django.contrib.postgres.indexes.GinIndex(changqing.base.lookups.OneByOne('search'), name='account_characters'), models.Index(condition=models.Q(('parent__isnull', False)), fields=['parent'], name='account_parent'), models.Index(condition=models.Q(('owner__isnull', False)), fields=['owner'], name='account_owner'), models.Index(condition=models.Q(('backup__isnull', False)), fields=['backup'], name='account_backup'), models.Index(condition=models.Q(('merged_into__isnull', False)), fields=['merged_into'], name='account_merged')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('key', ''), _negated=True), name='account_has_a_key'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='account_has_a_name'), models.CheckConstraint(condition=models.Q(('parent__isnull', True), models.Q(('parent', models.F('id')), _negated=True), _connector='OR'), name='account_is_not_its_own_parent'), models.CheckConstraint(condition=models.Q(('currency', ''), ('currency', django.db.models.functions.text.Upper('currency')), _connector='OR'), name='account_currency_is_upper'), models.CheckConstraint(condition=models.Q(('merged_into__isnull', True), models.Q(('merged_into', models.F('id')), _negated=True), _connector='OR'), name='account_is_not_merged_into_itself')],
                    },
                ),
                migrations.CreateModel(
                    name='AuditLine',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('at', models.DateTimeField(default=django.utils.timezone.now)),
                        ('principal', models.CharField(max_length=120)),
                        ('door', models.CharField(blank=True, max_length=20)),
                        ('verb', models.CharField(max_length=60)),
                        ('subject_kind', models.CharField(max_length=40)),
                        ('subject_key', models.CharField(max_length=200)),
                        ('because', models.TextField(blank=True)),
                        ('details', models.JSONField(default=dict)),
                        ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('deed', models.UUIDField(db_default=changqing.records.models.Deed(), null=True)),
                        ('mac', models.CharField(blank=True, max_length=100)),
                    ],
                    options={
                        'indexes': [models.Index(models.F('subject_kind'), models.F('subject_key'), models.F('at'), name='audit_of_a_subject'), models.Index(models.F('deed'), name='audit_of_a_deed')],
                    },
                ),
                migrations.CreateModel(
                    name='BookTest',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('state', models.CharField(choices=[('asked', 'Asked'), ('found', 'Found'), ('refused', 'Refused')], default='asked', max_length=7)),
                        ('fitted_at', models.DateField()),
                        ('until', models.DateField(null=True)),
                        ('found', models.JSONField(null=True)),
                        ('because', models.CharField(blank=True, max_length=400)),
                        ('principal', models.CharField(max_length=120)),
                        ('asked_at', models.DateTimeField(auto_now_add=True)),
                        ('done_at', models.DateTimeField(null=True)),
                        ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('method', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='changqing.methodversion')),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state', 'found'), _negated=True), ('found__isnull', False), _connector='OR'), name='found_test_has_figures')],
                    },
                ),
                migrations.CreateModel(
                    name='Change',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                        ('deed', models.UUIDField(db_default=changqing.records.models.Deed())),
                        ('model', models.CharField(max_length=60)),
                        ('row', models.CharField(max_length=60)),
                        ('account', models.BigIntegerField(null=True)),
                        ('kind', models.CharField(choices=[('insert', '新建'), ('update', '修改'), ('delete', '删除')], max_length=6)),
                        ('was', models.JSONField(null=True)),
                        ('became', models.JSONField(null=True)),
                        ('principal', models.CharField(blank=True, max_length=120)),
                        ('door', models.CharField(blank=True, max_length=20)),
                        ('because', models.TextField(blank=True)),
                        ('user', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'indexes': [models.Index(condition=models.Q(('account__isnull', False)), fields=['account', '-id'], name='change_of_account'), models.Index(fields=['model', 'row', '-id'], name='change_of_row'), models.Index(models.F('deed'), name='change_of_deed')],
                    },
                ),
                migrations.CreateModel(
                    name='Charge',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('may_edit', models.BooleanField(default=False, verbose_name='可编辑')),
                        ('department', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='charged_to', to='changqing.department', verbose_name='部门')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='charged_with', to=settings.AUTH_USER_MODEL, verbose_name='分管人')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('user', 'department'), name='charge_once')],
                    },
                ),
                migrations.CreateModel(
                    name='Import',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('number', models.PositiveIntegerField(null=True, unique=True)),
                        ('kind', models.CharField(choices=[('accounts', '客户'), ('products', '产品'), ('orders', '订单'), ('invoices', '发票'), ('receipts', '回款'), ('costs', '服务成本'), ('openings', '期初余额'), ('rates', '汇率')], max_length=12)),
                        ('meaning', models.CharField(blank=True, choices=[('lines', '逐行更新'), ('orders', '整单更新'), ('period', '整段账期')], max_length=8)),
                        ('from_day', models.DateField(blank=True, null=True)),
                        ('to_day', models.DateField(blank=True, null=True)),
                        ('unknown', models.CharField(choices=[('create', '新建客户'), ('match', '按名称匹配，匹配不上则退回'), ('refuse', '退回')], default='create', max_length=8)),
                        ('mapping', models.JSONField(default=dict)),
                        ('file_name', models.CharField(max_length=255)),
                        ('file_digest', models.CharField(max_length=64)),
                        ('stored_as', models.CharField(max_length=200)),
                        ('state', models.CharField(choices=[('waiting', '排队中'), ('running', '写入中'), ('in_force', '有效'), ('undone', '已撤销'), ('failed', '失败'), ('stopped', '已停下')], default='waiting', max_length=10)),
                        ('step', models.CharField(blank=True, max_length=20)),
                        ('rows_done', models.BigIntegerField(default=0)),
                        ('rows_total', models.BigIntegerField(default=0)),
                        ('tries', models.PositiveSmallIntegerField(default=0)),
                        ('error', models.TextField(blank=True)),
                        ('report', models.JSONField(default=dict)),
                        ('asked_at', models.DateTimeField(auto_now_add=True)),
                        ('finished_at', models.DateTimeField(blank=True, null=True)),
                        ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='changqing.department')),
                        ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='imports', to='changqing.source')),
                        ('began_at', models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['in_force', 'undone']), _negated=True), ('number__isnull', False), _connector='OR'), name='entered_import_has_a_number'), models.CheckConstraint(condition=models.Q(models.Q(('meaning', 'period'), _negated=True), models.Q(('from_day__isnull', False), ('to_day__gte', models.F('from_day')), ('to_day__isnull', False)), _connector='OR'), name='period_import_has_its_days')],
                    },
                ),
                migrations.CreateModel(
                    name='ImportStop',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('entry_id', models.BigIntegerField(unique=True)),
                        ('asked_at', models.DateTimeField(auto_now_add=True)),
                        ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                ),
                migrations.CreateModel(
                    name='OneTimeLink',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('digest', models.CharField(max_length=64, unique=True)),
                        ('made_at', models.DateTimeField()),
                        ('ends_at', models.DateTimeField()),
                        ('used_at', models.DateTimeField(null=True)),
                        ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('made_at'))), name='link_ends_after_it_was_made')],
                    },
                ),
                migrations.CreateModel(
                    name='PersonMerge',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('posts', models.JSONField(default=list)),
                        ('at', models.DateTimeField(default=django.utils.timezone.now)),
                        ('undone_at', models.DateTimeField(null=True)),
                        ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('gone', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='changqing.person')),
                        ('kept', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='changqing.person')),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(('kept', models.F('gone')), _negated=True), name='person_merges_with_another')],
                    },
                ),
                migrations.CreateModel(
                    name='RankOrder',
                    fields=[
                        ('ranking', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='changqing.ranking')),
                        ('accounts', models.BinaryField()),
                        ('shares', models.BinaryField(null=True)),
                        ('digests', models.BinaryField()),
                        ('edges', models.JSONField()),
                    ],
                ),
                migrations.CreateModel(
                    name='Review',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('opened_on', models.DateField(verbose_name='开始')),
                        ('closed_on', models.DateField(null=True, verbose_name='结束')),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='主持')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(condition=models.Q(('closed_on', None)), fields=('by',), name='one_open_review_a_person')],
                    },
                ),
                migrations.CreateModel(
                    name='Revision',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('verb', models.CharField(choices=[('create', '新建'), ('edit', '编辑'), ('assign', '指派'), ('tag', '加标签'), ('untag', '去标签'), ('archive', '归档'), ('restore', '取消归档')], max_length=12)),
                        ('principal', models.CharField(max_length=120)),
                        ('at', models.DateTimeField()),
                        ('accounts', models.PositiveIntegerField()),
                        ('undone_at', models.DateTimeField(null=True)),
                        ('undone_by', models.CharField(blank=True, max_length=120)),
                        ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                ),
                migrations.CreateModel(
                    name='SavedList',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name', models.CharField(max_length=60, verbose_name='名称')),
                        ('address', models.CharField(blank=True, max_length=1000, verbose_name='条件')),
                        ('is_shared', models.BooleanField(default=False, verbose_name='大家都能用')),
                        ('at', models.DateTimeField(verbose_name='存于')),
                        ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='谁存的')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('owner', 'name'), name='list_name_once'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='list_has_a_name')],
                    },
                ),
                migrations.CreateModel(
                    name='SignedInSession',
                    fields=[
                        ('session_key', models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name='session key')),
                        ('session_data', models.TextField(verbose_name='session data')),
                        ('expire_date', models.DateTimeField(db_index=True, verbose_name='expire date')),
                        ('address', models.CharField(blank=True, max_length=60)),
                        ('agent', models.CharField(blank=True, max_length=300)),
                        ('began_at', models.DateTimeField(null=True)),
                        ('seen_at', models.DateTimeField(null=True)),
                        ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'session',
                        'verbose_name_plural': 'sessions',
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Acceptance',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('number', models.CharField(blank=True, max_length=160)),
                        ('method', models.CharField(blank=True, max_length=120)),
                        ('day', models.DateField()),
                        ('due', models.DateField()),
                        ('currency', models.CharField(max_length=3)),
                        ('amount', models.DecimalField(decimal_places=4, max_digits=22)),
                        ('is_due', models.BooleanField()),
                        ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='changqing.account')),
                    ],
                    options={
                        'indexes': [models.Index(models.F('account'), name='acceptance_account'), models.Index(models.F('due'), name='acceptance_due')],
                    },
                ),
                migrations.CreateModel(
                    name='AccountDays',
                    fields=[
                        ('account', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='changqing.account')),
                        ('days', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                        ('revenue', django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=None)),
                        ('margin', django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=None)),
                        ('without_cost', django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=None)),
                        ('returned', django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=None)),
                        ('bought', django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), size=None)),
                    ],
                ),
                migrations.CreateModel(
                    name='AccountFlow',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('month', models.DateField()),
                        ('kind', models.CharField(choices=[('accounts', '客户'), ('products', '产品'), ('orders', '订单'), ('invoices', '发票'), ('receipts', '回款'), ('costs', '服务成本'), ('openings', '期初余额'), ('rates', '汇率')], max_length=12)),
                        ('currency', models.CharField(max_length=3)),
                        ('amount', models.DecimalField(decimal_places=4, max_digits=22)),
                        ('rows', models.IntegerField()),
                        ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='changqing.account')),
                    ],
                    options={
                        'indexes': [models.Index(models.F('account'), models.F('month'), name='account_flow')],
                    },
                ),
                migrations.CreateModel(
                    name='AccountMerge',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('fields', models.JSONField()),
                        ('marked', models.JSONField()),
                        ('moved', models.JSONField()),
                        ('principal', models.CharField(max_length=120)),
                        ('at', models.DateTimeField(verbose_name='合并于')),
                        ('unmerged_at', models.DateTimeField(null=True, verbose_name='拆回于')),
                        ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='合并的人')),
                        ('kept', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='changqing.account', verbose_name='留下的客户')),
                        ('lost', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='changqing.account', verbose_name='并入的客户')),
                    ],
                    options={
                        'indexes': [models.Index(models.F('kept'), models.F('unmerged_at'), name='merge_into_kept')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('unmerged_at__isnull', True)), fields=('lost',), name='merged_once_at_a_time')],
                    },
                ),
                migrations.CreateModel(
                    name='AccountMonth',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('month', models.DateField()),
                        ('family', models.CharField(max_length=120)),
                        ('revenue', models.DecimalField(decimal_places=4, max_digits=22)),
                        ('margin', models.DecimalField(decimal_places=4, max_digits=22)),
                        ('revenue_without_cost', models.DecimalField(decimal_places=4, max_digits=22)),
                        ('lines', models.IntegerField()),
                        ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='changqing.account')),
                    ],
                    options={
                        'indexes': [models.Index(models.F('account'), models.F('month'), name='account_month')],
                    },
                ),
                migrations.CreateModel(
                    name='AccountPayment',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('month', models.DateField()),
                        ('currency', models.CharField(max_length=3)),
                        ('charged', models.DecimalField(decimal_places=4, max_digits=22)),
                        ('billed', models.DecimalField(decimal_places=4, max_digits=22)),
                        ('settled', models.DecimalField(decimal_places=4, max_digits=22)),
                        ('day_money', models.DecimalField(decimal_places=4, max_digits=28)),
                        ('last_day', models.DateField(null=True)),
                        ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='changqing.account')),
                    ],
                    options={
                        'indexes': [models.Index(models.F('account'), models.F('month'), name='account_payment'), models.Index(models.F('month'), name='payment_month'), models.Index(models.F('last_day'), name='payment_last_day')],
                    },
                ),
                migrations.CreateModel(
                    name='AccountRank',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('period', models.CharField(choices=[('all', 'All'), ('36m', 'Three Years'), ('12m', 'One Year')], max_length=4)),
                        ('revenue', models.DecimalField(decimal_places=4, max_digits=22)),
                        ('tie', models.IntegerField()),
                        ('margin', models.DecimalField(decimal_places=4, max_digits=22, null=True)),
                        ('revenue_without_cost', models.DecimalField(db_default=0, decimal_places=4, default=0, max_digits=22)),
                        ('revenue_converted', models.DecimalField(db_default=0, decimal_places=4, default=0, max_digits=22)),
                        ('orders', models.IntegerField()),
                        ('lines', models.IntegerField()),
                        ('band', models.CharField(blank=True, max_length=20)),
                        ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='ranks', to='changqing.account')),
                    ],
                    options={
                        'indexes': [models.Index(models.F('period'), models.OrderBy(models.F('revenue'), descending=True), models.F('tie'), name='rank_in_period'), models.Index(models.F('account'), models.F('period'), name='rank_of_account')],
                    },
                ),
                migrations.CreateModel(
                    name='AccountRhythm',
                    fields=[
                        ('account', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='changqing.account')),
                        ('as_of', models.DateField()),
                        ('model', models.CharField(max_length=12)),
                        ('purchases', models.IntegerField()),
                        ('alive', models.FloatField()),
                        ('every', models.FloatField(null=True)),
                        ('variation', models.FloatField(null=True)),
                        ('next_low', models.DateField(null=True)),
                        ('next_expected', models.DateField(null=True)),
                        ('next_high', models.DateField(null=True)),
                        ('silence', models.FloatField(null=True)),
                        ('stretch', models.FloatField(null=True)),
                        ('tail', models.FloatField(null=True)),
                        ('families', models.FloatField(null=True)),
                        ('families_before', models.FloatField(null=True)),
                        ('return_rate', models.FloatField(null=True)),
                        ('return_rate_before', models.FloatField(null=True)),
                        ('days_to_pay', models.FloatField(null=True)),
                        ('days_to_pay_before', models.FloatField(null=True)),
                        ('digest', models.CharField(max_length=16)),
                        ('fit', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='changqing.bookfit')),
                    ],
                ),
                migrations.CreateModel(
                    name='AccountStanding',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('as_of', models.DateField()),
                        ('since', models.DateField()),
                        ('until', models.DateField(null=True)),
                        ('scheme', models.CharField(max_length=20)),
                        ('tier', models.CharField(blank=True, max_length=20)),
                        ('settled', models.CharField(blank=True, max_length=20)),
                        ('proposed', models.CharField(blank=True, max_length=20)),
                        ('pending', models.CharField(blank=True, max_length=20)),
                        ('reason', models.JSONField()),
                        ('matrix', models.CharField(max_length=14)),
                        ('matrix_reason', models.CharField(max_length=30)),
                        ('value_rank', models.FloatField(null=True)),
                        ('potential', models.FloatField(null=True)),
                        ('labels', models.JSONField()),
                        ('before', models.JSONField()),
                        ('inputs', models.JSONField()),
                        ('digest', models.CharField(max_length=16)),
                        ('is_current', models.BooleanField(default=True)),
                        ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='changqing.account')),
                        ('tiers_method', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='changqing.methodversion')),
                        ('worth_method', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='changqing.methodversion')),
                        ('fit', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='changqing.bookfit')),
                        ('has_moved', models.GeneratedField(db_persist=True, expression=models.ExpressionWrapper(models.Q(models.Q(('before__tier', ''), _negated=True), models.Q(django.db.models.lookups.Exact(django.db.models.fields.json.KeyTextTransform('tier', 'before'), models.F('tier')), _negated=True)), output_field=models.BooleanField(null=True)), output_field=models.BooleanField(null=True))),
                        ('score', models.GeneratedField(db_persist=True, expression=django.db.models.functions.comparison.Cast(django.db.models.fields.json.KeyTextTransform('score', 'inputs'), models.FloatField(null=True)), output_field=models.FloatField(null=True))),
                        ('tenure', models.GeneratedField(db_persist=True, expression=django.db.models.functions.comparison.Cast(django.db.models.fields.json.KeyTextTransform('tenure', 'inputs'), models.FloatField(null=True)), output_field=models.FloatField(null=True))),
                    ],
                    options={
                        'indexes': [models.Index(models.F('account'), models.F('since'), name='standing_of_account'), models.Index(models.F('tier'), condition=models.Q(('is_current', True)), name='standing_tier'), models.Index(condition=models.Q(('is_current', True), models.Q(('proposed', ''), _negated=True)), fields=['proposed'], name='standing_proposed'), models.Index(models.OrderBy(models.F('value_rank'), descending=True, nulls_last=True), condition=models.Q(('is_current', True)), include=('account', 'tier', 'matrix', 'matrix_reason', 'has_moved', 'tenure', 'score'), name='standing_ranked')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('is_current', True)), fields=('account',), name='one_current_standing')],
                    },
                ),
                migrations.CreateModel(
                    name='AccountTotals',
                    fields=[
                        ('account', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='totals', serialize=False, to='changqing.account')),
                        ('first_day', models.DateField()),
                        ('last_day', models.DateField()),
                        ('orders', models.IntegerField()),
                        ('purchases', models.IntegerField()),
                        ('lines', models.IntegerField()),
                        ('lines_without_cost', models.IntegerField()),
                        ('lines_without_rate', models.IntegerField()),
                        ('revenue', models.DecimalField(decimal_places=4, max_digits=22)),
                        ('margin', models.DecimalField(decimal_places=4, max_digits=22, null=True)),
                        ('lines_converted', models.IntegerField(db_default=0, default=0)),
                        ('revenue_converted', models.DecimalField(db_default=0, decimal_places=4, default=0, max_digits=22)),
                        ('revenue_without_cost', models.DecimalField(db_default=0, decimal_places=4, default=0, max_digits=22)),
                    ],
                    options={
                        'indexes': [models.Index(models.F('last_day'), name='totals_last_day')],
                    },
                ),
                migrations.CreateModel(
                    name='AccountWarning',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('cause', models.CharField(choices=[('overdue', '停购'), ('breadth', '品类流失'), ('returns', '退货增多'), ('margin', '毛利下滑'), ('payment', '付款变慢')], max_length=10, verbose_name='原因')),
                        ('state', models.CharField(choices=[('open', '待处理'), ('snoozed', '稍后'), ('answered', '处理中'), ('unreal', '不属实'), ('over', '已过去')], default='open', max_length=10, verbose_name='状态')),
                        ('first_seen', models.DateField()),
                        ('last_seen', models.DateField()),
                        ('until', models.DateField(verbose_name='期限')),
                        ('is_red', models.BooleanField(default=False)),
                        ('chance', models.FloatField()),
                        ('allowed', models.FloatField()),
                        ('seen', models.FloatField()),
                        ('usual', models.FloatField()),
                        ('samples', models.IntegerField()),
                        ('at_stake', models.FloatField(null=True)),
                        ('looks', models.JSONField(default=list)),
                        ('version', models.PositiveIntegerField(default=1)),
                        ('made_at', models.DateTimeField(auto_now_add=True)),
                        ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='changqing.account')),
                        ('method', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='changqing.methodversion')),
                    ],
                    options={
                        'indexes': [models.Index(models.F('state'), models.F('until'), name='warning_queue'), models.Index(models.F('account'), models.F('first_seen'), name='warning_of_account')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['open', 'snoozed', 'answered', 'unreal'])), fields=('account', 'cause'), name='one_warning_an_account_and_cause')],
                    },
                ),
                migrations.CreateModel(
                    name='AccountWorth',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('as_of', models.DateField()),
                        ('model', models.CharField(max_length=12)),
                        ('because', models.CharField(blank=True, max_length=30)),
                        ('profit', models.FloatField(null=True)),
                        ('low', models.FloatField(null=True)),
                        ('high', models.FloatField(null=True)),
                        ('at_risk', models.FloatField(null=True)),
                        ('contribution', models.FloatField(null=True)),
                        ('by_year', models.JSONField()),
                        ('facts', models.JSONField()),
                        ('digest', models.CharField(max_length=16)),
                        ('is_current', models.BooleanField(default=True)),
                        ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='changqing.account')),
                        ('fit', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='changqing.bookfit')),
                        ('gross', models.GeneratedField(db_persist=True, expression=django.db.models.functions.comparison.Cast(django.db.models.fields.json.KeyTextTransform('future_gross', 'facts'), models.FloatField(null=True)), output_field=models.FloatField(null=True))),
                        ('has_cost', models.GeneratedField(db_persist=True, expression=models.ExpressionWrapper(models.Q(('facts__cost__gt', 0)), output_field=models.BooleanField(null=True)), output_field=models.BooleanField(null=True))),
                        ('has_financing', models.GeneratedField(db_persist=True, expression=models.ExpressionWrapper(models.Q(('facts__financing__gte', 0)), output_field=models.BooleanField(null=True)), output_field=models.BooleanField(null=True))),
                    ],
                    options={
                        'indexes': [models.Index(models.F('account'), models.F('as_of'), name='worth_of_account'), models.Index(condition=models.Q(('is_current', True)), fields=['contribution'], include=('account', 'profit', 'low', 'high', 'at_risk', 'gross', 'has_cost', 'has_financing'), name='worth_summed')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('is_current', True)), fields=('account',), name='one_current_worth')],
                    },
                ),
                migrations.CreateModel(
                    name='Attachment',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name', models.CharField(max_length=200, verbose_name='文件名')),
                        ('kind', models.CharField(max_length=8, verbose_name='类型')),
                        ('size', models.BigIntegerField(verbose_name='大小')),
                        ('digest', models.CharField(max_length=64)),
                        ('principal', models.CharField(max_length=120, verbose_name='谁传的')),
                        ('at', models.DateTimeField(verbose_name='传于')),
                        ('removed_at', models.DateTimeField(null=True, verbose_name='删于')),
                        ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='changqing.account')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['account', '-at'], name='file_of_account'), models.Index(models.F('digest'), name='file_by_digest')],
                    },
                ),
                migrations.CreateModel(
                    name='AuditSeal',
                    fields=[
                        ('sequence', models.BigIntegerField(primary_key=True, serialize=False)),
                        ('hash', models.CharField(max_length=64)),
                        ('key', models.CharField(max_length=16)),
                        ('founding', models.BooleanField(default=False)),
                        ('sealed_at', models.DateTimeField(default=django.utils.timezone.now)),
                        ('line', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='seal', to='changqing.auditline')),
                    ],
                ),
                migrations.CreateModel(
                    name='Contact',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('title', models.CharField(blank=True, max_length=120, verbose_name='职务')),
                        ('department', models.CharField(blank=True, max_length=120, verbose_name='部门')),
                        ('email', models.EmailField(blank=True, max_length=254, verbose_name='工作邮箱')),
                        ('phone', models.CharField(blank=True, max_length=40, verbose_name='工作电话')),
                        ('since', models.DateField(blank=True, null=True, verbose_name='任职起')),
                        ('until', models.DateField(blank=True, null=True, verbose_name='任职止')),
                        ('basis', models.CharField(blank=True, max_length=120, verbose_name='合法依据')),
                        ('purpose', models.CharField(blank=True, max_length=200, verbose_name='用途')),
                        ('source', models.CharField(blank=True, max_length=200, verbose_name='来源')),
                        ('retain_until', models.DateField(blank=True, null=True, verbose_name='保留至')),
                        ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contacts', to='changqing.account', verbose_name='所属客户')),
                        ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contacts', to='changqing.person', verbose_name='人员')),
                        ('version', models.PositiveIntegerField(default=1)),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(('until__isnull', True), ('since__isnull', True), ('until__gte', models.F('since')), _connector='OR'), name='post_ends_after_it_begins')],
                    },
                ),
                migrations.CreateModel(
                    name='CustomerKey',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('key', models.CharField(max_length=160)),
                        ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='changqing.account')),
                        ('made', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='changqing.account')),
                        ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='customers', to='changqing.source')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('source', 'key'), name='customer_key_once')],
                    },
                ),
                migrations.CreateModel(
                    name='Fact',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(max_length=40, verbose_name='种类')),
                        ('values', models.JSONField(verbose_name='内容')),
                        ('source', models.CharField(blank=True, max_length=300, verbose_name='来源')),
                        ('licence', models.CharField(blank=True, max_length=120, verbose_name='使用许可')),
                        ('day', models.DateField(verbose_name='何时所知')),
                        ('confidence', models.CharField(max_length=12, verbose_name='可信度')),
                        ('expires', models.DateField(null=True, verbose_name='有效到')),
                        ('principal', models.CharField(max_length=120, verbose_name='谁记的')),
                        ('at', models.DateTimeField(verbose_name='记于')),
                        ('ended_at', models.DateTimeField(null=True, verbose_name='不再算数')),
                        ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='changqing.account')),
                    ],
                    options={
                        'indexes': [models.Index(models.F('account'), models.F('kind'), name='fact_of_account')],
                    },
                ),
                migrations.CreateModel(
                    name='FactorRating',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('factor', models.CharField(choices=[('chain', 'Chain'), ('custom', 'Custom'), ('strategic', 'Strategic'), ('influence', 'Influence')], max_length=10)),
                        ('rating', models.PositiveSmallIntegerField()),
                        ('evidence', models.CharField(blank=True, max_length=400)),
                        ('principal', models.CharField(max_length=120)),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='changqing.account')),
                        ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['account', 'factor', '-at'], name='rating_of_account')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('rating__range', (1, 5))), name='rating_from_1_to_5')],
                    },
                ),
                migrations.CreateModel(
                    name='HandoverRequest',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('because', models.CharField(max_length=300, verbose_name='为什么')),
                        ('asked_at', models.DateTimeField(verbose_name='申请于')),
                        ('state', models.CharField(choices=[('open', '等批准'), ('granted', '已批准'), ('declined', '已驳回'), ('withdrawn', '已撤回')], default='open', max_length=12, verbose_name='结果')),
                        ('answered_by', models.CharField(blank=True, max_length=120, verbose_name='答复人')),
                        ('answered_at', models.DateTimeField(null=True, verbose_name='答复于')),
                        ('reply', models.CharField(blank=True, max_length=300, verbose_name='答复')),
                        ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='changqing.account', verbose_name='所属客户')),
                        ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='申请人')),
                        ('to', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='新负责人')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('account',), name='one_open_handover_an_account'), models.CheckConstraint(condition=models.Q(('because', ''), _negated=True), name='handover_says_why'), models.CheckConstraint(condition=models.Q(models.Q(('answered_at', None), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('answered_at__isnull', False)), _connector='OR'), name='handover_is_answered_or_open')],
                    },
                ),
                migrations.CreateModel(
                    name='ImportDraft',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('source_code', models.SlugField(default='erp', max_length=40)),
                        ('kind', models.CharField(blank=True, choices=[('accounts', '客户'), ('products', '产品'), ('orders', '订单'), ('invoices', '发票'), ('receipts', '回款'), ('costs', '服务成本'), ('openings', '期初余额'), ('rates', '汇率')], max_length=12)),
                        ('meaning', models.CharField(blank=True, choices=[('lines', '逐行更新'), ('orders', '整单更新'), ('period', '整段账期')], max_length=8)),
                        ('from_day', models.DateField(blank=True, null=True)),
                        ('to_day', models.DateField(blank=True, null=True)),
                        ('unknown', models.CharField(choices=[('create', '新建客户'), ('match', '按名称匹配，匹配不上则退回'), ('refuse', '退回')], default='create', max_length=8)),
                        ('said', models.JSONField(default=dict)),
                        ('file_name', models.CharField(max_length=255)),
                        ('file_digest', models.CharField(max_length=64)),
                        ('stored_as', models.CharField(max_length=200)),
                        ('size', models.BigIntegerField()),
                        ('state', models.CharField(choices=[('waiting', '读取中'), ('asking', '要您补一句'), ('tried', '预演完成'), ('failed', '读不了'), ('started', '已写入'), ('dropped', '已放下')], default='waiting', max_length=8)),
                        ('step', models.CharField(blank=True, max_length=20)),
                        ('rows_done', models.BigIntegerField(default=0)),
                        ('rows_total', models.BigIntegerField(default=0)),
                        ('tries', models.PositiveSmallIntegerField(default=0)),
                        ('error', models.TextField(blank=True)),
                        ('survey', models.JSONField(default=dict)),
                        ('preview', models.JSONField(default=dict)),
                        ('version', models.PositiveIntegerField(default=1)),
                        ('handed_at', models.DateTimeField(auto_now_add=True)),
                        ('began_at', models.DateTimeField(blank=True, null=True)),
                        ('entry', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='changqing.import')),
                        ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['owner', 'state'], name='draft_of_owner')],
                        'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state', 'started'), _negated=True), ('entry__isnull', False), _connector='OR'), name='started_draft_has_its_import')],
                    },
                ),
                migrations.CreateModel(
                    name='InboxFile',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('path', models.CharField(max_length=1024, unique=True)),
                        ('size', models.BigIntegerField()),
                        ('modified', models.BigIntegerField()),
                        ('seen_at', models.DateTimeField()),
                        ('state', models.CharField(choices=[('waiting', '等它写完'), ('taken', '已收下'), ('done', '已导入'), ('failed', '没导进来')], default='waiting', max_length=8)),
                        ('error', models.TextField(blank=True)),
                        ('noticed', models.BooleanField(default=False)),
                        ('finished_at', models.DateTimeField(null=True)),
                        ('entry', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='changqing.import')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['state', 'noticed'], name='inbox_state')],
                    },
                ),
                migrations.CreateModel(
                    name='Nomination',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('state', models.CharField(choices=[('open', 'Open'), ('approved', 'Approved'), ('refused', 'Refused')], default='open', max_length=10)),
                        ('criteria', models.JSONField()),
                        ('score', models.FloatField()),
                        ('cut', models.FloatField()),
                        ('reason', models.CharField(max_length=400)),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('decided_at', models.DateTimeField(null=True)),
                        ('answer', models.CharField(blank=True, max_length=400)),
                        ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='changqing.account')),
                        ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('account',), name='one_open_nomination')],
                    },
                ),
                migrations.CreateModel(
                    name='Note',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('principal', models.CharField(max_length=120, verbose_name='谁写的')),
                        ('text', models.TextField(verbose_name='内容')),
                        ('is_private', models.BooleanField(default=False, verbose_name='只有自己看')),
                        ('at', models.DateTimeField(verbose_name='写于')),
                        ('removed_at', models.DateTimeField(null=True, verbose_name='删于')),
                        ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='changqing.account')),
                        ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='谁写的')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['account', '-at'], name='note_of_account')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='note_says_something')],
                    },
                ),
                migrations.CreateModel(
                    name='NotTheSame',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('principal', models.CharField(max_length=120, verbose_name='谁说的')),
                        ('at', models.DateTimeField(verbose_name='何时')),
                        ('one', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='changqing.account', verbose_name='一家')),
                        ('other', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='changqing.account', verbose_name='另一家')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('one', 'other'), name='not_the_same_once')],
                    },
                ),
                migrations.CreateModel(
                    name='OpenItem',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('is_charge', models.BooleanField()),
                        ('kind', models.CharField(choices=[('invoice', '发票'), ('opening', '期初余额'), ('refund', '退款'), ('receipt', '回款'), ('credit', '红字发票'), ('advance', '期初预收')], max_length=8)),
                        ('number', models.CharField(blank=True, max_length=160)),
                        ('day', models.DateField()),
                        ('due', models.DateField()),
                        ('due_is_stated', models.BooleanField()),
                        ('currency', models.CharField(max_length=3)),
                        ('amount', models.DecimalField(decimal_places=4, max_digits=22)),
                        ('open', models.DecimalField(decimal_places=4, max_digits=22)),
                        ('pending', models.DecimalField(decimal_places=4, max_digits=22)),
                        ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='changqing.account')),
                    ],
                    options={
                        'indexes': [models.Index(models.F('account'), models.F('due'), name='open_item_account'), models.Index(models.F('due'), name='open_item_due')],
                    },
                ),
                migrations.CreateModel(
                    name='Replacement',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('rows', models.BigIntegerField()),
                        ('wholly', models.BooleanField()),
                        ('newer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='replaces', to='changqing.import')),
                        ('older', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='replaced_by', to='changqing.import')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('newer', 'older'), name='replacement_once')],
                    },
                ),
                migrations.CreateModel(
                    name='ReviewDecision',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('verdict', models.CharField(choices=[('keep', '保持'), ('raise', '申请升级'), ('lower', '申请降级')], max_length=5, verbose_name='决定')),
                        ('because', models.CharField(max_length=400, verbose_name='为什么')),
                        ('step', models.CharField(max_length=400, verbose_name='下一步')),
                        ('until', models.DateField(verbose_name='期限')),
                        ('tier', models.CharField(blank=True, max_length=20, verbose_name='当时的等级')),
                        ('as_of', models.DateField(null=True, verbose_name='账至')),
                        ('done_on', models.DateField(null=True, verbose_name='办完')),
                        ('outcome', models.CharField(blank=True, max_length=400, verbose_name='结果')),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='changqing.account')),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='决定人')),
                        ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='谁来做')),
                        ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='changqing.review')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['account', '-at'], name='review_decision_of_account'), models.Index(condition=models.Q(('done_on', None)), fields=['until'], name='review_decision_open')],
                        'constraints': [models.UniqueConstraint(fields=('review', 'account'), name='one_decision_an_account_and_review'), models.CheckConstraint(condition=models.Q(models.Q(('step', ''), _negated=True), models.Q(('because', ''), _negated=True)), name='decision_says_why_and_what_next')],
                    },
                ),
                migrations.CreateModel(
                    name='RevisionLine',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('before', models.JSONField()),
                        ('after', models.JSONField()),
                        ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='changqing.account')),
                        ('deed', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='changqing.revision')),
                    ],
                    options={
                        'indexes': [models.Index(models.F('account'), models.F('deed'), name='deed_of_account')],
                    },
                ),
                migrations.CreateModel(
                    name='Segment',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('holds', models.CharField(choices=[('lines', '明细'), ('replaced', '被替换的明细'), ('refused', '退回行')], max_length=10)),
                        ('path', models.CharField(max_length=200, unique=True)),
                        ('rows', models.BigIntegerField()),
                        ('bytes', models.BigIntegerField()),
                        ('digest', models.CharField(max_length=64)),
                        ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='segments', to='changqing.import')),
                    ],
                ),
                migrations.CreateModel(
                    name='TeamMembership',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('role', models.CharField(max_length=40, verbose_name='团队角色')),
                        ('basic', models.PositiveSmallIntegerField(choices=[(changqing.people.permissions.Level['NONE'], '看不到'), (changqing.people.permissions.Level['READ'], '可查看'), (changqing.people.permissions.Level['EDIT'], '可编辑')], default=changqing.people.permissions.Level['READ'], verbose_name='基本信息')),
                        ('contacts', models.PositiveSmallIntegerField(choices=[(changqing.people.permissions.Level['NONE'], '看不到'), (changqing.people.permissions.Level['READ'], '可查看'), (changqing.people.permissions.Level['EDIT'], '可编辑')], default=changqing.people.permissions.Level['NONE'], verbose_name='联系人')),
                        ('activities', models.PositiveSmallIntegerField(choices=[(changqing.people.permissions.Level['NONE'], '看不到'), (changqing.people.permissions.Level['READ'], '可查看'), (changqing.people.permissions.Level['EDIT'], '可编辑')], default=changqing.people.permissions.Level['NONE'], verbose_name='跟进记录')),
                        ('files', models.PositiveSmallIntegerField(choices=[(changqing.people.permissions.Level['NONE'], '看不到'), (changqing.people.permissions.Level['READ'], '可查看'), (changqing.people.permissions.Level['EDIT'], '可编辑')], default=changqing.people.permissions.Level['NONE'], verbose_name='文件')),
                        ('plan', models.PositiveSmallIntegerField(choices=[(changqing.people.permissions.Level['NONE'], '看不到'), (changqing.people.permissions.Level['READ'], '可查看'), (changqing.people.permissions.Level['EDIT'], '可编辑')], default=changqing.people.permissions.Level['NONE'], verbose_name='策略和计划')),
                        ('score', models.PositiveSmallIntegerField(choices=[(changqing.people.permissions.Level['NONE'], '看不到'), (changqing.people.permissions.Level['READ'], '可查看'), (changqing.people.permissions.Level['EDIT'], '可编辑')], default=changqing.people.permissions.Level['NONE'], verbose_name='等级和预警')),
                        ('revenue', models.PositiveSmallIntegerField(choices=[(changqing.people.permissions.Level['NONE'], '看不到'), (changqing.people.permissions.Level['READ'], '可查看'), (changqing.people.permissions.Level['EDIT'], '可编辑')], default=changqing.people.permissions.Level['NONE'], verbose_name='收入和订单')),
                        ('margin', models.PositiveSmallIntegerField(choices=[(changqing.people.permissions.Level['NONE'], '看不到'), (changqing.people.permissions.Level['READ'], '可查看'), (changqing.people.permissions.Level['EDIT'], '可编辑')], default=changqing.people.permissions.Level['NONE'], verbose_name='毛利和成本')),
                        ('since', models.DateField(verbose_name='起')),
                        ('until', models.DateField(blank=True, null=True, verbose_name='止')),
                        ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='收回于')),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='team', to='changqing.account', verbose_name='所属客户')),
                        ('given_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='授权人')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='同事')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('account', 'user'), name='one_place_in_a_team_at_a_time'), models.UniqueConstraint(condition=models.Q(('ended_at', None), ('role', 'sponsor')), fields=('account',), name='one_sponsor_an_account'), models.CheckConstraint(condition=models.Q(('until', None), ('until__gte', models.F('since')), _connector='OR'), name='team_place_ends_after_it_begins'), models.CheckConstraint(condition=models.Q(('basic__range', (changqing.people.permissions.Level['READ'], changqing.people.permissions.Level['EDIT']))), name='who_is_in_a_team_sees_the_basics'), models.CheckConstraint(condition=models.Q(('margin__lte', changqing.people.permissions.Level['READ']), ('revenue__lte', changqing.people.permissions.Level['READ'])), name='money_is_only_read'), models.CheckConstraint(condition=models.Q(('contacts__lte', changqing.people.permissions.Level['EDIT'])), name='team_level_of_contacts_is_known'), models.CheckConstraint(condition=models.Q(('activities__lte', changqing.people.permissions.Level['EDIT'])), name='team_level_of_activities_is_known'), models.CheckConstraint(condition=models.Q(('files__lte', changqing.people.permissions.Level['EDIT'])), name='team_level_of_files_is_known'), models.CheckConstraint(condition=models.Q(('plan__lte', changqing.people.permissions.Level['EDIT'])), name='team_level_of_plan_is_known'), models.CheckConstraint(condition=models.Q(('score__lte', changqing.people.permissions.Level['EDIT'])), name='team_level_of_score_is_known')],
                    },
                ),
                migrations.CreateModel(
                    name='TierDecision',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('approved', 'Approved'), ('refused', 'Refused'), ('override', 'Override'), ('lifted', 'Lifted')], max_length=10)),
                        ('scheme', models.CharField(max_length=20)),
                        ('tier', models.CharField(blank=True, max_length=20)),
                        ('came_from', models.CharField(blank=True, max_length=20)),
                        ('reason', models.CharField(max_length=400)),
                        ('expires', models.DateField(null=True)),
                        ('principal', models.CharField(max_length=120)),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='changqing.account')),
                        ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['account', '-at'], name='decision_of_account')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='tier_decision_has_a_reason'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'override'), _negated=True), ('expires__isnull', False), _connector='OR'), name='tier_override_expires')],
                    },
                ),
                migrations.CreateModel(
                    name='WarningAnswer',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('do', '处理'), ('snooze', '稍后'), ('unreal', '不属实'), ('done', '已办'), ('reopen', '撤销')], max_length=8)),
                        ('words', models.CharField(blank=True, max_length=400, verbose_name='要做什么')),
                        ('until', models.DateField(null=True, verbose_name='期限')),
                        ('state_before', models.CharField(max_length=10)),
                        ('until_before', models.DateField()),
                        ('principal', models.CharField(max_length=120)),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('warning', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='changqing.accountwarning')),
                        ('who', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['do', 'unreal']), _negated=True), models.Q(('words', ''), _negated=True), _connector='OR'), name='answer_says_what')],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='department',
                    trigger=pgtrigger.compiler.Trigger(name='note_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (current_setting('changqing.books', true) IS DISTINCT FROM 'on')", func="PERFORM changqing_note_change('Department', TG_OP, coalesce(NEW.id, OLD.id)::text, NULL, to_jsonb(OLD) - ARRAY['path']::text[], to_jsonb(NEW) - ARRAY['path']::text[]); RETURN NULL;", hash='784a555bbc0859795b9ba44ca16a47bf75eb7791', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_note_change_f48e6', table='changqing_department', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='methodversion',
                    trigger=pgtrigger.compiler.Trigger(name='note_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (current_setting('changqing.books', true) IS DISTINCT FROM 'on')", func="PERFORM changqing_note_change('MethodVersion', TG_OP, coalesce(NEW.id, OLD.id)::text, NULL, to_jsonb(OLD) - ARRAY['made_at', 'text']::text[], to_jsonb(NEW) - ARRAY['made_at', 'text']::text[]); RETURN NULL;", hash='bebb86b9263296e6c3dc05c79c0c4a7de4da2482', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_note_change_aeba0', table='changqing_methodversion', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='organisationsettings',
                    trigger=pgtrigger.compiler.Trigger(name='note_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (current_setting('changqing.books', true) IS DISTINCT FROM 'on')", func="PERFORM changqing_note_change('OrganisationSettings', TG_OP, coalesce(NEW.number, OLD.number)::text, NULL, to_jsonb(OLD) - ARRAY['version']::text[], to_jsonb(NEW) - ARRAY['version']::text[]); RETURN NULL;", hash='b5dbbf0cbd6ffd3c61213f410b23c5eb81f99b33', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_note_change_e69a8', table='changqing_organisationsettings', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='person',
                    trigger=pgtrigger.compiler.Trigger(name='note_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (current_setting('changqing.books', true) IS DISTINCT FROM 'on')", func="PERFORM changqing_note_change('Person', TG_OP, coalesce(NEW.id, OLD.id)::text, NULL, to_jsonb(OLD) - ARRAY['created_at', 'pinyin', 'search', 'version']::text[], to_jsonb(NEW) - ARRAY['created_at', 'pinyin', 'search', 'version']::text[]); RETURN NULL;", hash='0803f32c65a7c4c1a81251875fb8b874cb92abae', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_note_change_11af3', table='changqing_person', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='user',
                    trigger=pgtrigger.compiler.Trigger(name='note_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (current_setting('changqing.books', true) IS DISTINCT FROM 'on')", func="PERFORM changqing_note_change('User', TG_OP, coalesce(NEW.id, OLD.id)::text, NULL, to_jsonb(OLD) - ARRAY['created_at', 'last_login', 'password', 'version']::text[], to_jsonb(NEW) - ARRAY['created_at', 'last_login', 'password', 'version']::text[]); RETURN NULL;", hash='4ccbe7949ea00e18e5607d6672f207f2a1701dc4', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_note_change_cd288', table='changqing_user', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='account',
                    trigger=pgtrigger.compiler.Trigger(name='note_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (current_setting('changqing.books', true) IS DISTINCT FROM 'on')", func="PERFORM changqing_note_change('Account', TG_OP, coalesce(NEW.id, OLD.id)::text, coalesce(NEW.id, OLD.id), to_jsonb(OLD) - ARRAY['core_name', 'core_sound', 'created_at', 'edited', 'pinyin', 'search', 'touched_at', 'version']::text[], to_jsonb(NEW) - ARRAY['core_name', 'core_sound', 'created_at', 'edited', 'pinyin', 'search', 'touched_at', 'version']::text[]); RETURN NULL;", hash='7a2e7ca30df65e47acb37df02be66c115a84dfc1', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_note_change_8003e', table='changqing_account', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='charge',
                    trigger=pgtrigger.compiler.Trigger(name='note_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (current_setting('changqing.books', true) IS DISTINCT FROM 'on')", func="PERFORM changqing_note_change('Charge', TG_OP, coalesce(NEW.id, OLD.id)::text, NULL, to_jsonb(OLD), to_jsonb(NEW)); RETURN NULL;", hash='82f2502fddd3a84e63def51868fbd93a44da34a7', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_note_change_9af8e', table='changqing_charge', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='review',
                    trigger=pgtrigger.compiler.Trigger(name='note_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (current_setting('changqing.books', true) IS DISTINCT FROM 'on')", func="PERFORM changqing_note_change('Review', TG_OP, coalesce(NEW.id, OLD.id)::text, NULL, to_jsonb(OLD), to_jsonb(NEW)); RETURN NULL;", hash='20f402f4640ca9845e069ef54330298ef0217937', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_note_change_c2262', table='changqing_review', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='savedlist',
                    trigger=pgtrigger.compiler.Trigger(name='note_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (current_setting('changqing.books', true) IS DISTINCT FROM 'on')", func="PERFORM changqing_note_change('SavedList', TG_OP, coalesce(NEW.id, OLD.id)::text, NULL, to_jsonb(OLD), to_jsonb(NEW)); RETURN NULL;", hash='fcd3f1c336ae62cdd2e26d4915448b9131eaa04f', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_note_change_6afa2', table='changqing_savedlist', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='accountmerge',
                    trigger=pgtrigger.compiler.Trigger(name='note_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (current_setting('changqing.books', true) IS DISTINCT FROM 'on')", func="PERFORM changqing_note_change('AccountMerge', TG_OP, coalesce(NEW.id, OLD.id)::text, coalesce(NEW.kept_id, OLD.kept_id), to_jsonb(OLD) - ARRAY['fields', 'moved']::text[], to_jsonb(NEW) - ARRAY['fields', 'moved']::text[]); RETURN NULL;", hash='86db66f8668c7f2ddd38551436f52998f382326d', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_note_change_1400b', table='changqing_accountmerge', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='attachment',
                    trigger=pgtrigger.compiler.Trigger(name='note_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (current_setting('changqing.books', true) IS DISTINCT FROM 'on')", func="PERFORM changqing_note_change('Attachment', TG_OP, coalesce(NEW.id, OLD.id)::text, coalesce(NEW.account_id, OLD.account_id), to_jsonb(OLD), to_jsonb(NEW)); RETURN NULL;", hash='e3224d02ecb2dca1b95c622fb3ee37b751b9c528', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_note_change_ecb81', table='changqing_attachment', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='contact',
                    trigger=pgtrigger.compiler.Trigger(name='note_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (current_setting('changqing.books', true) IS DISTINCT FROM 'on')", func="PERFORM changqing_note_change('Contact', TG_OP, coalesce(NEW.id, OLD.id)::text, coalesce(NEW.account_id, OLD.account_id), to_jsonb(OLD) - ARRAY['version']::text[], to_jsonb(NEW) - ARRAY['version']::text[]); RETURN NULL;", hash='584ab57ee094af84ae181dad5ed05c4869358172', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_note_change_86249', table='changqing_contact', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='fact',
                    trigger=pgtrigger.compiler.Trigger(name='note_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (current_setting('changqing.books', true) IS DISTINCT FROM 'on')", func="PERFORM changqing_note_change('Fact', TG_OP, coalesce(NEW.id, OLD.id)::text, coalesce(NEW.account_id, OLD.account_id), to_jsonb(OLD), to_jsonb(NEW)); RETURN NULL;", hash='4d2116970ac6914aa9c49e4bfc11c28264520571', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_note_change_a3086', table='changqing_fact', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='handoverrequest',
                    trigger=pgtrigger.compiler.Trigger(name='note_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (current_setting('changqing.books', true) IS DISTINCT FROM 'on')", func="PERFORM changqing_note_change('HandoverRequest', TG_OP, coalesce(NEW.id, OLD.id)::text, coalesce(NEW.account_id, OLD.account_id), to_jsonb(OLD), to_jsonb(NEW)); RETURN NULL;", hash='fa693efa45c306fbcf115fe48656bcdcb13ef73c', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_note_change_ad562', table='changqing_handoverrequest', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='note',
                    trigger=pgtrigger.compiler.Trigger(name='note_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (current_setting('changqing.books', true) IS DISTINCT FROM 'on')", func="PERFORM changqing_note_change('Note', TG_OP, coalesce(NEW.id, OLD.id)::text, coalesce(NEW.account_id, OLD.account_id), to_jsonb(OLD) - ARRAY['text']::text[], to_jsonb(NEW) - ARRAY['text']::text[]); RETURN NULL;", hash='5fa7223e5e2a1b1374fff40c356250e23016f897', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_note_change_0a95b', table='changqing_note', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='notthesame',
                    trigger=pgtrigger.compiler.Trigger(name='note_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (current_setting('changqing.books', true) IS DISTINCT FROM 'on')", func="PERFORM changqing_note_change('NotTheSame', TG_OP, coalesce(NEW.id, OLD.id)::text, coalesce(NEW.one_id, OLD.one_id), to_jsonb(OLD), to_jsonb(NEW)); RETURN NULL;", hash='b3a475e39014482f966302cc30c02546111d202e', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_note_change_615b3', table='changqing_notthesame', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='reviewdecision',
                    trigger=pgtrigger.compiler.Trigger(name='note_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (current_setting('changqing.books', true) IS DISTINCT FROM 'on')", func="PERFORM changqing_note_change('ReviewDecision', TG_OP, coalesce(NEW.id, OLD.id)::text, coalesce(NEW.account_id, OLD.account_id), to_jsonb(OLD), to_jsonb(NEW)); RETURN NULL;", hash='017ad8f037e30f02ff3471655be03d246303d20d', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_note_change_15bd2', table='changqing_reviewdecision', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='teammembership',
                    trigger=pgtrigger.compiler.Trigger(name='note_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (current_setting('changqing.books', true) IS DISTINCT FROM 'on')", func="PERFORM changqing_note_change('TeamMembership', TG_OP, coalesce(NEW.id, OLD.id)::text, coalesce(NEW.account_id, OLD.account_id), to_jsonb(OLD) - ARRAY['created_at']::text[], to_jsonb(NEW) - ARRAY['created_at']::text[]); RETURN NULL;", hash='4680448a6197bc94cd3282dc602d6e5c6bc7c046', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_note_change_94d64', table='changqing_teammembership', when='AFTER')),
                ),
            ],
        ),
        migrations.RunSQL(APPEND_ONLY, FREE),
        migrations.RunSQL(COMPARED, NOT_COMPARED),
        migrations.RunSQL(NOTED, NOT_NOTED),
        # they go with their tables
        migrations.RunSQL(FOUND_BY, migrations.RunSQL.noop),
        migrations.RunSQL(NOT_FOUND_BY, migrations.RunSQL.noop),
        migrations.RunSQL(AS_THEY_ARE, migrations.RunSQL.noop),
    ]
