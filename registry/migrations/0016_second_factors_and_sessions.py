import django.db.models.deletion
import jygroups.lib.constraints
import jygroups.lib.encryption
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0015_keyed_audit_chain'),
    ]

    operations = [
        migrations.AlterField(
            model_name='auditentry',
            name='act',
            field=models.CharField(choices=[('export', 'export'), ('import', 'import'), ('abandon', 'import abandoned'), ('prepare', 'month computed'), ('close', 'sheet closed'), ('reveal', 'number shown'), ('file', 'file opened'), ('undo', 'change undone'), ('merge', 'persons merged'), ('reelection', 're-election'), ('transfer', 'transfer between subdistricts'), ('post', 'post given or ended'), ('password', 'password reset'), ('discard', 'file discarded'), ('second_factor', 'second factor'), ('delete', 'record deleted'), ('sign_in', 'sign-in'), ('sign_out', 'sign-out'), ('sign_in_failed', 'failed sign-in'), ('locked', 'user locked'), ('head', 'head of the chain issued'), ('signing_key', 'signing key made')], max_length=20, verbose_name='act'),
        ),
        migrations.CreateModel(
            name='SecondFactor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_key', jygroups.lib.encryption.RowKeyField(default=jygroups.lib.encryption.new_row_key)),
                ('secret', jygroups.lib.encryption.EncryptedField()),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('newest_step', models.BigIntegerField(default=0)),
                ('failures', models.PositiveSmallIntegerField(default=0)),
                ('failed_at', models.DateTimeField(null=True)),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='second_factor', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'second factor',
            },
        ),
        migrations.CreateModel(
            name='RecoveryCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64)),
                ('used_at', models.DateTimeField(null=True)),
                ('factor', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recovery_codes', to='registry.secondfactor')),
            ],
            options={
                'verbose_name': 'recovery code',
            },
        ),
        migrations.CreateModel(
            name='Session',
            fields=[
                ('session_key', models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name='session key')),
                ('session_data', models.TextField(verbose_name='session data')),
                ('expire_date', models.DateTimeField(db_index=True, verbose_name='expire date')),
                ('address', models.GenericIPAddressField(null=True)),
                ('device', models.CharField(blank=True, max_length=300)),
                ('began_at', models.DateTimeField(null=True)),
                ('seen_at', models.DateTimeField()),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'session',
                'verbose_name_plural': 'sessions',
                'ordering': ['-seen_at'],
                'abstract': False,
            },
        ),
        migrations.AddConstraint(
            model_name='secondfactor',
            constraint=jygroups.lib.encryption.BoundValue(field='secret', is_file=False, name='secondfactor_secret_bound'),
        ),
        migrations.AddConstraint(
            model_name='secondfactor',
            constraint=jygroups.lib.constraints.Fixed(field='row_key', name='secondfactor_row_key_fixed'),
        ),
        migrations.AddConstraint(
            model_name='secondfactor',
            constraint=jygroups.lib.encryption.UniqueRowKey(fields=('row_key',), name='secondfactor_row_key_once'),
        ),
        migrations.AddConstraint(
            model_name='recoverycode',
            constraint=models.UniqueConstraint(fields=('factor', 'digest'), name='recovery_code_once'),
        ),
    ]
