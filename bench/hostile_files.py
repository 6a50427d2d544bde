"""Files that want memory or time: what each costs, and how long another person's clicks take.

Each file goes the whole way a person's upload goes (read, recognised, counted; the marked workbook
for those that were read), in this process and its workers, of which memory is sampled: proportional
shares, so that what a child shares with its parent counts once. Meanwhile another thread does what
a click does. A file succeeds if it takes more than a gigabyte, or 30 seconds of processor time, or
a click takes a second.

python -m bench.hostile_files [--only WORD] [--seed 7]
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

MOST_MEGABYTES, MOST_SECONDS, LONGEST_CLICK = 1000.0, 30.0, 1.0
MEGA = 1_000_000


def wide(width: int, rows: int, cell: str = "1") -> bytes:
    """A csv of many columns under headings."""
    head = ",".join(f"c{i}" for i in range(width))
    return "\n".join([head, *([",".join([cell] * width)] * rows)]).encode()


def csvs() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Delimited texts: wide, ragged, quoted, long, deep, and of every encoding."""
    for mark in ",;\t|":
        yield f"one line of {mark!r}", lambda m=mark: m.encode() * (2 * MEGA)
        yield f"lines of {mark!r}", lambda m=mark: (m * 16_000 + "\n").encode() * 125
    for width, rows in ((16_384, 60), (16_384, 3), (4_000, 250), (1_000, 1_000), (300, 3_000)):
        yield f"{width} columns × {rows}", lambda w=width, r=rows: wide(w, r)
    yield "17,000 columns", lambda: wide(17_000, 5)
    yield "ragged: one wide record", lambda: b"a,b\n" * 400_000 + b"," * 16_000
    yield "ragged: wide first", lambda: b"," * 16_000 + b"\n" + b"a,b\n" * 400_000
    yield "ragged: 5 million cells", lambda: b"a,b\n" * 300_000 + b"x," * 16
    yield (
        "ragged: growing",
        lambda: b"\n".join(b"," * i for i in range(2_000)),
    )
    yield "open quote", lambda: b'a,b\n"' + b"x,1\n" * 500_000
    yield "every other quote", lambda: b"a,b\n" + b'x",1\n' * 400_000
    yield "backslashes", lambda: b"a,b\n" + b'\\"x\\",1\n' * 250_000
    yield "one field", lambda: b"a,b\nx," + b"9" * (8 * MEGA)
    yield "one digit number", lambda: b"Month,Team,Cost\n2024-01,A," + b"9" * (2 * MEGA)
    yield "long headings", lambda: b",".join([b"Cost " * 20_000] * 20) + b"\n" + b"1," * 19 + b"1"
    yield "blank lines", lambda: b"a,b\n" + b"\n" * (4 * MEGA) + b"1,2\n"
    yield "carriage returns", lambda: b"a,b\r" * MEGA
    yield "zeros", lambda: b"a,b\n" + b"\x00" * (4 * MEGA) + b"1,2\n"
    yield "spaces", lambda: b"a,b\n" + b"1," + b" " * (4 * MEGA)
    yield "UTF-32", lambda: ("a,b\n" + "1,2\n" * 200_000).encode("utf-32")
    yield "UTF-16 without mark", lambda: ("a,b\n" + "1,2\n" * 400_000).encode("utf-16-le")
    yield "not UTF-8", lambda: b"a,b\n" + b"\xff\xfe\xfd,\x81\n" * 400_000
    yield "dates", lambda: b"Month,Team,Cost\n" + b"99/99/9999 99:99:99,A,1\n" * 80_000
    yield (
        "distinct dates",
        lambda: (
            b"Month,Team,Cost\n"
            + b"".join(b"%d/%d/%d,A,1\n" % (i % 40, i % 17, i) for i in range(120_000))
        ),
    )
    yield (
        "distinct teams",
        lambda: (
            b"Month,Team,Support cost,Tickets resolved\n"
            + b"".join(b"2024-%02d,team %d,1,1\n" % (1 + i % 12, i) for i in range(80_000))
        ),
    )
    yield (
        "months for ever",
        lambda: b"Month,Team,Support cost,Tickets resolved\n0001-01,A,1,1\n9999-12,A,1,1\n",
    )
    yield "numbers beyond", lambda: b"Month,Team,Cost\n2024-01,A,1e999\n2024-02,A,-1e999\n" * 40_000
    yield "repeated headings", lambda: b"Month,Team,Cost\n" * 120_000
    yield "totals", lambda: b"Month,Team,Cost\n" + b"Total,,1\n" * 200_000
    yield (
        "tables without end",
        lambda: b"".join(b"A%d,B,C\n1,2,3\n\n\n" % i for i in range(60_000)),
    )
    yield "nested parentheses", lambda: b"a,b\n" + b"(" * 400_000 + b",1\n"
    yield "sep=", lambda: b"sep=\n" * 400_000
    yield "formulae", lambda: b"a,b\n" + b"=cmd|' /C calc'!A0,=1+1\n" * 80_000


