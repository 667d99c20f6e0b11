"""A file of visits alone joins the requests that it names; what matches nothing is set aside."""

import pandas as pd
from exports import JUNAN, kept, reasons, row, rows, table, take, version, write

HEADERS = ("工单编号", "承办单位", "回访时间", "服务过程评价", "办理结果评价")


def visit(n: int, **changes: object) -> dict[str, object]:
    sound = {
        "工单编号": row(n)["工单编号"],
        "承办单位": row(n)["承办单位"],
        "回访时间": "2021-10-30 10:00:00",
    }
    return {**sound, "服务过程评价": "满意", "办理结果评价": "不满意", **changes}


def visits(root, records, name="回访_20211031.xlsx"):
    return take(root, write(root / name, table(records, HEADERS)))


def test_visits_join_the_requests_they_name(tmp_path):
    """The visit is stored with its handling and nothing else of the request changes."""
    take(tmp_path, write(tmp_path / "工单_20211031.xlsx", table(rows(6))))
    before = kept(tmp_path)
    report = visits(tmp_path, [visit(1), visit(3)])
    assert report.files[0].is_visits
    assert (report.read, report.stored) == (2, 2)
    after = kept(tmp_path)
    assert list(after["visited_at"].dropna().astype(str)) == ["2021-10-30 10:00:00"] * 2
    assert list(after["service_rating"].dropna()) == ["满意", "满意"]
    same = ["request_id", "requested_at", "unit", "closed_at", "topic", "source", "exported_at"]
    pd.testing.assert_frame_equal(before[same], after[same])


def test_visits_and_requests_in_one_import(tmp_path):
    """Both files at once, in whatever order, come to one commit."""
    a = write(tmp_path / "a回访.csv", table([visit(n) for n in range(4)], HEADERS))
    b = write(tmp_path / "b工单.csv", table(rows(4)))
    report = take(tmp_path, a, b)
    assert (report.read, report.stored, version(tmp_path)) == (8, 8, 0)
    assert kept(tmp_path)["visited_at"].notna().all()


def test_visits_that_match_nothing_are_set_aside(tmp_path):
    """An unknown request, a unit that never had it, a request of several units without saying which, no visit time."""
    both = row(2, 承办单位="大店镇、住建局")
    take(tmp_path, write(tmp_path / "工单.xlsx", table([row(0), row(1), both])))
    given = [visit(0), visit(99), visit(1, 承办单位="团林镇"), visit(2, 承办单位=""), visit(1, 回访时间="")]
    report = visits(tmp_path, given)
    assert (report.read, report.stored, report.set_aside) == (5, 1, 4)
    assert reasons(report) == {
        "档案里没有这个工单": 1,
        "这个工单没有交给“团林镇”": 1,
        "工单有几个承办单位，没有写明回访的是哪一个": 1,
        "回访时间：没有回访时间": 1,
    }
    (aside,) = report.aside_files
    sheet = pd.read_excel(aside, dtype=str, engine="calamine", keep_default_na=False)
    assert set(sheet["工单编号"]) == {visit(n)["工单编号"] for n in (99, 1, 2)}


def test_a_visit_without_a_unit_belongs_to_the_only_one(tmp_path):
    """A request with one handling, or with none, needs no unit named."""
    take(tmp_path, write(tmp_path / "工单.xlsx", table([row(0), row(1, 承办单位="")])))
    assert visits(tmp_path, [visit(0, 承办单位=""), visit(1, 承办单位="")]).stored == 2


