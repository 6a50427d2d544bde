"""Where the table stands: titles, headings, totals, footers, several tables, wide months."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.corpus.case import (
    HEADER,
    Case,
    by_openpyxl,
    by_xlsxwriter,
    records,
    text,
    zipped,
)

PLAIN = [HEADER, *records()]
TOTAL = ("Total", None, 192, 36.75)


def _csv(rows: list[Any], delimiter: str = ",") -> str:
    return "".join(
        delimiter.join("" if cell is None else str(cell) for cell in row) + "\n" for row in rows
    )


def _merge(*ranges: str) -> Any:
    def change(_: Any, sheet: Any) -> None:
        for one in ranges:
            sheet.merge_cells(one)

    return change


def _sheet_per_team(book: Any, first: Any) -> None:
    first.title = "North"
    for name in ("South", "West"):
        page = book.create_sheet(name)
        for row in PLAIN:
            page.append(list(row))


def _hidden_sheet(book: Any, _: Any) -> None:
    page = book.create_sheet("Lists")
    page.append(["Open", "Closed"])
    page.sheet_state = "hidden"


def _hidden_rows(_: Any, sheet: Any) -> None:
    for row in (3, 5):
        sheet.row_dimensions[row].hidden = True


def _chart_and_note(book: Any, _: Any) -> None:
    book.create_sheet("Read me").append(["This workbook was made by the finance team."])


MONTHS = ["Jan 2024", "Feb 2024", "Mar 2024", "Apr 2024"]
WIDE = [["Team", *MONTHS], ["A", 1, 2, 3, 4], ["B", 5, 6, 7, 8]]
LONG = ("Team", "Month")

CASES = (
    Case("plain.xlsx", by_openpyxl(PLAIN), (6,), HEADER),
    Case("plain.csv", text(_csv(PLAIN)), (6,), HEADER),
    Case("title.xlsx", by_openpyxl([["Monthly report"], [], *PLAIN]), (6,), HEADER),
    Case("title-adjacent.xlsx", by_openpyxl([["Monthly report"], *PLAIN]), (6,), HEADER),
    Case(
        "title-merged.xlsx",
        by_openpyxl([["Report", None, None, None], *PLAIN], _merge("A1:D1")),
        (6,),
        HEADER,
    ),
    Case(
        "title-and-range.csv",
        text('Campaign report\n"August 1, 2026 - August 31, 2026"\n' + _csv(PLAIN)),
        (6,),
        HEADER,
    ),
    Case(
        "title-pairs.xlsx",
        by_openpyxl(
            [
                ["Report", "Tickets"],
                ["From", "2024-01-01"],
                [],
                ["Team", "Month", "A", "B", "C", "D"],
                *[[f"T{i}", "2024-01", i, i, i, i] for i in range(4)],
            ]
        ),
        (4,),
        ("Team", "Month", "A"),
    ),
    Case("total.xlsx", by_openpyxl([*PLAIN, TOTAL]), (6,), HEADER, ("totals_left_out@A8",)),
    Case("total.csv", text(_csv([*PLAIN, TOTAL])), (6,), HEADER, ("totals_left_out@A8",)),
    Case(
        "total-german.csv",
        text(_csv([*PLAIN, ("Gesamtsumme", None, 192, 36.75)])),
        (6,),
        HEADER,
        ("totals_left_out",),
    ),
    Case(
        "total-nameless.xlsx",
        by_openpyxl([*PLAIN, (None, None, 192, 36.75)]),
        (6,),
        HEADER,
        ("totals_left_out@C8",),
    ),
    Case(
        "total-other-name.xlsx",
        by_openpyxl([*PLAIN, ("All teams", "2024", 192, 36.75)]),
        (6,),
        HEADER,
        ("totals_left_out@A8",),
    ),
    Case(
        "not-a-total.xlsx",
        by_openpyxl([*PLAIN, ("Total Energies", "2024-07-15", 31, 8)]),
        (7,),
        HEADER,
    ),
    Case(
        "team-called-total.csv",
        text("Team,Owner,Cost\nTotal,Ann,3\nNorth,Bob,4\nSouth,Cem,9\n"),
        (3,),
        ("Team", "Owner", "Cost"),
    ),
    Case(
        "subtotals.xlsx",
        by_openpyxl(
            [
                HEADER,
                *records(3),
                ("Subtotal", None, 51, 12.75),
                *records(4),
                ("Subtotal", None, 88, 19.5),
                ("Grand Total", None, 139, 32.25),
            ]
        ),
        (7,),
        HEADER,
        ("totals_left_out",),
    ),
    Case(
        "subtotal-year.csv",
        text(
            "Month,Team,Cost\n2024-01,A,3\n2024-02,A,4\nSubtotal 2024,,7\n2025-01,A,5\n2025-02,B,6\nSubtotal 2025,,11\n"
        ),
        (4,),
        ("Month",),
        ("totals_left_out@A4",),
    ),
    Case(
        "google-ads.csv",
        text(
            'Campaign report\n"August 1, 2026 - August 31, 2026"\nCampaign,Currency,Clicks,Cost\nA,EUR,"1,204",33.10\nB,EUR,7, --\nTotal: All campaigns, --,"1,211",33.10\nTotal: Account, --,"1,211",33.10\n'
        ),
        (2,),
        ("Campaign", "Clicks"),
        ("totals_left_out",),
    ),
    Case(
        "salesforce.xlsx",
        by_openpyxl(
            [
                ["Opportunity report"],
                [],
                ["Region", "Owner", "Deal", "Amount"],
                ["DACH", "Ann", "D-1", 10],
                [None, "Bob", "D-2", 20],
                ["Subtotal", None, None, 30],
                ["UK", "Cem", "D-3", 5],
                [None, "Cem", "D-4", 7],
                ["Subtotal", None, None, 12],
                ["Grand Total", None, None, 42],
                [],
                ["Confidential Information - Do Not Distribute"],
                ["Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved."],
            ]
        ),
        (4,),
        ("Region", "Owner"),
        ("totals_left_out", "footer_left_out", "groups_filled"),
    ),
    Case(
        "sap-list.csv",
        text(
            "Purchasing documents per supplier\n\nDocument;Supplier;Value\n4500;A GmbH;1.200,50\n4501;B GmbH;300,00\n\nPurchasing documents per supplier\n\nDocument;Supplier;Value\n4502;C GmbH;99,00\n4503;C GmbH;1,00\n*;;1.600,50\n"
        ),
        (4,),
        ("Document", "Supplier", "Value"),
        ("repeated_heading", "totals_left_out"),
    ),
    Case(
        "repeated-heading.xlsx",
        by_openpyxl([HEADER, *records(3), HEADER, *records(3)]),
        (6,),
        HEADER,
        ("repeated_heading@A5",),
    ),
    Case(
        "section-per-team.csv",
        text(
            "North\nName,Cost,Hours\nx,1,2\ny,2,3\n\nSouth\nName,Cost,Hours\nz,5,6\n\nWest\nName,Cost,Hours\nv,7,9\n"
        ),
        (4,),
        ("Name", "Cost", "Hours", "Section"),
        ("repeated_heading@A6",),
    ),
    Case(
        "footer.xlsx",
        by_openpyxl([*PLAIN, [], ["Source: finance system, 3 March 2026"]]),
        (6,),
        HEADER,
        ("footer_left_out@A9",),
    ),
    Case(
        "footer-and-total.xlsx",
        by_openpyxl([*PLAIN, TOTAL, ["Generated on 2026-03-03 by Ann"]]),
        (6,),
        HEADER,
        ("footer_left_out", "totals_left_out"),
    ),
    Case(
        "units-row.xlsx",
        by_openpyxl([HEADER, [None, None, "count", "EUR"], *records()]),
        (6,),
        ("Team", "Month", "Tickets (count)", "Cost (EUR)"),
    ),
    Case(
        "units-brackets.csv",
        text("Month,Cost,Time\n,[EUR],[h]\n2024-01,3,4\n2024-02,5,6\n"),
        (2,),
        ("Month", "Cost (EUR)", "Time (h)"),
    ),
    Case(
        "two-row-heading.xlsx",
        by_openpyxl(
            [
                ["Team", "Support", None, "Sales", None],
                [None, "Tickets", "Cost", "Deals", "Cost"],
                ["A", 1, 2.0, 3, 4.5],
                ["B", 5, 6.0, 7, 8.5],
            ],
            _merge("B1:C1", "D1:E1"),
        ),
        (2,),
        ("Team", "Support Tickets", "Support Cost", "Sales Deals", "Sales Cost"),
    ),
    Case(
        "two-row-repeated.csv",
        text("Team,2023,,2024,\n,Tickets,Cost,Tickets,Cost\nA,1,2,3,4\nB,5,6,7,8\n"),
        (2,),
        ("Team", "2023 Tickets", "2023 Cost", "2024 Tickets", "2024 Cost"),
    ),
    Case(
        "merged-heading-tall.xlsx",
        by_openpyxl(
            [["Team", "Cost", None], [None, "Plan", "Actual"], ["A", 1, 2], ["B", 3, 4]],
            _merge("A1:A2", "B1:C1"),
        ),
        (2,),
        ("Team", "Cost Plan", "Cost Actual"),
    ),
    Case(
        "merged-body.xlsx",
        by_openpyxl(
            [
                ["Region", "Team", "Cost"],
                ["North", "A", 1],
                [None, "B", 2],
                ["South", "C", 3],
                [None, "D", 4],
            ],
            _merge("A2:A3", "A4:A5"),
        ),
        (4,),
        ("Region", "Team", "Cost"),
        ("groups_filled",),
    ),
    Case(
        "qualtrics.csv",
        text(
            'StartDate,Status,Q_NPS\nStart Date,Response Type,How likely are you to recommend us?\n"{""ImportId"":""startDate"",""timeZone"":""America/Denver""}","{""ImportId"":""status""}","{""ImportId"":""QID1""}"\n2024-01-03 10:00,IP Address,9\n2024-01-04 11:30,IP Address,3\n'
        ),
        (2,),
        ("StartDate", "Status", "Q_NPS"),
    ),
    Case(
        "surveymonkey.csv",
        text(
            "Respondent ID,Start Date,Which channels?,,How likely?\n,,Phone,Mail,Response\n1,01/02/2024,Phone,,9\n2,01/13/2024,,Mail,10\n"
        ),
        (2,),
        (
            "Respondent ID",
            "Start Date",
            "Which channels? Phone",
            "Which channels? Mail",
            "How likely?",
        ),
    ),
    Case(
        "meta-daily.csv",
        text(
            'sep=,\r\n"Facebook follows"\r\n"Date","Primary"\r\n"2026-08-01T00:00:00","12"\r\n"2026-08-02T00:00:00","15"\r\n',
            "utf-16",
        ),
        (2,),
        ("Date", "Facebook follows"),
        notes={"encoding": "utf-16-le"},
    ),
    Case(
        "meta-posts.csv",
        text(
            "Post ID,Posted,Reach,Clicks\n,,Lifetime: The number of people who saw your post at least once.,Lifetime: The number of clicks anywhere in your post.\n1,01/02/2024,120,3\n2,01/14/2024,90,4\n"
        ),
        (2,),
        ("Post ID", "Posted", "Reach", "Clicks"),
    ),
    Case(
        "linkedin.xlsx",
        by_openpyxl(
            [
                ["This sheet shows the metrics of your page in the chosen period, in UTC."],
                ["Date", "Impressions (total)", "Clicks (total)"],
                ["08/01/2026", 120, 3],
                ["08/02/2026", 90, 4],
            ]
        ),
        (2,),
        ("Date", "Impressions (total)"),
    ),
    Case(
        "jira.xls",
        text(
            "<html><head><meta charset='utf-8'><style>td{x}</style></head><body><table><tr><td colspan='3'>Tracker</td></tr><tr><th>Key</th><th>Status</th><th>Votes</th></tr><tr><td>A-1</td><td>Open</td><td>3</td></tr><tr><td>A-2</td><td>Done &amp; out</td><td>4</td></tr><tr><td colspan='3'>Generated at Mon 3 Mar 2026 by Ann using Jira</td></tr></table></body></html>"
        ),
        (2,),
        ("Key", "Status", "Votes"),
        ("footer_left_out",),
    ),
    Case(
        "web-archive.xls",
        text(
            'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="b"\n\n--b\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n<html><table><tr><td colspan=3D2>Report</td></tr><tr><td>Team</td><td>Cost</td></tr><tr><td>A</td><td>3</td></tr><tr><td>B</td><td>4</td></tr></table></html>\n--b--\n'
        ),
        (2,),
        ("Team", "Cost"),
    ),
    Case(
        "html-two-tables.xls",
        text(
            "<table><tr><th>A</th><th>B</th></tr><tr><td>x</td><td>1</td></tr><tr><td>y</td><td>2</td></tr></table><p>and</p><table><tr><th>C</th><th>D</th><th>E</th></tr><tr><td>p</td><td>1</td><td>2</td></tr></table>"
        ),
        (2, 1),
        ("A", "B"),
    ),
    Case(
        "html-unclosed.xls",
        text("<table><tr><td>Team<td>Cost<tr><td>A<td>3<tr><td>B<td>4</table>"),
        (2,),
        ("Team", "Cost"),
    ),
    Case(
        "html-cells-before-rows.xls",
        text("<html><table><td>Team<td>Cost<tr><td>A<td>3<tr><td>B<td>4</table>"),
        (2,),
        ("Team", "Cost"),
    ),
    Case(
        "spreadsheetml.xls",
        text(
            '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="S1"><Table><Row><Cell><Data ss:Type="String">Team</Data></Cell><Cell ss:Index="3"><Data ss:Type="String">Cost</Data></Cell></Row><Row ss:Index="4"><Cell><Data ss:Type="String">A</Data></Cell><Cell ss:Index="3"><Data ss:Type="Number">3.5</Data></Cell></Row></Table></Worksheet></Workbook>'
        ),
        (1,),
        ("Team", "Cost"),
    ),
    Case(
        "duplicate-names.csv",
        text("number,category,category\n1,a,b\n2,c,d\n"),
        (2,),
        ("number", "category", "category (2)"),
    ),
    Case(
        "blank-heading.csv",
        text("Team,,Cost\nA,x,3\nB,y,4\n"),
        (2,),
        ("Team", "Column B", "Cost"),
        ("heading_blank@B:B",),
    ),
    Case(
        "no-heading.csv", text("1,2,3\n4,5,6\n7,8,9\n"), (3,), ("Column A",), ("heading_missing",)
    ),
    Case("blank-rows.xlsx", by_openpyxl([HEADER, *records(3), [], [], *records(3)]), (6,), HEADER),
    Case(
        "blank-first-columns.xlsx",
        by_openpyxl([[], [], *[[None, None, *row] for row in PLAIN]]),
        (6,),
        HEADER,
    ),
    Case(
        "spacer-column.xlsx",
        by_openpyxl([["Team", None, "Cost", "Hours"], ["A", None, 3, 1], ["B", None, 4, 2]]),
        (2,),
        ("Team", "Cost", "Hours"),
    ),
    Case(
        "side-by-side.xlsx",
        by_openpyxl(
            [
                ["Team", "Cost", None, "Month", "Hours"],
                ["A", 3, None, "2024-01", 7],
                ["B", 4, None, "2024-02", 8],
                ["C", 5, None, None, None],
            ]
        ),
        (3, 2),
        ("Team", "Cost"),
    ),
    Case(
        "one-under-another.xlsx",
        by_openpyxl(
            [*PLAIN, [], [], ["Region", "Head", "Count"], ["N", "Ann", 4], ["S", "Bob", 5]]
        ),
        (6, 2),
        HEADER,
    ),
    Case(
        "titled-tables.xlsx",
        by_openpyxl(
            [
                ["Tickets"],
                ["Team", "Tickets"],
                ["A", 1],
                ["B", 2],
                [],
                ["Costs"],
                ["Team", "Month", "Cost"],
                ["A", "2024-01", 3],
                ["B", "2024-01", 4],
            ]
        ),
        (2, 2),
        ("Team", "Tickets"),
    ),
    Case("sheet-per-team.xlsx", by_openpyxl(PLAIN, _sheet_per_team), (6, 6, 6), HEADER),
    Case("hidden-sheet.xlsx", by_openpyxl(PLAIN, _hidden_sheet), (6,), HEADER, ("hidden_sheet",)),
    Case("hidden-rows.xlsx", by_openpyxl(PLAIN, _hidden_rows), (6,), HEADER, ("hidden_rows@3:3",)),
    Case(
        "note-sheet.xlsx",
        by_openpyxl(PLAIN, _chart_and_note),
        (6,),
        HEADER,
        ("sheet_without_table",),
    ),
    Case(
        "empty-sheet.xlsx",
        by_openpyxl(PLAIN, lambda book, _: book.create_sheet("Sheet2")),
        (6,),
        HEADER,
        ("sheet_empty",),
    ),
    Case("wide-months.xlsx", by_openpyxl(WIDE), (8,), LONG, ("months_across",)),
    Case("wide-months.csv", text(_csv(WIDE)), (8,), LONG, ("months_across",)),
    Case(
        "wide-dates.xlsx",
        by_openpyxl([["Team", *[datetime(2024, m, 1) for m in range(1, 5)]], *WIDE[1:]]),
        (8,),
        LONG,
        ("months_across",),
    ),
    Case(
        "wide-iso.csv",
        text("Team,2024-01,2024-02,2024-03\nA,1,2,3\nB,4,5,6\n"),
        (6,),
        LONG,
        ("months_across",),
    ),
    Case(
        "wide-gap.csv",
        text("Team,2024-01,2024-02,2024-03\nA,1,,3\nB,4,5,\n"),
        (4,),
        LONG,
        ("months_across",),
    ),
    Case(
        "wide-quarters.csv",
        text("Team,Q1 2024,Q2 2024,Q3 2024,Q4 2024\nA,1,2,3,4\n"),
        (4,),
        ("Team", "Quarter"),
        ("months_across",),
    ),
    Case(
        "wide-bare-months.csv",
        text("Tickets 2024\n\nTeam,Jan,Feb,Mar,Apr\nA,1,2,3,4\nB,5,6,7,9\n"),
        (8,),
        ("Team", "Month", "Tickets 2024"),
        ("months_across",),
    ),
    Case(
        "wide-with-total.csv",
        text("Team,Jan-24,Feb-24,Mar-24,Total\nA,1,2,3,6\nB,4,5,6,15\nTotal,5,7,9,21\n"),
        (6,),
        LONG,
        ("months_across", "totals_left_out"),
    ),
    Case(
        "wide-german.csv",
        text("Team;Januar 2024;Februar 2024;März 2024\nA;1,5;2,5;3\nB;4;5;6\n", "cp1252"),
        (6,),
        LONG,
        ("months_across",),
    ),
    Case(
        "wide-two-measures.xlsx",
        by_openpyxl(
            [
                ["Team", "Jan 2024", None, "Feb 2024", None, "Mar 2024", None],
                [None, *["Tickets", "Cost"] * 3],
                ["A", 1, 2, 3, 4, 5, 6],
                ["B", 7, 8, 9, 10, 11, 12],
            ],
            _merge("B1:C1", "D1:E1", "F1:G1"),
        ),
        (6,),
        ("Team", "Month", "Tickets", "Cost"),
        ("months_across",),
    ),
    Case(
        "stray-cell.xlsx",
        by_openpyxl(PLAIN, lambda _, s: s.cell(5000, 2, "x")),
        (6,),
        HEADER,
        ("stray_cell@B5000",),
    ),
    Case(
        "stray-corner.xlsx",
        by_xlsxwriter(
            lambda _, s: (
                [s.write_row(i, 0, row) for i, row in enumerate(PLAIN)]
                + [s.write(1048575, 16383, 7)]
            )
        ),
        (6,),
        HEADER,
        ("stray_cell@XFD1048576",),
    ),
    Case("heading-only.csv", text("Team,Month,Cost\n"), (0,), ("Team",), ("table_without_rows",)),
    Case(
        "heading-line-breaks.xlsx",
        by_openpyxl([["Team\nname", "Cost \n(EUR)"], ["A", 3], ["B", 4]]),
        (2,),
        ("Team name", "Cost (EUR)"),
    ),
    Case(
        "zip-of-csv.zip",
        zipped(
            {
                "a.csv": _csv(PLAIN).encode(),
                "deep/b.csv": _csv(PLAIN).encode(),
                "__MACOSX/._a.csv": b"\x00\x05",
                ".DS_Store": b"\x00\x01",
            }
        ),
        (6, 6),
        HEADER,
    ),
    Case(
        "zip-mixed.zip",
        zipped(
            {"a.csv": _csv(PLAIN).encode(), "b.xlsx": by_openpyxl(PLAIN), "c.pdf": b"%PDF-1.4 x"}
        ),
        (6, 6),
        HEADER,
        ("file_type_unknown",),
    ),
    Case("one-record.csv", text("Team,Cost\nA,3\n"), (1,), ("Team", "Cost")),
    Case(
        "all-text.csv",
        text("Team,Owner,Comment\nA,Ann,fine\nB,Bob,late\nC,Cem,fine\n"),
        (3,),
        ("Team", "Owner", "Comment"),
    ),
    Case(
        "long-texts.csv",
        text('Id,Text\n1,"first line\nsecond, line"\n2,"he said ""no"""\n3,plain\n'),
        (3,),
        ("Id", "Text"),
    ),
)
"""One line per file, so that the list reads as a list."""
