import django.db.models.deletion
import jygroups.lib.encryption
from django.db import migrations, models


def drop_unconfirmed(apps, schema_editor):
    """What is being set up is kept in another column from now on: its owner scans a new picture."""
    apps.get_model("registry", "SecondFactor").objects.filter(confirmed_at=None).delete()


def drop_without_app(apps, schema_editor):
    """Backwards: a factor of passkeys alone would end as an app with a secret that anybody knows."""
    factors = apps.get_model("registry", "SecondFactor").objects
    factors.filter(pk__in=[factor.pk for factor in factors.all() if not factor.secret]).delete()
    schema_editor.connection.check_constraints()  # PostgreSQL alters no table with deferred checks waiting


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0018_posts_agreed_to_by_two_in_the_database'),
    ]

    operations = [
        migrations.CreateModel(
            name='Passkey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=50, verbose_name='name')),
                ('credential_id', models.TextField(unique=True)),
                ('public_key', models.BinaryField()),
                ('sign_count', models.PositiveBigIntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                ('used_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'passkey',
                'ordering': ['created_at', 'id'],
            },
        ),
        migrations.AddField(
            model_name='secondfactor',
            name='codes_noted',
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name='secondfactor',
            name='pending',
            field=jygroups.lib.encryption.EncryptedField(blank=True),
        ),
        migrations.AlterField(
            model_name='secondfactor',
            name='secret',
            field=jygroups.lib.encryption.EncryptedField(blank=True),
        ),
        migrations.AddConstraint(
            model_name='secondfactor',
            constraint=jygroups.lib.encryption.BoundValue(field='pending', is_file=False, name='secondfactor_pending_bound'),
        ),
        migrations.AddField(
            model_name='passkey',
            name='factor',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='passkeys', to='registry.secondfactor'),
        ),
        migrations.RunPython(drop_unconfirmed, drop_without_app),
    ]
