"""Brazil: states, cities, zip code prefixes with coordinates, and the geolocation table.

`data/states.csv` and `data/cities.csv` hold real names, ranges and coordinates. Small
towns are composed ("Santa Rita do Oeste"), because a shop ships to four thousand of them.
"""

import csv
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from .columns import apportion, labels, pick, stream, zip_prefixes
from .tables import TABLES

_DATA = Path(__file__).parent / "data"
_PREFIXES = 19_015
_COMPOSED_TOWNS = 3_900
_EXACT_COPIES = 261_831
_FIRST = (
    "São José,Santa Rita,São João,Santo Antônio,Nova Esperança,Bom Jesus,Santa Bárbara,"
    "Conceição,Água Boa,Monte Alegre,São Sebastião,Boa Esperança,Campo Belo,Riacho Fundo,"
    "Lagoa Grande,Três Marias,Itapuã,Guaraçaí,Jaboticabal,Córrego Fundo,Porto União,"
    "Barra Bonita,Ribeirão Claro,Mirassol,Uiraúna,Piracuruca,Tauá,Icaraí,Paraíso,Palmital,"
    "Cajuru,Maçambará,Ibirapuã,Cafelândia,Horizonte,Estância,Poções,Guaíra,Jequié,Tietê,"
    "Cruzália,Pirapó,Serrana,Coração de Jesus,Capão Bonito,Ipê,Olho d'Água,Timbó,Sumaré,Xapuri"
).split(",")
_LAST = (
    ",do Norte,do Sul,do Oeste,da Serra,do Araguaia,das Flores,de Minas,do Paraná,do Rio,"
    "dos Campos,das Missões,da Boa Vista,do Ivaí,de Goiás,do Sertão,dos Índios,da Mata,"
    "do Piauí,do Tocantins"
).split(",")


@dataclass(frozen=True)
class Places:
    """Zip prefixes as parallel arrays; `city` and `state` index the two name lists."""

    states: list[str]
    cities: list[str]
    zip_code: np.ndarray
    lat: np.ndarray
    lng: np.ndarray
    city: np.ndarray
    state: np.ndarray
    weight: np.ndarray
    state_rows: list[dict[str, str]]

    def settle(self, rng: np.random.Generator, count: int, column: str) -> np.ndarray:
        """Zip prefix indices of `count` people, by state as `column` of states.csv says."""
        shares = apportion(count, [int(row[column]) for row in self.state_rows])
        homes = []
        for state, people in enumerate(shares):
            prefixes = np.flatnonzero(self.state == state)
            homes.append(prefixes[pick(rng, self.weight[prefixes], people)])
        return rng.permutation(np.concatenate(homes))


def plain(name: str) -> str:
    """Lower case without accents: how the shop itself spells cities."""
    decomposed = unicodedata.normalize("NFKD", name.lower())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def kilometres(lat_a, lng_a, lat_b, lng_b) -> np.ndarray:
    """Distance, good to a few per cent within one country."""
    middle = np.radians((lat_a + lat_b) / 2)
    return 111.2 * np.hypot(lat_a - lat_b, (lng_a - lng_b) * np.cos(middle))


def _read(name: str) -> list[dict[str, str]]:
    with (_DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _zip_range(text: str) -> np.ndarray:
    bounds = [part.split("-") for part in text.split(";")]
    return np.concatenate([np.arange(int(low), int(high) + 1) for low, high in bounds])


def make_places(seed: int, scale: float) -> Places:
    rng = stream(seed, "places")
    state_rows, known = _read("states.csv"), _read("cities.csv")
    importance = np.array([int(row["geolocations"]) for row in state_rows]) ** 0.8
    spare = max(3 * len(state_rows), round(_PREFIXES * min(1.0, scale))) - 2 * len(
        state_rows
    )
    prefixes_of = 2 + apportion(spare, importance)
    towns_of = apportion(round(_COMPOSED_TOWNS * min(1.0, scale * 2)), importance)
    names_to_compose = len(_FIRST) * len(_LAST)
    cities: list[str] = []
    parts: dict[str, list[np.ndarray]] = {
        key: [] for key in ("zip_code", "lat", "lng", "city", "state", "weight")
    }
    for index, row in enumerate(state_rows):
        here = [city for city in known if city["state"] == row["state"]]
        names = [city["city"] for city in here]
        lats = np.array([float(city["lat"]) for city in here])
        lngs = np.array([float(city["lng"]) for city in here])
        people = np.array([float(city["people"]) for city in here])
        count = int(prefixes_of[index])
        towns = min(
            int(towns_of[index]), max(0, count - 2 * len(names)), names_to_compose
        )
        composed = rng.permutation(names_to_compose)[:towns]
        for choice in composed:
            name = f"{_FIRST[choice // len(_LAST)]} {_LAST[choice % len(_LAST)]}".strip()
            names.append(name)
        near = rng.integers(0, len(here), towns)
        lats = np.concatenate([lats, lats[near] + rng.normal(0, 0.9, towns)])
        lngs = np.concatenate([lngs, lngs[near] + rng.normal(0, 0.9, towns)])
        people = np.concatenate([people, np.exp(rng.normal(2.6, 0.8, towns))])
        in_city = np.repeat(np.arange(len(names)), apportion(count, people**0.82))
        width = 0.012 * np.sqrt(people[in_city]) ** 0.55
        parts["zip_code"].append(
            np.sort(rng.permutation(_zip_range(row["zip_ranges"]))[:count])
        )
        parts["lat"].append(lats[in_city] + width * rng.standard_normal(count))
        parts["lng"].append(lngs[in_city] + width * rng.standard_normal(count))
        parts["city"].append(in_city + len(cities))
        parts["state"].append(np.full(count, index))
        share = (
            people[in_city] / np.bincount(in_city, minlength=len(names))[in_city]
        ) ** 1.1
        parts["weight"].append(share * np.exp(rng.normal(0, 0.8, count)))
        cities.extend(names)
    return Places(
        states=[row["state"] for row in state_rows],
        cities=cities,
        state_rows=state_rows,
        **{key: np.concatenate(values) for key, values in parts.items()},
    )


def make_geolocation(seed: int, scale: float, places: Places) -> pa.Table:
    """Many points per prefix, a quarter of them exact copies, cities in two spellings."""
    rng = stream(seed, "geolocation")
    total = max(1, round(TABLES["geolocation"].rows * scale))
    copies = round(_EXACT_COPIES * total / TABLES["geolocation"].rows)
    home = places.settle(rng, total - copies, "geolocations")
    lat = places.lat[home] + rng.normal(0, 0.008, len(home))
    lng = places.lng[home] + rng.normal(0, 0.008, len(home))
    # Rounded, so that another processor's last bit does not change the file.
    lat, lng = np.round(lat, 12), np.round(lng, 12)
    accented = rng.random(len(home)) < 0.42
    again = rng.integers(0, len(home), copies)
    row = np.concatenate([np.arange(len(home)), again])
    row = row[np.argsort(places.zip_code[home[row]] // 1000, kind="stable")]
    spellings = [plain(name) for name in places.cities]
    spellings += [name.lower() for name in places.cities]
    spelling = places.city[home] + len(places.cities) * accented
    columns = [
        zip_prefixes(places.zip_code[home[row]]),
        pa.array(lat[row]),
        pa.array(lng[row]),
        labels(spellings, spelling[row]),
        labels(places.states, places.state[home[row]]),
    ]
    return pa.table(columns, schema=TABLES["geolocation"].schema)
