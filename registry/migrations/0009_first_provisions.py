"""What was written in the code until now: of use to databases that have areas already; `setup` fills new ones."""

from django.db import migrations
from django.utils import timezone

# Key, figure or text, largest figure, source.
ROWS = [
    ("group_size", 3, 5, "嘉政办发〔2020〕97号 三(二)：居民小组原则上为3—5人"),
    ("committee_size", 5, 9, "《城市居民委员会组织法》：居民委员会由主任、副主任和委员共五至九人组成"),
    ("term", 5, None, "《城市居民委员会组织法》；嘉政办发〔2020〕97号 三(二)：每届任期5年"),
    ("youngest", 16, None, "《民法典》第十八条：十六周岁以上、以自己的劳动收入为主要生活来源的，视为完全民事行为能力人"),
    ("of_age", 18, None, "《城市居民委员会组织法》：年满十八周岁的居民有选举权和被选举权"),
    ("trainings", 2, None, "嘉政办发〔2020〕97号 五(一)：街道办事处要加强居民委员会和居民小组培训，每届至少2次"),
    ("report_urgent_take", 0, None, "本市规定；嘉政办发〔2020〕97号 二(三)(四)、四(四)未定天数"),
    ("report_urgent_handle", 2, None, "本市规定；嘉政办发〔2020〕97号 二(三)(四)、四(四)未定天数"),
    ("report_serious_take", 1, None, "本市规定；嘉政办发〔2020〕97号 二(三)(四)、四(四)未定天数"),
    ("report_serious_handle", 7, None, "本市规定；嘉政办发〔2020〕97号 二(三)(四)、四(四)未定天数"),
    ("report_ordinary_take", 3, None, "本市规定；嘉政办发〔2020〕97号 二(三)(四)、四(四)未定天数"),
    ("report_ordinary_handle", 15, None, "本市规定；嘉政办发〔2020〕97号 二(三)(四)、四(四)未定天数"),
    ("report_informed_from", "serious", None, "本市规定"),
    ("visit_back", 30, None, "本市规定；嘉政办发〔2020〕97号 二(三)：协助调解居民间一般纠纷"),
    ("visit_answer", 15, None, "本市规定；嘉政办发〔2020〕97号 四(二)：及时了解和反映居民群众的意见和要求"),
    ("plan_basis", "《嘉峪关市加强城市社区居民小组建设实施方案》（嘉政办发〔2020〕97号）关于居民小组“合理组建、动态调整，调整方案由街道办事处报市政府批准”的规定", None, "嘉政办发〔2020〕97号 三(一)"),
    ("evaluation_basis", "《嘉峪关市加强城市社区居民小组建设实施方案》（嘉政办发〔2020〕97号）第五条第（二）项", None, "嘉政办发〔2020〕97号 五(二)"),
]


def fill(apps, schema_editor):
    if not apps.get_model("registry", "Subdistrict").objects.exists():
        return
    provision, history = (apps.get_model("registry", name) for name in ("Provision", "HistoricalProvision"))
    now = timezone.now()
    for key, said, largest, clause in ROWS:
        text, value = (said, None) if isinstance(said, str) else ("", said)
        fields = {"key": key, "value": value, "largest": largest, "text": text, "clause": clause}
        row = provision.objects.create(**fields)
        history.objects.create(
            id=row.pk, created_at=row.created_at, updated_at=row.updated_at, history_date=now, history_type="+",
            history_change_reason="setup", **fields,
        )


class Migration(migrations.Migration):

    dependencies = [
        ("registry", "0008_provisions"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
