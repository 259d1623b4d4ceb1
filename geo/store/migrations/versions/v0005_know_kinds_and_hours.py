"""Know each service's kind, of which kinds a list is complete, and postal codes and hours."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


HISTORY = "UPDATE history SET record = {} WHERE kind = 'completions'"


def upgrade() -> None:
    """Apply the step.

    A layer that one file of one kind had made complete is not: it is read again, kind by kind.
    """
    # Not in a batch, which would make a table anew while another one refers to it.
    for name in ("postal_code", "hours"):
        column = sa.Column(name, sa.Text(), nullable=False, server_default="")
        op.add_column("organisations", column)
    op.add_column("services", sa.Column("kind", sa.Text(), nullable=False, server_default=""))
    op.drop_table("completions")
    op.create_table(
        "completions",
        sa.Column("layer", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_completions_source_id")
        ),
        sa.PrimaryKeyConstraint("layer", "kind", name=op.f("pk_completions")),
    )
    # A key of two parts is written with a tab between them.
    longer = sa.text(HISTORY.format("record || :tab")).bindparams(tab="\t")
    op.execute(longer)


def downgrade() -> None:
    """Take the step back; what was complete of one kind is forgotten."""
    op.drop_table("completions")
    op.create_table(
        "completions",
        sa.Column("layer", sa.String(length=40), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_completions_source_id")
        ),
        sa.PrimaryKeyConstraint("layer", name=op.f("pk_completions")),
    )
    shorter = sa.text(HISTORY.format("replace(record, :tab, '')")).bindparams(tab="\t")
    op.execute(shorter)
    op.drop_column("services", "kind")
    op.drop_column("organisations", "hours")
    op.drop_column("organisations", "postal_code")