def zips() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Archives: many, deep, repeated, lying, of odd names."""
    small = b"Month,Team,Support cost\n2024-01,A,1\n"
    yield "1,000 members", lambda: zipped({f"{i}.csv": small for i in range(1_000)})
    yield "1,001 members", lambda: zipped({f"{i}.csv": small for i in range(1_001)})
    yield "60,000 members", lambda: zipped({f"{i}.csv": b"" for i in range(60_000)})
    yield "60 wide members", lambda: zipped({f"{i}.csv": wide(16_384, 20) for i in range(60)})
    yield (
        "20 ragged members",
        lambda: zipped({f"{i}.csv": b"a,b\n" * 200_000 + b"x," * 20 for i in range(20)}),
    )
    yield "40 MB of one letter", lambda: zipped({"a.csv": b"a,b\n" + b"x" * (40 * MEGA)})
    yield "45 MB of rows", lambda: zipped({"a.csv": b"a,b\n" + b"1,2\n" * 11_000_000})
    yield (
        "45 MB in 9 parts",
        lambda: zipped({f"{i}.csv": b"a,b\n" + b"1,2\n" * 1_200_000 for i in range(9)}),
    )
    yield "bomb", lambda: zipped({"a.csv": b"\n" * (400 * MEGA)})
    for name in (".", "./", "..", "/", "//", "", "a/../b.csv", "\\", "C:", "con", "a\nb.csv", "~"):
        yield f"member {name!r}", lambda n=name: named(n, small)
    yield "member of 60,000 letters", lambda: zipped({"x" * 60_000 + ".csv": small})
    yield "the same name 500 times", lambda: zipped_pairs([("a.csv", small)] * 500)
    yield "zip in zip", lambda: zipped({"a.zip": zipped({"b.csv": small})})
    yield "workbooks in zip", lambda: zipped({f"{i}.xlsx": plain() for i in range(150)})
    yield (
        "far cells in zip",
        lambda: zipped(
            {
                f"{i}.xlsx": sheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
                for i in range(20)
            }
        ),
    )


def workbooks() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Workbooks: far cells, merges, dimensions, texts, styles, relations."""
    cell = '<row r="1"><c r="A1"><v>1</v></c></row>'
    for place in ("XFD1048576", "XFD1", "A1048576", "XFD60000", "ZZ999999", "AAAA1"):
        row = place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        body = f'{cell}<row r="{row}"><c r="{place}"><v>2</v></c></row>'
        yield f"cell at {place}", lambda b=body: sheet(b)
    for area in ("A1:XFD1048576", "A1:XFD1", "A1:A1048576", "A:XFD", "1:1048576", "B2:ZZ60000"):
        merge = f'<mergeCells><mergeCell ref="{area}"/></mergeCells>'
        yield f"merge of {area}", lambda m=merge: sheet(table(200), after=m)
    many = "".join(f'<mergeCell ref="A{i}:J{i + 5}"/>' for i in range(1, 120_000, 6))
    yield "20,000 merges", lambda: sheet(table(200), after=f"<mergeCells>{many}</mergeCells>")
    over = '<mergeCell ref="A1:ZZ900"/>' * 3_000
    yield "3,000 merges on top", lambda: sheet(table(200), after=f"<mergeCells>{over}</mergeCells>")
    for extent in ("A1:XFD1048576", "A1:A1", "XFD1048576", "A1:BDWGN1048576"):
        said = f'<dimension ref="{extent}"/>'
        yield f"dimension {extent}", lambda s=said: sheet(table(200), before=s)
    yield "dense 40 MB", lambda: sheet(table(140_000))
    yield (
        "dense 45 MB of numbers",
        lambda: sheet(
            "".join(
                f'<row r="{r}">{"".join(f"<c><v>{c}</v></c>" for c in range(40))}</row>'
                for r in range(1, 60_000)
            )
        ),
    )
    yield (
        "diagonal",
        lambda: sheet(
            "".join(
                f'<row r="{i + 1}"><c r="{letters(i)}{i + 1}"><v>1</v></c></row>'
                for i in range(16_000)
            )
        ),
    )
    wide_rows = "".join(
        f'<row r="{r}">{"".join(f"<c><v>{c}</v></c>" for c in range(16_000))}</row>'
        for r in range(1, 60)
    )
    yield "16,000 columns × 60", lambda: sheet(wide_rows)
    yield (
        "errors",
        lambda: sheet(
            "".join(f'<row r="{r}"><c t="e"><v>#DIV/0!</v></c></row>' for r in range(1, 200_000))
        ),
    )
    yield (
        "formulas without result",
        lambda: sheet(
            "".join(f'<row r="{r}"><c r="A{r}"><f>A1</f></c></row>' for r in range(1, 200_000))
        ),
    )
    yield (
        "hidden rows",
        lambda: sheet(
            "".join(f'<row r="{r}" hidden="1"><c><v>1</v></c></row>' for r in range(1, 200_000))
        ),
    )
    yield (
        "long text",
        lambda: sheet(f'<row r="1"><c t="inlineStr"><is><t>{"x" * 40 * MEGA}</t></is></c></row>'),
    )
    yield "row without end", lambda: sheet("<row>" + " " * (40 * MEGA))
    deep = "<a>" * 200_000 + "</a>" * 200_000
    yield "deep elements", lambda: sheet(f"<row>{deep}</row>")
    yield (
        "many formats",
        lambda: changed(
            "xl/styles.xml", lambda d: d.replace(b"</cellXfs>", b"<xf/>" * 900_000 + b"</cellXfs>")
        ),
    )
    yield (
        "many columns declared",
        lambda: sheet(
            table(200),
            before="<cols>" + '<col min="1" max="16384" width="9"/>' * 200_000 + "</cols>",
        ),
    )
    yield (
        "many conditional formats",
        lambda: sheet(
            table(200),
            after='<conditionalFormatting sqref="A1:XFD1048576"><cfRule type="expression" '
            'priority="1"><formula>A1</formula></cfRule></conditionalFormatting>' * 60_000,
        ),
    )
    yield (
        "many validations",
        lambda: sheet(
            table(200),
            after='<dataValidations><dataValidation sqref="'
            + "A1:XFD1048576 " * 100_000
            + '"/></dataValidations>',
        ),
    )
    yield (
        "repeated relations",
        lambda: changed(
            "xl/_rels/workbook.xml.rels",
            lambda d: d.replace(
                b"</Relationships>",
                b'<Relationship Id="x" Type="t" Target="y"/>' * 400_000 + b"</Relationships>",
            ),
        ),
    )
    ods = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body>'
        "<office:spreadsheet>{}</office:spreadsheet></office:body></office:document-content>"
    )
    for rows, columns in ((1_048_576, 16_384), (1_048_576, 1), (1, 16_384), (60_000, 900)):
        body = (
            f'<table:table table:name="S"><table:table-row table:number-rows-repeated="{rows}">'
            f'<table:table-cell table:number-columns-repeated="{columns}" '
            'office:value-type="float" office:value="1"><text:p>1</text:p></table:table-cell>'
            "</table:table-row></table:table>"
        )
        mime = {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}
        yield (
            f"ods {rows} × {columns} repeated",
            lambda b=body, m=mime: zipped({**m, "content.xml": ods.format(b).encode()}),
        )


