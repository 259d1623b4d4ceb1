"""Hold what one file brings: organisations, services, and every row that did not come through.

The contract between the readers (files, formats, addresses, places) and the store.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from geo.data.schema import ORGANISATION_COLUMNS, SERVICE_COLUMNS

# Beside the columns of data/organisations.csv and data/services.csv.
SERVICE_EXTRA = ("file_row", "status")
FRAME_COLUMNS = {
    "organisations": [*[c for c in ORGANISATION_COLUMNS if c != "organisation"], "file_row"],
    "services": [*[c for c in SERVICE_COLUMNS if c != "service"], *SERVICE_EXTRA],
}


@dataclass(frozen=True)
class Refusal:
    """One cell that was refused or mended: file, spreadsheet row, column, value, reason.

    row: as a spreadsheet shows it (1 = the first line), None for the file as a whole.
    """

    file: str
    row: int | None
    column: str
    value: str
    reason: str


@dataclass(frozen=True)
class Incoming:
    """What a reader made of one file.

    format: its key in geo.imports.reading.recognise. source: publisher and title. licence: as the publisher names
    it, '' when unknown. edition: date of the data as ISO, '' when unknown. sha256: of the file's
    bytes. rows_read: data rows of the file, so that rows_read = rows kept + rows refused.
    organisations: ORGANISATION_COLUMNS, index `organisation`, and `file_row`.
    services: SERVICE_COLUMNS, index `service`, `file_row` and `status` (a key of STATUSES; what
    is suspended or closed is not supply). Cells are typed as in geo.data.dataset.Dataset.
    A row is refused at most once; one that was mended may be listed several times.
    """

    format: str
    source: str
    licence: str
    edition: str
    file: str
    sha256: str
    rows_read: int
    organisations: pd.DataFrame
    services: pd.DataFrame
    refused: tuple[Refusal, ...]
    repaired: tuple[Refusal, ...]
