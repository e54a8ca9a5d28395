"""What a person sees at the end: tables, tests, the top of two marts, monthly revenue."""

import sys
from pathlib import Path

from rich import box
from rich.bar import Bar
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .places import Places

_PIPE_WIDTH = 100
_CHART_MARGIN = 36  # what stands beside the bars
_CHART_WIDTH = 64


def print_summary(report: dict, project: Path, places: Places, seconds: float) -> None:
    """Print the report of one run; the marts too when dbt built them."""
    terminal = sys.stdout.isatty()
    console = Console(
        highlight=False, soft_wrap=not terminal, width=None if terminal else _PIPE_WIDTH
    )
    moved = [table for table in report["tables"] if table["status"] == "ok"]
    rows = sum(table["rows"] for table in moved)
    console.print()
    console.rule(
        f"[bold]{rows:,} rows in {len(moved)} tables, from MariaDB to tested marts"
        f" in {seconds:.1f} s",
        characters="━" if terminal else "-",
        align="left",
    )
    console.print(_tables(report["tables"]))
    transform = report.get("transform") or {}
    console.print(_transform(transform))
    if transform.get("status") == "ok":
        console.print(_products(places))
        console.print(_segments(places))
        width = max(10, console.width - _CHART_MARGIN) if terminal else 0
        console.print(_months(places, width))
    _print_places(console, report, project, places)


def _grid(title: str) -> Table:
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="dim",
        box=box.SIMPLE_HEAD if sys.stdout.isatty() else None,
        padding=(0, 1),
        pad_edge=False,
        show_edge=False,
    )


def _tables(tables: list[dict]) -> Table:
    grid = _grid("Tables")
    grid.add_column("table", no_wrap=True)
    for name in ("rows", "size", "rows/s"):
        grid.add_column(name, justify="right", no_wrap=True)
    grid.add_column("strategy", no_wrap=True)
    grid.add_column("status", no_wrap=True)
    for table in sorted(tables, key=lambda table: -table["rows"]):
        speed = table["rows"] / table["seconds"] if table["seconds"] else 0
        status = Text(
            table["status"], style="green" if table["status"] == "ok" else "red"
        )
        grid.add_row(
            table["table"],
            f"{table['rows']:,}",
            _size(table["bytes"]),
            f"{speed:,.0f}",
            table["strategy"] or "",
            status,
        )
    grid.add_section()
    total_bytes = sum(table["bytes"] for table in tables)
    grid.add_row("total", f"{sum(t['rows'] for t in tables):,}", _size(total_bytes))
    return grid


def _transform(transform: dict) -> Text:
    if not transform:
        return Text("\ndbt did not run", style="red")
    good = transform["status"] == "ok"
    words = f"{transform['models']} models and {transform['tests']} tests passed"
    if not good:
        words = f"{transform['status']}: {transform['failed']} of its nodes failed"
    return Text.assemble(
        "\n", ("dbt  ", "bold"), (words, "green" if good else "red"), "\n"
    )


def _products(marts: Places) -> Table:
    grid = _grid("Top products (marts.mart_product_metrics)")
    grid.add_column("product", no_wrap=True)
    grid.add_column("category", no_wrap=True)
    for name in ("items", "revenue R$", "mean price", "stars", "late"):
        grid.add_column(name, justify="right", no_wrap=True)
    rows = marts.query(
        "SELECT product_id, category_name_english, items, revenue, average_price,"
        " average_review_score, late_share FROM marts.mart_product_metrics"
        " ORDER BY revenue_rank LIMIT 5"
    )
    for product, category, items, revenue, price, stars, late in rows:
        grid.add_row(
            product[:8],
            category,
            f"{items:,}",
            f"{revenue:,.2f}",
            _or_dash(price, "{:,.2f}"),
            _or_dash(stars, "{:.2f}"),
            _or_dash(late, "{:.1%}"),
        )
    return grid


def _segments(marts: Places) -> Table:
    grid = _grid("\nCustomer segments (marts.mart_customer_metrics)")
    grid.add_column("segment", no_wrap=True)
    for name in ("customers", "spent R$", "per order", "stars", "favourite category"):
        grid.add_column(name, justify="right", no_wrap=True)
    rows = marts.query(
        "SELECT segment, COUNT(*), SUM(spent), SUM(spent) / SUM(orders),"
        " AVG(average_review_score), MODE(favourite_category)"
        " FROM marts.mart_customer_metrics GROUP BY segment ORDER BY 3 DESC LIMIT 5"
    )
    for segment, customers, spent, per_order, stars, favourite in rows:
        grid.add_row(
            segment,
            f"{customers:,}",
            f"{spent:,.2f}",
            f"{per_order:,.2f}",
            _or_dash(stars, "{:.2f}"),
            favourite or "-",
        )
    return grid


def _months(marts: Places, width: int) -> Table:
    """A line a month; `width` is that of the bars, 0 for none."""
    width = min(width, _CHART_WIDTH)
    rows = marts.query(
        "SELECT month_start, orders, revenue FROM marts.mart_sales_metrics ORDER BY 1"
    )
    grid = _grid("\nRevenue by month (marts.mart_sales_metrics)")
    grid.add_column("month", no_wrap=True)
    grid.add_column("orders", justify="right", no_wrap=True)
    grid.add_column("revenue R$", justify="right", no_wrap=True)
    if width:
        grid.add_column("", width=width)
    highest = max((float(revenue) for _, _, revenue in rows), default=0) or 1
    for month, orders, revenue in rows:
        cells = [f"{month:%Y-%m}", f"{orders:,}", f"{revenue:,.2f}"]
        if width:
            color = "yellow" if float(revenue) == highest else "cyan"
            cells.append(Bar(highest, 0, float(revenue), width=width, color=color))
        grid.add_row(*cells)
    return grid


def _print_places(console: Console, report: dict, project: Path, places: Places) -> None:
    lines = [
        ("lake", places.lake),
        ("warehouse", places.warehouse),
        ("run record", str(project / "logs" / "runs" / f"{report['run_id']}.json")),
    ]
    pages = project.glob(".keelboat/**/static_index.html")
    if newest := max(pages, key=lambda page: page.stat().st_mtime, default=None):
        lines.append(("dbt docs", newest.as_uri()))
    console.print("\n[bold]Where things are")
    for name, place in lines:
        # Unwrapped, so that a path can be copied whole.
        console.print(Text(f"{name:11}{place}"), soft_wrap=True)


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 1e6 else f"{count / 1e3:,.1f} KB"


def _or_dash(value, form: str) -> str:
    return "-" if value is None else form.format(value)