def pages() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """HTML and XML: spans, nests, cells."""
    yield "colspan", lambda: b"<table><tr><td colspan=99999999>a<td>b</table>" * 20_000
    yield "rowspan", lambda: b"<table>" + b"<tr><td rowspan=99999999>a<td>1</tr>" * 100_000
    yield "big rowspan", lambda: b"<table><tr><td rowspan=" + b"9" * 4_000 + b">a<td>b</table>"
    yield "nested tables", lambda: b"<table><tr><td>" * 200_000
    yield "cells", lambda: b"<table><tr>" + b"<td>1" * 1_000_000
    yield "rows", lambda: b"<table>" + b"<tr><td>a<td>1" * 400_000
    yield "attributes", lambda: b"<table><tr><td " + b"a=1 " * 1_000_000 + b">x"
    yield "open comments", lambda: b"<table><!--" * 300_000
    yield "open tags", lambda: b"<table><tr><td" * 200_000
    yield "references", lambda: b"<table><tr><td>" + b"&amp" * MEGA
    head = '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">'
    for index in ("99999999", "-5", "0", "9" * 4_000, "x"):
        body = f'<Worksheet Name="S"><Table><Row><Cell Index="{index}"><Data>1</Data></Cell></Row>'
        yield (
            f"xml index {index[:9]}",
            lambda b=body: (head + b + "</Table></Worksheet></Workbook>").encode(),
        )
    yield (
        "xml rows",
        lambda: (
            head
            + '<Worksheet Name="S"><Table>'
            + '<Row><Cell><Data ss:Type="Number" xmlns:ss="u">1</Data></Cell></Row>' * 120_000
            + "</Table></Worksheet></Workbook>"
        ).encode(),
    )
    yield (
        "mhtml",
        lambda: (
            b"MIME-Version: 1.0\n" + b"Content-Type: multipart/x; boundary=a\n" + (b"--a\n" * MEGA)
        ),
    )


