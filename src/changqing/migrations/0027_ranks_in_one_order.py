"""An account's rank, class and share go into one row for the whole book; the rows of a book of an older version
are made anew when it is made ready."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("changqing", "0026_compared_by_columns"),
    ]

    operations = [
        migrations.DeleteModel(name="AccountRank"),
        migrations.CreateModel(
            name="AccountRank",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("period", models.CharField(choices=[("all", "All"), ("36m", "Three Years"), ("12m", "One Year")], max_length=4)),
                ("revenue", models.DecimalField(decimal_places=4, max_digits=22)),
                ("tie", models.IntegerField()),
                ("margin", models.DecimalField(decimal_places=4, max_digits=22, null=True)),
                ("revenue_without_cost", models.DecimalField(db_default=0, decimal_places=4, default=0, max_digits=22)),
                ("revenue_converted", models.DecimalField(db_default=0, decimal_places=4, default=0, max_digits=22)),
                ("orders", models.IntegerField()),
                ("lines", models.IntegerField()),
                ("band", models.CharField(blank=True, max_length=20)),
                ("account", models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="ranks", to="changqing.account")),
            ],
            options={
                "indexes": [
                    models.Index(models.F("period"), models.OrderBy(models.F("revenue"), descending=True), models.F("tie"), name="rank_in_period"),
                    models.Index(models.F("account"), models.F("period"), name="rank_of_account"),
                ],
            },
        ),
        migrations.CreateModel(
            name="RankOrder",
            fields=[
                ("ranking", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="+", serialize=False, to="changqing.ranking")),
                ("accounts", models.BinaryField()),
                ("shares", models.BinaryField(null=True)),
                ("digests", models.BinaryField()),
                ("edges", models.JSONField()),
            ],
        ),
        # numbers of eight bytes do not shrink: do not try
        migrations.RunSQL(
            "ALTER TABLE changqing_rankorder ALTER COLUMN accounts SET STORAGE EXTERNAL, "
            "ALTER COLUMN shares SET STORAGE EXTERNAL, ALTER COLUMN digests SET STORAGE EXTERNAL",
            migrations.RunSQL.noop,
        ),
    ]
