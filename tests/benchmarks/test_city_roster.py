"""The roster of a whole city: the memory of a process that loads it, and what a change of every row costs."""

import csv
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from registry.people.areas import services as areas
from tests import factories
from tests.processes import Site
from tests.registry.imports.roster_rows import HEADER

CITY, ROWS, FEW = 20_000, 9_900, 100  # the city's rows, and those loaded here
MOST_MEGABYTES = 300  # of a city, projected from half of one


@pytest.fixture(scope="module")
def site(sites, tmp_path_factory) -> Site:
    site = sites(tmp_path_factory.mktemp("city") / "var")
    assert site.run("setup").returncode == 0
    return site


def written(path: Path, places: range, *, number: int = 1, phone: int = 139, note: str = "") -> Path:
    """A roster of people, one for each place; another `number` gives the same people other ID numbers."""
    with (areas.FIXTURES / "groups.csv").open(encoding="utf-8", newline="") as file:
        groups = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADER, restval="")
        writer.writeheader()
        for place in places:
            born = date(1950, 1, 1) + timedelta(days=place)
            name = "".join("钱孙周郑王冯陈褚卫蒋"[int(digit)] for digit in f"{place:04}")
            group, first = groups[place % len(groups)], date(2021, 1, 5) + timedelta(days=75 * (place // 900))
            cells = {
                "社区": group["community"], "居民小组": group["group"], "姓名": name, "职务": "居民小组成员",
                "身份证号": factories.id_number(born, number), "联系电话": f"{phone}{place:08}", "任职日期": first,
                "离任日期": first + timedelta(days=70), "离任原因": "辞职", "在职情况": "非在职",
                "开户银行": "中国农业银行", "银行账号": f"62284800{number}{place:05}", "备注": note,
            }  # fmt: skip
            writer.writerow(cells)
    return path


# A small process between: what a process takes at most begins with the size of the one that starts it.
MEASURED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_maxrss / 1024, used.ru_utime + used.ru_stime)
sys.exit(code)
"""


def cost(site: Site, file: Path, *options: str) -> tuple[float, float]:
    """Megabytes at most and seconds of processor time of the process that loads the file, and of its reader."""
    command = [sys.executable, "-c", MEASURED, sys.executable, "manage.py", "import_roster", str(file), *options]
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=site.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    megabytes, seconds = map(float, done.stdout.split())
    return megabytes, seconds


def costs(site: Site, folder: Path, places: range) -> dict[str, tuple[float, float]]:
    return {
        "load": cost(site, written(folder / "first.csv", places)),  # and the same file's preview costs less
        "change": cost(site, written(folder / "second.csv", places, phone=138, note="核对过")),
        # It asks about everybody.
        "questions": cost(site, written(folder / "asked.csv", places, number=2, phone=137), "--dry-run"),
    }


def test_a_city_s_roster_is_read_and_changed_in_bounded_memory_and_time(site, tmp_path):
    few, many = (costs(site, tmp_path, places) for places in (range(FEW), range(FEW, FEW + ROWS)))
    memory = {name: few[name][0] + (many[name][0] - few[name][0]) / (ROWS - FEW) * (CITY - FEW) for name in few}
    load, change = (many[name][1] - few[name][1] for name in ("load", "change"))
    print({name: f"{each:.0f} MB" for name, each in memory.items()}, f"change {change / load:.2f} x load")  # noqa: T201
    assert max(memory.values()) < MOST_MEGABYTES
    assert change < 2 * load
