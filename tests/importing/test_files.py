"""Files as they come: every encoding and separator, and every way in which one is broken. The good rows are kept."""

import pytest
from django.db import connection

from contacts.importing import columns
from contacts.models import Contact, ContactPoint, ContactTag, Import
from contacts.services import importing
from contacts.services.errors import Invalid
from tests.factories import MANAGER
from tests.importing.conftest import bring, check, work

PEOPLE = "first_name,last_name,email,phone\n"
ADA = "Ada,Byron,ada@example.org,(415) 555-0100\n"
ZOE = "Zoë,Müller,zoe@example.org,+14155550101\n"


def names() -> list[str]:
    return sorted(Contact.objects.values_list("first_name", flat=True))


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "windows-1252"]
)
def test_names_survive_every_encoding(brought, encoding):
    filed = brought((PEOPLE + ADA + ZOE).encode(encoding))

    assert names() == ["Ada", "Zoë"]
    assert ("Windows-1252" in filed.source.note) == (encoding == "windows-1252")


def test_a_broken_byte_costs_its_row_and_no_other(brought):
    filed = brought((PEOPLE + ADA + ZOE).encode() + b"Bro\xffken,Row,broken@example.org,\n")

    assert names() == ["Ada", "Zoë"]
    assert "A character cannot be read" in filed.told()[4]
    assert "not UTF-8" in filed.source.note


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_separator_is_found(brought, mark):
    brought((PEOPLE + ADA).replace(",", mark))

    assert sorted(ContactPoint.objects.values_list("value", flat=True)) == ["+14155550100", "ada@example.org"]