def test_visits_again_and_later_and_earlier(tmp_path):
    """The same visits change nothing; a later visit replaces; an earlier one imported late does not."""
    take(tmp_path, write(tmp_path / "工单.xlsx", table(rows(3))))
    visits(tmp_path, [visit(0)])
    at = version(tmp_path)
    assert visits(tmp_path, [visit(0)]).unchanged == 1
    assert version(tmp_path) == at
    again = visits(tmp_path, [visit(0, 回访时间="2021-10-31 10:00:00", 办理结果评价="满意")], "回访2.xlsx")
    assert (again.replaced, kept(tmp_path)["result_rating"][0]) == (1, "满意")
    early = visits(tmp_path, [visit(0, 回访时间="2021-10-29 10:00:00")], "回访3.xlsx")
    assert (early.unchanged, early.files[0].older) == (1, 1)
    assert kept(tmp_path)["result_rating"][0] == "满意"


def test_visits_given_twice_in_one_file(tmp_path):
    """Of two visits to one handling the latest counts, and the other row is a repetition."""
    take(tmp_path, write(tmp_path / "工单.xlsx", table(rows(2))))
    report = visits(
        tmp_path, [visit(0), visit(0, 回访时间="2021-10-31 09:00:00", 服务过程评价="不满意"), visit(0)]
    )
    assert (report.read, report.stored, report.repeated) == (3, 1, 2)
    assert kept(tmp_path)["service_rating"][0] == "不满意"


def test_a_later_export_without_visits_does_not_erase_them(tmp_path):
    """The platform's next export knows nothing of the visits file: the visits stay, the rest of the request is replaced."""
    take(tmp_path, write(tmp_path / "工单_20211031.xlsx", table(rows(3))))
    visits(tmp_path, [visit(0), visit(2)])
    later = write(
        tmp_path / "工单_20211107.xlsx", table([row(0, 办结时间="2021-11-02 09:00:00"), row(1), row(2)])
    )
    report = take(tmp_path, later)
    assert (report.replaced, report.unchanged) == (1, 2)
    stored = kept(tmp_path)
    assert list(stored["visited_at"].notna()) == [True, False, True]
    assert str(stored["closed_at"][0]) == "2021-11-02 09:00:00"


def test_an_export_with_visits_of_its_own_replaces_them(tmp_path):
    """Visits that came with an export are the export's to take back; those of a visits file it may only outdo."""
    take(
        tmp_path,
        write(
            tmp_path / "工单_20211031.xlsx",
            table([row(0, 回访时间="2021-10-30 08:00:00", 服务过程评价="满意"), row(1)]),
        ),
    )
    visits(tmp_path, [visit(1)])
    given = [row(0), row(1, 回访时间="2021-10-31 08:00:00", 服务过程评价="基本满意")]
    take(tmp_path, write(tmp_path / "工单_20211107.xlsx", table(given)))
    stored = kept(tmp_path)
    assert list(stored["visited_at"].notna()) == [False, True]
    assert stored["service_rating"][1] == "基本满意"


def test_ratings_without_a_visit_time_are_told(tmp_path):
    """An export's rating without a time of visit is stored and counts nowhere: the report says so."""
    report = take(tmp_path, write(tmp_path / "工单.xlsx", table([row(0, 服务过程评价="满意"), row(1)])))
    assert report.stored == 2
    assert any(note.startswith("1 行有评价而没有回访时间") for note in report.files[0].notes)
    assert JUNAN.satisfied


def test_one_row_of_visits_for_several_units(tmp_path):
    """A visit that names two units is both handlings'; where one was visited later, that one keeps its own."""
    take(tmp_path, write(tmp_path / "工单.xlsx", table([row(1, 承办单位="大店镇、住建局")])))
    visits(tmp_path, [visit(1, 承办单位="住建局", 回访时间="2021-10-31 10:00:00", 服务过程评价="基本满意")])
    report = visits(tmp_path, [visit(1, 承办单位="大店镇、住建局")], "回访2.xlsx")
    assert report.stored == 1
    stored = kept(tmp_path).set_index("unit")
    assert dict(stored["service_rating"]) == {"大店镇": "满意", "住建局": "基本满意"}
    assert dict(stored["visit_source"]) == {
        "大店镇": "回访2.xlsx［工单］",
        "住建局": "回访_20211031.xlsx［工单］",
    }
