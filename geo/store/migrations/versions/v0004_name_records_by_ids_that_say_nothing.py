"""Name records by ids that say nothing; keep what their sources and old links call them.

What ships keeps its ids until the tables that ship say others (`geo.imports.seed`).
"""

import secrets

import sqlalchemy as sa
from alembic import op

from geo.data.ids import fresh, is_opaque
from geo.store.keys import SECRET_BYTES, digest
from geo.store.queries import batches
from geo.store.renumbering import rename

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KINDS = {"organisations": "organisation", "services": "service"}


def upgrade() -> None:
    """Apply the step: records get new ids, and answer to the old ones."""
    secret = op.create_table(
        "secret",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_secret")),
    )
    keys = op.create_table(
        "source_keys",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "digest", "record", name=op.f("pk_source_keys")),
    )
    op.create_index(op.f("ix_source_keys_record"), "source_keys", ["record"], unique=False)
    former = op.create_table(
        "former_ids",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("old", sa.Text(), nullable=False),
        sa.Column("new", sa.Text(), nullable=False),
        sa.Column("shipped", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "old", name=op.f("pk_former_ids")),
    )
    op.create_index(op.f("ix_former_ids_new"), "former_ids", ["new"], unique=False)

    connection = op.get_bind()
    moves = {kind: {old: fresh(kind) for old in _old_ids(connection, kind)} for kind in KINDS}
    if not any(moves.values()):
        return
    value = secrets.token_hex(SECRET_BYTES)
    connection.execute(sa.insert(secret).values(id=1, value=value))
    for kind, renamed in moves.items():
        rows = [
            {"kind": kind, "old": old, "new": new, "shipped": False} for old, new in renamed.items()
        ]
        # An old id was what the readers of files call the record to this day.
        known = [
            {"kind": kind, "digest": digest(value, kind, old), "record": new}
            for old, new in renamed.items()
        ]
        for table, entries in ((former, rows), (keys, known)):
            for part in batches(entries):
                connection.execute(sa.insert(table), part)
    rename(connection, moves)
    _tell_that_it_changed(connection)


def downgrade() -> None:
    """Take the step back: records have their old ids again, those made since keep theirs."""
    connection = op.get_bind()
    former = sa.table("former_ids", *(sa.column(name) for name in ("kind", "old", "new")))
    moves: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}
    for row in connection.execute(sa.select(former).order_by(former.c.old)):
        if not is_opaque(row.kind, row.old):
            moves[row.kind].setdefault(row.new, row.old)
    op.drop_index(op.f("ix_former_ids_new"), table_name="former_ids")
    op.drop_table("former_ids")
    op.drop_index(op.f("ix_source_keys_record"), table_name="source_keys")
    op.drop_table("source_keys")
    op.drop_table("secret")
    if any(moves.values()):
        rename(connection, moves)
        _tell_that_it_changed(connection)
        # What ships is looked at again at the next start: it may name its records otherwise.
        connection.execute(sa.update(sa.table("state", sa.column("seed"))).values(seed=""))


def _old_ids(connection: sa.Connection, kind: str) -> list[str]:
    """Return the ids of a kind that may say something: of records, of undone ones and of drafts."""
    key = KINDS[kind]
    records = sa.table(kind, sa.column(key), sa.column("created_in"))
    history = sa.table(
        "history", *(sa.column(name) for name in ("change_id", "kind", "record", "action"))
    )
    changes = sa.table("changes", sa.column("id"), sa.column("kind"))
    drafts = sa.table("drafts", sa.column("kind"), sa.column("record"))
    seeds = sa.select(changes.c.id).where(changes.c.kind == "seed")
    found = [
        *connection.scalars(sa.select(records.c[key]).where(records.c.created_in.not_in(seeds))),
        *connection.scalars(
            sa.select(history.c.record).where(
                history.c.kind == kind, history.c.action == "new", history.c.change_id.not_in(seeds)
            )
        ),
        *connection.scalars(sa.select(drafts.c.record).where(drafts.c.kind == kind)),
    ]
    shipped = {
        *connection.scalars(sa.select(records.c[key]).where(records.c.created_in.in_(seeds)))
    }
    return sorted(one for one in {*found} - shipped if not is_opaque(kind, one))


def _tell_that_it_changed(connection: sa.Connection) -> None:
    """Count the data version on, unless it is as it ships: browsers keep what they know by it."""
    state = sa.table("state", sa.column("version"))
    touched = state.c.version > 0
    connection.execute(sa.update(state).where(touched).values(version=state.c.version + 1))