def test_excel_may_say_its_separator_itself(brought):
    brought("sep=;\n" + (PEOPLE + ADA).replace(",", ";"))

    assert names() == ["Ada"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_every_system(brought, end):
    brought((PEOPLE + ADA + ZOE).replace("\n", end))

    assert names() == ["Ada", "Zoë"]


def test_an_open_quotation_mark_costs_its_row_and_no_other(brought):
    filed = brought(PEOPLE + 'Open,"Byron,open@example.org,\n' + ADA + ZOE + '"Last,Row,last@example.org')

    assert names() == ["Ada", "Zoë"]
    assert set(filed.told()) == {2, 5}
    assert "never closed" in filed.told()[5]


def test_something_behind_a_quotation_mark_costs_its_row(brought):
    filed = brought(PEOPLE + '"Ada" Augusta,Byron,a@example.org,\n' + ZOE)

    assert names() == ["Zoë"]
    assert "follows a closing quotation mark" in filed.told()[2]


def test_a_line_break_in_quotation_marks_is_part_of_the_cell(brought):
    filed = brought(
        PEOPLE + '"Ada",Byron,ada@example.org,"(415) 555-0100\n(415) 555-0199"\n' + "Bad,,nonsense,\n"
    )

    assert ContactPoint.objects.filter(kind="phone").count() == 2
    assert list(filed.told()) == [3]


def test_a_cell_of_a_million_characters_costs_its_row(brought):
    filed = brought(PEOPLE + f"{'a' * 1_000_000},Byron,long@example.org,\n" + ADA)

    assert names() == ["Ada"]
    assert filed.told()[2] == "first_name: This is 1,000,000 characters long: at most 200 fit."
    assert len(filed.problems()) < 3_000


def test_a_line_without_an_end_costs_its_row_and_little_memory(brought):
    filed = brought(PEOPLE + ADA + "x" * 9_000_000 + "\n" + ZOE)

    assert names() == ["Ada", "Zoë"]
    assert "longer than a million characters" in filed.told()[3]


def test_a_zero_byte_costs_its_row(brought):
    filed = brought(PEOPLE + "A\x00da,Byron,zero@example.org,\n" + ZOE)

    assert names() == ["Zoë"]
    assert "zero byte" in filed.told()[2]


def test_a_row_that_was_cut_off_is_not_half_a_contact(brought):
    filed = brought(PEOPLE + ADA + "Zoë,Müller,zoe@exam")

    assert names() == ["Ada"]
    assert "3 cells and the header has 4" in filed.told()[3]


def test_a_row_with_a_cell_too_many_is_told(brought):
    filed = brought(PEOPLE + "Ada,Byron,Countess,ada@example.org,4155550100\n" + ZOE)

    assert names() == ["Zoë"]
    assert "5 cells and the header has 4" in filed.told()[2]


def test_formulas_are_text_and_leave_as_text(brought):
    filed = brought(PEOPLE + "=1+1,@SUM(A1),ada@example.org,\n" + "=2+2,,nonsense,\n")

    assert names() == ["=1+1"]
    assert "'=2+2" in filed.problems()


def test_an_exported_number_comes_back_without_the_apostrophe_that_protected_it(brought):
    brought(PEOPLE + "Ada,Byron,,'+14155550100\n")

    assert ContactPoint.objects.get().value == "+14155550100"


def test_bad_phones_are_told_each_with_its_row(brought):
    rows = [f"Ada,{n},ada{n}@example.org,{'12' if n % 20 == 0 else f'41555501{n:02d}'}\n" for n in range(100)]
    filed = brought(PEOPLE + "".join(rows))

    assert Contact.objects.count() == 95
    assert sorted(filed.told()) == [2, 22, 42, 62, 82]


def test_an_extension_is_told_with_its_row(brought):
    filed = brought(PEOPLE + "Ada,Byron,ada@example.org,+14155550100 ext 5\n")

    assert "An extension cannot be kept" in filed.told()[2]
    assert not ContactPoint.objects.exists()


def test_namesakes_among_the_columns_are_told_apart(business):
    source = bring(business, "Phone,Phone,Email,Email\n4155550100,4155550101,a@example.org,b@example.org\n")

    assert source.targets == ["phone", "phone", "email", ""]
    with pytest.raises(Invalid) as caught:
        check(source, targets=["phone", "phone", "email", "email"])
    assert "Email is taken from “Email (column 3)” already" in caught.value.errors["columns.3"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"\n\n", "The file is empty."),
        (b"\xef\xbb\xbf", "The file is empty."),
        (b"email,phone\n", "a header and no rows"),
        (b"email,phone\n\n,\n", "a header and no rows"),
        (b"PK\x03\x04 a workbook", "no CSV file"),
        (b'"email,phone\na@example.org,1\n', "cannot be read"),
        (",".join(f"c{n}" for n in range(201)).encode() + b"\n1\n", "more than 200 columns"),
    ],
)
def test_what_is_no_file_of_contacts_is_refused_at_once(business, content, sentence):
    with pytest.raises(Invalid, match=sentence):
        bring(business, content)
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ("fax,", "There is no channel “fax”"),
        ("sms; fax,", "There is no channel “fax”"),
        ("sms,stop_keyword", "An import cannot give the reason “stop_keyword”"),
        ("sms,because", "An import cannot give the reason “because”"),
    ],
)
def test_an_unknown_channel_or_reason_refuses_the_row(brought, cells, sentence):
    filed = brought(f"email,dnd,dnd reason\nada@example.org,{cells}\nzoe@example.org,sms,import\n")

    assert Contact.objects.get().points.get().value == "zoe@example.org"
    assert sentence in filed.told()[2]


def test_a_column_about_dnd_that_nobody_reads_is_pointed_out(business):
    source = bring(business, "email,dnd_fax,Opted out of pagers\na@example.org,yes,no\n")

    assert columns.doubtful(source.headers, source.targets) == ["dnd_fax", "Opted out of pagers"]


def test_the_last_mapping_of_the_same_headers_is_remembered(business, brought):
    check(bring(business, "who,where\nAda,ada@example.org\n"), targets=["first_name", "email"])

    assert bring(business, "where,who\nzoe@example.org,Zoë\n").targets == ["email", "first_name"]
    assert bring(business, "where,whom\nzoe@example.org,Zoë\n").targets == ["", ""]


def test_a_file_can_be_mapped_anew_before_it_is_imported(business):
    source = bring(business, "who,where\nAda,ada@example.org\n")
    check(source, targets=["first_name", ""])
    filed = check(source, targets=["", "email"], tags=("new", "New"))
    importing.go(source=source, by=MANAGER)
    work()

    assert filed.result == {"created": 1}
    assert Contact.objects.get().first_name == ""
    assert ContactTag.objects.get().tag.name == "New"


def test_a_file_into_an_empty_database_lets_postgresql_count_what_has_come(brought):
    lines = [f"Ada,ada{number}@example.org" for number in range(600)]

    brought("first_name,email\n" + "\n".join(lines) + "\n")

    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'contacts_contact'")
        assert cursor.fetchone()[0] >= 500
