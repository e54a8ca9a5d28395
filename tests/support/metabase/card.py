"""Saved questions."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Card:
    id: int
    entity_id: str
    name: str
    database: int
    sql: str
    tags: dict = field(default_factory=dict)

    def described(self) -> dict:
        parameters = [
            {
                "id": tag["id"],
                "name": tag["display-name"],
                "slug": name,
                "type": {"date": "date/single", "number": "number/="}.get(
                    tag["type"], "category"
                ),
                "target": ["variable", ["template-tag", name]],
            }
            for name, tag in self.tags.items()
        ]
        return {
            "id": self.id,
            "entity_id": self.entity_id,
            "name": self.name,
            "type": "question",
            "display": "table",
            "database_id": self.database,
            "query_type": "native",
            "archived": False,
            "collection_id": None,
            "parameters": parameters,
            "dataset_query": self.query([]),
        }

    def query(self, parameters: list) -> dict:
        return {
            "database": self.database,
            "type": "native",
            "native": {"query": self.sql, "template-tags": self.tags},
            "parameters": parameters,
        }


def _tag(name: str, kind: str, **more) -> dict:
    return {
        "id": f"tag-{name}",
        "name": name,
        "display-name": name.title(),
        "type": kind,
        **more,
    }


CARDS = (
    Card(1, "Q1ordersAllOfThemX0001", "Orders", 2, "SELECT * FROM orders"),
    Card(
        2,
        "Q2ordersSinceADayX0002",
        "Orders since a day",
        2,
        "SELECT order_id, city, order_date, total FROM orders\n"
        "WHERE order_date >= {{since}} [[AND city = {{city}}]] [[AND vendor_id = {{vendor}}]]\n"
        "ORDER BY order_id",
        {
            "since": _tag("since", "date", required=True, default="2024-01-01"),
            "city": _tag("city", "text"),
            "vendor": _tag("vendor", "number"),
        },
    ),
    Card(3, "Q3vendorsAllOfThemX003", "Vendors", 2, "SELECT * FROM vendors"),
)


def find_card(id_: str) -> Card | None:
    return next((card for card in CARDS if id_ in (str(card.id), card.entity_id)), None)