def spoiled(seed: int) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Honest files of each kind with bytes changed, cut and doubled."""
    kinds = {
        "csv": lambda: wide(20, 200),
        "xlsx": plain,
        "zip": lambda: zipped({"a.csv": wide(9, 9)}),
    }
    for kind, make in kinds.items():
        for number in range(100):

            def make_one(make=make, number=number, kind=kind) -> bytes:
                rng = random.Random(f"{seed} {kind} {number}")
                data = bytearray(make())
                for _ in range(rng.choice((1, 5, 50))):
                    data[rng.randrange(len(data))] = rng.randrange(256)
                cut = data[: rng.randrange(1, len(data))] if number % 3 == 0 else data
                return bytes(cut * rng.choice((1, 1, 2)))

            yield f"spoiled {kind} {number}", make_one


def zipped(members: dict[str, bytes]) -> bytes:
    """An archive of members."""
    return zipped_pairs(list(members.items()))


def zipped_pairs(members: list[tuple[str, bytes]]) -> bytes:
    """The same where names may come twice."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def named(name: str, data: bytes) -> bytes:
    """An archive with a member whose name the standard library would not write."""
    wanted = name.encode()
    held = b"Q" * max(1, len(wanted))
    return zipped({held.decode(): data}).replace(held, wanted or b"\x00")


def plain() -> bytes:
    """A workbook of one honest table."""
    return sheet(table(20))


def table(rows: int) -> str:
    """Rows of month, team and cost as a sheet's XML."""
    head = "".join(
        f'<c t="inlineStr"><is><t>{t}</t></is></c>' for t in ("Month", "Team", "Support cost", "n")
    )
    body = "".join(
        f'<row r="{r}"><c r="A{r}" t="inlineStr"><is><t>2024-{1 + r % 12:02}</t></is></c>'
        f'<c r="B{r}" t="inlineStr"><is><t>Team {r}</t></is></c><c r="C{r}"><v>{r}</v></c>'
        f'<c r="D{r}"><v>1</v></c></row>'
        for r in range(2, rows + 2)
    )
    return f'<row r="1">{head}</row>{body}'


