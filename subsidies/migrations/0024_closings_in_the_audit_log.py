"""Sheets closed before this are entered in the audit log, without the digest that covers their content in the clear."""

from django.conf import settings
from django.db import migrations

from jygroups.lib import chain, clock


def _enter(apps, schema_editor):
    alias = schema_editor.connection.alias
    entries = apps.get_model('registry', 'AuditEntry').objects.using(alias)
    sheets = apps.get_model('subsidies', 'Sheet').objects.using(alias).filter(state__in=['approved', 'paid'])
    for sheet in sheets.select_related('subdistrict').order_by('approved_at', 'pk'):
        if entries.filter(act='close', details__sheet=sheet.pk).exists():
            continue  # this migration was taken back, and runs again
        chain.appended(
            entries,
            at=clock.now(),
            user=sheet.approved_by_id,
            act='close',
            subject=f'{sheet.subdistrict.name} {sheet.month:%Y-%m}',
            details={
                'sheet': sheet.pk,
                'lines': sheet.lines.count(),
                'net': f'{sheet.net:.2f}',
                'seal': sheet.seal,
                'closed_at': chain.moment(sheet.approved_at),
            },
        )


class Migration(migrations.Migration):

    dependencies = [
        ('subsidies', '0023_certificates_of_the_second_method'),
        ('registry', '0015_keyed_audit_chain'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(_enter, migrations.RunPython.noop)]
