from django.db import migrations, models

from jygroups.lib import store


def move_out(apps, schema_editor):
    """Each content goes into the store, and its row knows it by its digest."""
    MemberFile = apps.get_model('registry', 'MemberFile')
    History = apps.get_model('registry', 'HistoricalMemberFile')
    for content in apps.get_model('registry', 'FileContent').objects.iterator(chunk_size=20):
        digest = store.put(bytes(content.data))
        MemberFile.objects.filter(pk=content.file_id).update(digest=digest)
        History.objects.filter(id=content.file_id).update(digest=digest)


def move_back(apps, schema_editor):
    FileContent = apps.get_model('registry', 'FileContent')
    for key, digest in apps.get_model('registry', 'MemberFile').objects.values_list('pk', 'digest'):
        FileContent.objects.create(file_id=key, data=store.get(digest))


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0010_add_adjustment_plans'),
    ]

    operations = [
        migrations.AddField(
            model_name='memberfile',
            name='digest',
            field=models.CharField(db_index=True, default='', editable=False, max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='historicalmemberfile',
            name='digest',
            field=models.CharField(db_index=True, default='', editable=False, max_length=64),
            preserve_default=False,
        ),
        migrations.RunPython(move_out, move_back),
        migrations.DeleteModel(name='FileContent'),
    ]