def sheet(rows: str, before: str = "", after: str = "") -> bytes:
    """A workbook whose one sheet holds this XML."""
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    xml = f"<worksheet {space}>{before}<sheetData>{rows}</sheetData>{after}</worksheet>"
    return changed("xl/worksheets/sheet1.xml", lambda _: xml.encode())


def changed(part: str, change: Callable[[bytes], bytes]) -> bytes:
    """An empty workbook with one part of it changed."""
    import openpyxl

    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    source = zipfile.ZipFile(out)
    return zipped(
        {n: change(source.read(n)) if n == part else source.read(n) for n in source.namelist()}
    )


def letters(position: int) -> str:
    """The letters of a column."""
    from ingest.model import column_letter

    return column_letter(position)


class Watch:
    """Memory of this process and its children, and the longest click of somebody else."""

    def __init__(self) -> None:
        self.megabytes = self.longest = 0.0
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=w, daemon=True) for w in (self._weigh, self._click)
        ]

    def __enter__(self) -> Watch:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _weigh(self) -> None:
        while not self._over.wait(0.05):
            self.megabytes = max(self.megabytes, sum(map(_share, _tree(os.getpid()))))

    def _click(self) -> None:
        import pandas as pd

        rows = pd.DataFrame({"month": range(2_000), "value": 1.0})
        while not self._over.wait(0.05):
            began = time.perf_counter()
            for _ in range(5):
                rows.groupby(rows["month"] % 12)["value"].sum().to_dict()
            self.longest = max(self.longest, time.perf_counter() - began)


def _tree(root: int) -> list[int]:
    found, todo = [], [root]
    while todo:
        one = todo.pop()
        found.append(one)
        for tasks in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                todo += map(int, tasks.read_text().split())
            except OSError:
                continue
    return found


def _share(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def attempt(make: Callable[[], bytes], name: str) -> dict[str, object]:
    """Return what one file costs beyond what the program had before."""
    from ingest import bounded, limits, marked
    from ingest.readers import worker

    data = make()
    worker.used.clear()
    before = sum(map(_share, _tree(os.getpid())))
    began, processor = time.perf_counter(), time.thread_time()
    with Watch() as watch:
        found = bounded.check([(name, data)])
        spent = worker.used.get("seconds", 0.0)
        marked.mark_workbook(found, name, data)
        seconds = time.perf_counter() - began
    codes = sorted({f.code for f in found.findings})
    if "reader_time" in codes:  # a child that is stopped does not say what it took
        spent = max(spent, limits.of_file(limits.DEFAULTS, len(data))["processor_seconds"])
    return {
        "bytes": len(data),
        "megabytes": round(watch.megabytes - before),
        "seconds": round(seconds, 1),
        "processor": round(time.thread_time() - processor + spent, 1),
        "click": round(watch.longest, 2),
        "outcome": next(iter(found.outcomes.values())),
        "codes": codes[:4],
    }


def main() -> None:
    """Try every file and print a line for each; end with 1 if one took too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="files whose name holds this word")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    attempt(plain, "warm.xlsx")
    tried, worst, failed = 0, {"megabytes": 0.0, "processor": 0.0, "click": 0.0}, []
    for makers in (csvs(), zips(), workbooks(), pages(), spoiled(options.seed)):
        for name, make in makers:
            if options.only not in name:
                continue
            line = attempt(make, "file")
            tried += 1
            worst = {key: max(value, float(line[key])) for key, value in worst.items()}  # type: ignore[arg-type]
            too_much = (
                float(line["megabytes"]) > MOST_MEGABYTES  # type: ignore[arg-type]
                or float(line["processor"]) > MOST_SECONDS  # type: ignore[arg-type]
                or float(line["click"]) > LONGEST_CLICK  # type: ignore[arg-type]
            )
            failed += [name] if too_much else []
            if too_much or not name.startswith("spoiled"):
                print(json.dumps({"file": name, **line, "too much": too_much}), flush=True)
    print(json.dumps({"tried": tried, "succeeded": len(failed), "worst": worst, "which": failed}))
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
