"""Confirmations used, jobs handed out, guards, refusals."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first four tables."""
    op.create_table(
        "confirmation_use",
        sa.Column("nonce_sha256", sa.String(), nullable=False),
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("plan_sha256", sa.String(), nullable=False),
        sa.Column("diskseq", sa.Integer(), nullable=False),
        sa.Column("boot_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("uid", sa.Integer(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("used_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("nonce_sha256", name="pk_confirmation_use"),
        sa.UniqueConstraint("job_id", name="uq_confirmation_use_job_id"),
    )
    op.create_table(
        "closed_ticket",
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("closed_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name="pk_closed_ticket"),
    )
    op.create_table(
        "write_guard",
        sa.Column("boot_id", sa.String(), nullable=False),
        sa.Column("diskseq", sa.Integer(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("noted_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("boot_id", "diskseq", name="pk_write_guard"),
    )
    op.create_table(
        "refusal",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("refused_at", sa.String(), nullable=False),
        sa.Column("uid", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_refusal"),
    )


def downgrade() -> None:
    """Go back to nothing."""
    for table in ("refusal", "write_guard", "closed_ticket", "confirmation_use"):
        op.drop_table(table)
